// A log of the town as the server's contract tells it, for tests of what pages do with it.
import { toBase64, toHex } from "../lib/bytes.ts";
import type { Place } from "../crypto/conversations/testing/town.ts";
import type { Row } from "../crypto/conversations/log.ts";
import { MESSAGE } from "../crypto/conversations/roles.ts";
import type { Entry, Page } from "../wire/contract.ts";

export function toEntry({ conversation, hashes, rows }: Place, row: Row): Entry {
  const ordinal = rows.filter(({ seq, kind }) => seq <= row.seq && kind === MESSAGE).length;
  return {
    conversation_id: toHex(conversation), seq: row.seq, ordinal, kind: row.kind, from_user: row.user, from_device: toHex(row.device),
    client_id: toHex(row.clientId), counter: row.counter, epoch: row.epoch, target_seq: row.targetSeq, record: toBase64(row.record),
    log_hash: toBase64(hashes[row.seq]!), timestamp: new Date(row.time).toISOString(),
  };
}

/** At most `limit` entries below `seq`. */
export function pageBelow(place: Place, seq: number, limit: number): Page {
  const rows = place.rows.slice(Math.max(0, seq - 1 - limit), seq - 1);
  return {
    conversation_id: toHex(place.conversation), entries: rows.map((row) => toEntry(place, row)), hash_before: toBase64(place.hashes[rows[0]!.seq - 1]!),
    first_seq: 1, last_seq: place.rows.length, last_ordinal: place.rows.filter(({ kind }) => kind === MESSAGE).length, members: [],
  };
}
