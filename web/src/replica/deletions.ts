// What a deletion does to the copy (docs/protocol-encryption.md, 8.5): what it names is emptied as on the server, with the edits and
// reactions of that; the hash stays. What came emptied waits to be judged again when its deletion comes.
import { sha256 } from "../lib/sha256.ts";
import { toBase64 } from "../lib/bytes.ts";
import { KIND_DELETION, KIND_EDIT, KIND_REACTION } from "../wire/contract.ts";
import type { EntryRow, Replica } from "./database.ts";
import { findWhole, splitRow, type WholeRow } from "./records.ts";

/** The entries with these seqs, and what is aimed at them. */
async function findAimed(replica: Replica, conversation: string, targets: number[]): Promise<WholeRow[]> {
  const aimed = replica.records.where("[conversation+aims]").anyOf(targets.map((seq) => [conversation, seq]));
  return findWhole(replica, conversation, [...targets, ...(await aimed.primaryKeys()).map(([, seq]) => seq)]);
}

/** Deletions that name an emptied entry, or what it is an edit of or a reaction to. */
export async function findDeletions(replica: Replica, emptied: WholeRow[]): Promise<WholeRow[]> {
  if (emptied.length === 0) return [];
  const targets = emptied.flatMap(({ seq, target_seq }) => (target_seq > 0 ? [seq, target_seq] : [seq]));
  return (await findAimed(replica, emptied[0]!.conversation, targets)).filter(({ kind }) => kind === KIND_DELETION);
}

const goesWith = ({ seq, kind }: EntryRow, targets: number[]): boolean => targets.includes(seq) || kind === KIND_EDIT || kind === KIND_REACTION;

/** Of the entries that have come: what came emptied before its deletion waits again. Returns whether there is any; within a transaction. */
export async function wakeEmptied(replica: Replica, fresh: WholeRow[]): Promise<boolean> {
  const targets = fresh.filter(({ kind, target_seq }) => kind === KIND_DELETION && target_seq > 0).map(({ target_seq }) => target_seq);
  if (targets.length === 0) return false;
  const found = await findAimed(replica, fresh[0]!.conversation, targets);
  const woken = found.filter((row) => row.is_emptied && row.opened?.verdict === "withheld" && goesWith(row, targets));
  await replica.entries.bulkPut(woken.map((row) => ({ ...splitRow(row)[0], waits: 1 as const })));
  return woken.length > 0;
}

/** Empties what deletions among these entries name, if they stand; within a transaction. */
export async function emptyDeleted(replica: Replica, entries: EntryRow[]): Promise<void> {
  const standing = entries.filter(({ kind, opened }) => kind === KIND_DELETION && opened?.verdict === null);
  const targets = standing.flatMap(({ opened }) => opened?.target ?? []);
  if (targets.length === 0) return;
  const { conversation } = standing[0]!;
  const full = (await findAimed(replica, conversation, targets)).filter((row) => row.record.length > 0 && goesWith(row, targets));
  const pairs = full.map(empty).map(splitRow);
  await replica.entries.bulkPut(pairs.map(([entry]) => entry));
  await replica.records.bulkPut(pairs.map(([, record]) => record));
  const row = await replica.conversations.get(conversation);
  const last = pairs.find(([{ seq }]) => seq === row?.last_entry?.seq);
  if (row && last) await replica.conversations.put({ ...row, last_entry: last[0] });
}

/** What did not stand before is judged again. */
function empty({ plain: _plain, waits: _waits, fails: _fails, wants: _wants, ...row }: WholeRow): WholeRow {
  const told = { verdict: null, sent_at: null, target: null, is_withheld: false, ...row.opened, content: null };
  const waiting = told.verdict === null ? {} : { waits: 1 as const };
  return { ...row, ...waiting, is_emptied: true, opened: told, record: new Uint8Array(0), record_hash: toBase64(sha256(row.record)) };
}
