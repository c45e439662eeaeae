// Messages that others answer and whose place in the log is not here yet, as a page brings them. They are kept apart from the log, in no
// range: nothing proves yet that they stand where the server says. Invariant: what has come tells whether that was so, and takes their
// place; whatever else comes that may change what they say, and was not looked at with them, removes them.
import { KIND_DELETION, KIND_EDIT } from "../wire/contract.ts";
import type { EntryRow, Flaw, RecordRow, Replica } from "./database.ts";
import { chooseFlaw } from "./flaws.ts";
import { aimOf, hashRecord, splitRow, type WholeRow } from "./records.ts";

export interface BesideRow extends EntryRow {
  log_hash: string;
  /** SHA-256 of the record, in base64. */
  record_hash: string;
  /** The edits and deletions that it was looked at with: where they stand, and the hashes of their records. */
  counted: [number, string][];
}

/** Whether it changes what a message that it is aimed at says. */
export const isChange = ({ kind }: Pick<EntryRow, "kind">): boolean => kind === KIND_EDIT || kind === KIND_DELETION;

/** `counted`: the edits and deletions that it was looked at with. */
export function toBeside(row: WholeRow, counted: WholeRow[]): BesideRow {
  const [{ wants: _wants, waits: _waits, fails: _fails, ...entry }] = splitRow(row);
  return { ...entry, log_hash: row.log_hash, record_hash: hashRecord(row), counted: counted.map((one) => [one.seq, hashRecord(one)]) };
}

const isSame = (row: BesideRow, other: Pick<BesideRow, "log_hash" | "record_hash">): boolean =>
  row.log_hash === other.log_hash && row.record_hash === other.record_hash;
const counts = ({ counted }: BesideRow, seq: number): boolean => counted.some(([one]) => one === seq);
/** Nothing that was known of it is left out. */
const isSince = (row: BesideRow, before: BesideRow): boolean => isSame(row, before) && before.counted.every(([seq]) => counts(row, seq));
const isRecord = (row: BesideRow, record: RecordRow): boolean => isSame(row, { log_hash: record.log_hash, record_hash: hashRecord(record) });

/** What is aimed at a message, or at its edits, and not counted, if it may change what it says. */
function changes(row: BesideRow, entry: EntryRow, aim: number): boolean {
  return isChange(entry) && !counts(row, entry.seq) && (aim === row.seq || counts(row, aim));
}

/** Where another entry has come than the one that was said to stand there. */
function findOther(row: BesideRow, came: ReadonlyMap<number, WholeRow>): number | undefined {
  const own = came.get(row.seq);
  if (own !== undefined && !isRecord(row, own)) return row.seq;
  return row.counted.find(([seq, hash]) => came.has(seq) && hashRecord(came.get(seq)!) !== hash)?.[0];
}

/** Keeps those whose place is not here; a flaw where the server has said something else of it. */
export async function putBeside(replica: Replica, conversation: string, rows: BesideRow[]): Promise<void> {
  const { beside, records, conversations } = replica;
  if (rows.length === 0) return;
  await replica.write(async () => {
    const keys = rows.map(({ seq }): [string, number] => [conversation, seq]);
    const [here, before] = await Promise.all([records.bulkGet(keys), beside.bulkGet(keys)]);
    const other = rows.find((row, at) => (here[at] && !isRecord(row, here[at])) || (before[at] && !isSame(row, before[at])));
    if (other) await noteFlaw(replica, conversation, { seq: other.seq, reason: "rewritten" });
    if ((await conversations.get(conversation)) === undefined) return;
    for (const [at, row] of rows.entries()) {
      if (here[at] === undefined && (before[at] === undefined || isSince(row, before[at])) && !(await isOutrun(replica, row))) await beside.put(row);
    }
  });
}

/** Whether something has come since it was looked at that may change what it says. */
async function isOutrun({ entries, records }: Replica, row: BesideRow): Promise<boolean> {
  const aims = [row.seq, ...row.counted.map(([seq]) => seq)].map((seq): [string, number] => [row.conversation, seq]);
  const found = await entries.bulkGet(await records.where("[conversation+aims]").anyOf(aims).primaryKeys());
  return found.some((entry) => entry !== undefined && entry.aims !== undefined && changes(row, entry, entry.aims));
}

async function noteFlaw({ conversations }: Replica, id: string, flaw: Flaw): Promise<void> {
  const row = await conversations.get(id);
  if (row) await conversations.put({ ...row, flaw: chooseFlaw(row.flaw, flaw) });
}

/** Of entries that have come: what stood in their places leaves, and what they may change. Where something else was said to stand is told; within a transaction. */
export async function leaveBeside({ beside }: Replica, fresh: WholeRow[]): Promise<Flaw | null> {
  if (fresh.length === 0) return null;
  const { conversation } = fresh[0]!;
  const rows = await beside.where("[conversation+seq]").between([conversation, 0], [conversation, Infinity]).toArray();
  if (rows.length === 0) return null;
  const came = new Map(fresh.map((row) => [row.seq, row]));
  const isGone = (row: BesideRow): boolean => came.has(row.seq) || findOther(row, came) !== undefined || fresh.some((one) => changes(row, one, aimOf(one)));
  const gone = rows.filter(isGone);
  await beside.bulkDelete(gone.map(({ seq }): [string, number] => [conversation, seq]));
  const others = gone.flatMap((row) => findOther(row, came) ?? []);
  return others.length > 0 ? { seq: Math.min(...others), reason: "rewritten" } : null;
}
