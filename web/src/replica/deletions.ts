// What a deletion does to the copy (docs/protocol-encryption.md, 8.5): what it names is emptied as on the server, with the edits and
// reactions of that; the hash stays. What came emptied waits to be judged again when its deletion comes.
import { sha256 } from "../lib/sha256.ts";
import { toBase64 } from "../lib/bytes.ts";
import { KIND_DELETION, KIND_EDIT, KIND_REACTION } from "../wire/contract.ts";
import type { EntryRow, Replica } from "./database.ts";
import { markTargets } from "./marks.ts";
import { aimOf, findWhole, splitRow, type WholeRow } from "./records.ts";

/** The entries with these seqs, and what is aimed at them. */
async function findAimed(replica: Replica, conversation: string, targets: number[]): Promise<WholeRow[]> {
  const aimed = replica.records.where("[conversation+aims]").anyOf(targets.map((seq) => [conversation, seq]));
  return findWhole(replica, conversation, [...targets, ...(await aimed.primaryKeys()).map(([, seq]) => seq)]);
}

/** Deletions that name an emptied entry, or what it is an edit of or a reaction to. */
export async function findDeletions(replica: Replica, emptied: WholeRow[]): Promise<WholeRow[]> {
  if (emptied.length === 0) return [];
  const targets = emptied.flatMap((row) => (aimOf(row) > 0 ? [row.seq, aimOf(row)] : [row.seq]));
  return (await findAimed(replica, emptied[0]!.conversation, targets)).filter(({ kind }) => kind === KIND_DELETION);
}

/** Which of these rows such deletions name, by seq. */
export function listNamed(rows: WholeRow[], deletions: WholeRow[]): number[] {
  const targets = new Set(deletions.map(aimOf));
  return rows.filter((row) => targets.has(row.seq) || targets.has(aimOf(row))).map(({ seq }) => seq);
}

const follows = ({ kind }: EntryRow): boolean => kind === KIND_EDIT || kind === KIND_REACTION;
const goesWith = (row: EntryRow, targets: number[]): boolean => targets.includes(row.seq) || follows(row);

/** Of the entries that have come: what came emptied before its deletion waits again. Returns whether there is any; within a transaction. */
export async function wakeEmptied(replica: Replica, fresh: WholeRow[]): Promise<boolean> {
  const targets = fresh.filter((row) => row.kind === KIND_DELETION && aimOf(row) > 0).map(aimOf);
  if (targets.length === 0) return false;
  const found = await findAimed(replica, fresh[0]!.conversation, targets);
  const woken = found.filter((row) => row.is_emptied && row.opened?.verdict === "withheld" && goesWith(row, targets));
  await replica.entries.bulkPut(woken.map((row) => ({ ...splitRow(row)[0], waits: 1 as const })));
  return woken.length > 0;
}

/** One that waits is still to be judged, maybe with an entry under the same counter: what it empties would not come back. */
const stands = ({ kind, opened, waits }: EntryRow): boolean => kind === KIND_DELETION && opened?.verdict === null && waits === undefined;

/** Deletions that were here before these entries, name some of them, and stand; `aimed` is what is aimed at their stretch. */
export async function findNaming({ entries, records }: Replica, fresh: WholeRow[], aimed: [string, number][]): Promise<EntryRow[]> {
  const [first, last] = [fresh[0], fresh.at(-1)];
  if (!first || !last) return [];
  const { conversation } = first;
  const found = [...aimed];
  const below = new Set(fresh.filter(follows).map(aimOf).filter((seq) => seq > 0 && (seq < first.seq || seq > last.seq)));
  if (below.size > 0) found.push(...(await records.where("[conversation+aims]").anyOf([...below].map((seq) => [conversation, seq])).primaryKeys()));
  const came = new Set(fresh.map(({ seq }) => seq));
  const rows = await entries.bulkGet(found.filter(([, seq]) => !came.has(seq)));
  return rows.filter((row) => row !== undefined).filter(stands);
}

const saysSomething = ({ record, plain, opened }: WholeRow): boolean => record.length > 0 || plain !== undefined || (opened?.content ?? null) !== null;

/** Empties what deletions among these entries name, if they stand. Returns whether something waits to be judged again; within a transaction. */
export async function emptyDeleted(replica: Replica, entries: EntryRow[]): Promise<boolean> {
  const standing = entries.filter(stands);
  const targets = standing.flatMap(({ opened }) => opened?.target ?? []);
  if (targets.length === 0) return false;
  const { conversation } = standing[0]!;
  const full = (await findAimed(replica, conversation, targets)).filter((row) => saysSomething(row) && goesWith(row, targets));
  const pairs = full.map(empty).map(splitRow);
  await replica.entries.bulkPut(pairs.map(([entry]) => entry));
  await replica.records.bulkPut(pairs.map(([, record]) => record));
  const row = await replica.conversations.get(conversation);
  const last = pairs.find(([{ seq }]) => seq === row?.last_entry?.seq);
  if (row && last) await replica.conversations.put({ ...row, last_entry: last[0] });
  // What was said by an edit before the deleted one, or of other reactions, stands there again.
  await markTargets(replica, conversation, pairs.flatMap(([{ aims }]) => aims ?? []));
  return pairs.some(([{ waits }]) => waits === 1);
}

/** What did not stand before is judged again. */
function empty({ plain: _plain, marks: _marks, waits: _waits, fails: _fails, calls: _calls, wants: _wants, ...row }: WholeRow): WholeRow {
  const told = { verdict: null, sent_at: null, target: null, is_withheld: false, ...row.opened, content: null };
  const waiting = told.verdict === null ? {} : { waits: 1 as const };
  const hash = row.record.length > 0 ? { record_hash: toBase64(sha256(row.record)) } : {};
  return { ...row, ...waiting, ...hash, is_emptied: true, opened: told, record: new Uint8Array(0) };
}
