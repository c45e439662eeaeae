// An entry is kept in two rows: what views read of it, and what it is judged and proved by (decision 19).
import { readPlain } from "../crypto/content.ts";
import { KIND_EPOCH, KIND_LEAVE, KIND_STATE } from "../wire/contract.ts";
import type { EntryRow, RecordRow, Replica } from "./database.ts";

/** Both rows of an entry in one. */
export type WholeRow = EntryRow & RecordRow;

/** Sealed, or signed: both begin with the version of their format. */
export const isSealed = (record: Uint8Array): boolean => record.length > 0 && record[0] !== 0;

type Told = "plain" | "is_emptied" | "waits";

/** What is to be said of an entry by its bytes alone: what is sealed waits to be opened, what is emptied to be judged. */
export function describeRecord(record: Uint8Array): Pick<EntryRow, Told> {
  if (record.length === 0) return { is_emptied: true, waits: 1 };
  return isSealed(record) ? { waits: 1 } : { plain: readPlain(record) };
}

/** The seq of what it is aimed at; 0 for none. Once it was judged this is known; until then the server says so. */
export const aimOf = ({ opened, aims, target_seq }: WholeRow): number => opened?.target ?? aims ?? target_seq;

/** Kinds of entries that are shown between messages: what happened to the conversation. */
export const isLine = (kind: number): boolean => kind === KIND_EPOCH || kind === KIND_LEAVE || kind === KIND_STATE;

export function splitRow(row: WholeRow): [EntryRow, RecordRow] {
  const { from_device, counter, epoch, target_seq, log_hash, record, record_hash, aims: told = target_seq, ...entry } = row;
  const { conversation, seq } = entry;
  if (isLine(entry.kind)) entry.line = 1;
  const aims = entry.opened?.target ?? told;
  const proof: RecordRow = { conversation, seq, from_device, counter, epoch, target_seq, log_hash, record };
  if (record_hash !== undefined) proof.record_hash = record_hash;
  if (aims === 0) return [entry, proof];
  return [{ ...entry, aims }, { ...proof, aims }];
}

/** Those of these entries that are here, lowest first. */
export async function findWhole(replica: Replica, conversation: string, seqs: Iterable<number>): Promise<WholeRow[]> {
  const keys = [...new Set(seqs)].sort((one, other) => one - other).map((seq): [string, number] => [conversation, seq]);
  const { entries, records } = replica;
  const [shown, proofs] = await replica.transaction("r", [entries, records], () => Promise.all([entries.bulkGet(keys), records.bulkGet(keys)]));
  return shown.flatMap((entry, at) => (entry === undefined || proofs[at] === undefined ? [] : [{ ...entry, ...proofs[at] }]));
}

/** All that are here from one seq to another, lowest first. */
export async function readWhole({ entries, records }: Replica, conversation: string, from: number, to: number): Promise<WholeRow[]> {
  const keys: [[string, number], [string, number]] = [[conversation, from], [conversation, to]];
  const shown = await entries.where("[conversation+seq]").between(...keys, true, true).toArray();
  if (shown.length === 0) return [];
  const proofs = await records.where("[conversation+seq]").between(...keys, true, true).toArray();
  const bySeq = new Map(proofs.map((proof) => [proof.seq, proof]));
  return shown.flatMap((entry) => (bySeq.has(entry.seq) ? [{ ...entry, ...bySeq.get(entry.seq)! }] : []));
}
