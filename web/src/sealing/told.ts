// Entries on their way to the keys' worker, and what it tells of them on its way into the local copy. Pure.
import { readContent } from "../crypto/content.ts";
import type { Handed, HandedStretch, Told } from "../crypto/keys/conversation-acts.ts";
import type { Verdict } from "../crypto/protocol/codec.ts";
import { fromBase64 } from "../lib/bytes.ts";
import type { EntryRow } from "../replica/database.ts";
import { listRuns } from "../replica/entries.ts";
import { startHash } from "../replica/log-hash.ts";
import type { WholeRow } from "../replica/records.ts";

/** Verdicts that something learnt later may change: a key, an epoch, somebody's chain, a deletion, a newer Hearth. */
const HEALS: ReadonlySet<Verdict> = new Set<Verdict>(["keyless", "unproven", "not_listed", "withheld", "unsupported"]);
/** More than these are told of nobody honest. */
const MOST_WANTS = 120;

const toHanded = (row: WholeRow): Handed => ({
  seq: row.seq, kind: row.kind, user: row.from_user, device: row.from_device, clientId: row.client_id, counter: row.counter, epoch: row.epoch,
  targetSeq: row.target_seq, time: Date.parse(row.timestamp), record: row.record,
  ...(row.record.length === 0 && row.record_hash !== undefined ? { recordHash: fromBase64(row.record_hash) } : {}),
});

/** Rows of one conversation, lowest first, as stretches; `hashOf` gives H of an entry, in base64, if it is known. */
export function toStretches(rows: WholeRow[], hashOf: (seq: number) => string | undefined): HandedStretch[] {
  return listRuns(rows).map(([from, to]) => {
    const known = hashOf(from - 1);
    const before = from === 1 ? startHash(rows[0]!.conversation) : known === undefined ? null : fromBase64(known);
    return { before, rows: rows.filter(({ seq }) => from <= seq && seq <= to).map(toHanded) };
  });
}

/** The row as it is kept from now on. */
export function withTold<R extends EntryRow>(row: R, { verdict, content, sentAt, target, isWithheld, wants }: Told): R {
  const told: R = {
    ...row, opened: { verdict, content: content === null ? null : readContent(content), sent_at: sentAt, target, is_withheld: isWithheld },
  };
  delete told.waits;
  delete told.wants;
  delete told.fails;
  if (verdict !== null || isWithheld) told.fails = 1;
  if (verdict !== null && HEALS.has(verdict)) told.waits = 2;
  if (wants.length > 0) told.wants = wants.slice(0, MOST_WANTS).map((seq) => [row.conversation, seq]);
  return told;
}
