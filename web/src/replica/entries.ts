// Takes entries into the local copy, wherever they come from: live, a page, the answer to one's own send, in any order,
// any number of times. Each is kept by its seq and checked against its neighbours; what does not fit is kept, flagged
// once per conversation, and never silently replaced.
import { fromBase64, toBase64 } from "../lib/bytes.ts";
import { KIND_EPOCH, KIND_MESSAGE, KIND_PIN, KIND_STATE, type Entry } from "../wire/contract.ts";
import { nameCounter, takeCounts } from "./counts.ts";
import { advanceCursor } from "./cursors.ts";
import type { ConversationRow, EntryRow, Flaw, RecordRow, Replica } from "./database.ts";
import { emptyDeleted, findNaming, wakeEmptied } from "./deletions.ts";
import { chooseFlaw } from "./flaws.ts";
import { chainHash, startHash } from "./log-hash.ts";
import { findAimedAt, markFresh, markTargets } from "./marks.ts";
import { settleStates } from "./states.ts";
import { describeRecord, readWhole, splitRow, type WholeRow } from "./records.ts";

export function toRow(entry: Entry): WholeRow {
  const { conversation_id, record, record_hash = null, ...rest } = entry;
  const bytes = fromBase64(record);
  const hash = record_hash === null ? {} : { record_hash };
  return { ...rest, conversation: conversation_id, record: bytes, ...hash, ...describeRecord(bytes) };
}

export interface Applied {
  /** The conversation's row is here. */
  isKnown: boolean;
  /** Something waits to be opened, or to be judged anew because of what came. */
  isWaiting: boolean;
}

/** Stores entries of one conversation and moves its row's head. `hashBefore` is H(lowest seq − 1) by the server's word. */
export function applyEntries(replica: Replica, entries: WholeRow[], hashBefore?: string): Promise<Applied> {
  return replica.write(async () => {
    const sorted = [...entries].sort((one, other) => one.seq - other.seq);
    const first = sorted[0];
    if (!first) return { isKnown: true, isWaiting: false };
    const id = first.conversation;
    const known = await readNeighbourhood(replica, id, sorted);
    const flaw = findFlaw(id, sorted, known, hashBefore);
    const fresh = sorted.filter((entry) => !known.has(entry.seq));
    const beside = await readUnder(replica, id, fresh);
    await markRepetitions(replica, id, fresh, beside);
    const pairs = fresh.map(splitRow);
    await replica.entries.bulkPut(pairs.map(([entry]) => entry));
    await replica.records.bulkPut(pairs.map(([, record]) => record));
    await showOwn(replica, sorted, known);
    const aimed = await findAimedAt(replica, fresh);
    await markFresh(replica, pairs.map(([entry]) => entry), aimed);
    const woken = [await wakeWanting(replica, fresh), await wakeEmptied(replica, fresh)];
    const skippedAt = fresh.length === 0 ? null : await takeCounts(replica, id, fresh, { runs: listRuns(fresh.map(seqOf)), beside });
    const isKnown = await moveHead(replica, id, sorted, flaw ?? (skippedAt === null ? null : { seq: skippedAt, reason: "skipped" }));
    if (fresh.some(({ kind, seq }) => kind === KIND_STATE || seq === 1)) await settleStates(replica, id);
    woken.push(await emptyDeleted(replica, [...fresh, ...(await findNaming(replica, fresh, aimed))]));
    return { isKnown, isWaiting: woken.includes(true) || fresh.some((row) => row.waits === 1) };
  });
}

/** What came live before its own answer did, and is not opened yet, is shown as the answer says it: it is what was written here. */
async function showOwn(replica: Replica, sorted: WholeRow[], known: ReadonlyMap<number, WholeRow>): Promise<void> {
  for (const { seq, opened, log_hash, record } of sorted) {
    const there = known.get(seq);
    if (opened === undefined || there === undefined || there.opened !== undefined || there.log_hash !== log_hash) continue;
    if (record.length !== there.record.length || !record.every((byte, at) => byte === there.record[at])) continue;
    const [entry] = splitRow({ ...there, opened });
    await replica.entries.put(entry);
    const row = await replica.conversations.get(entry.conversation);
    if (row?.last_entry?.seq === seq) await replica.conversations.put({ ...row, last_entry: entry });
    if (entry.aims !== undefined) await markTargets(replica, entry.conversation, [entry.aims]);
  }
}

const seqOf = ({ seq }: EntryRow): number => seq;

/** A sealed one is judged with the one before it. */
function markRepeated(entry: EntryRow): void {
  entry.is_repeated = true;
  if (entry.plain === undefined) entry.waits = 1;
}

/** Entries whose verdict rests on one that has come wait to be judged anew. Returns whether there are any. */
async function wakeWanting(replica: Replica, fresh: WholeRow[]): Promise<boolean> {
  if (fresh.length === 0) return false;
  const { conversation, seq } = fresh[0]!;
  const found = await replica.entries.where("wants").between([conversation, seq], [conversation, fresh.at(-1)!.seq], true, true).toArray();
  const came = new Set(fresh.map((row) => row.seq));
  const wanting = found.filter((row) => row.wants!.some(([, wanted]) => came.has(wanted)));
  if (wanting.length > 0) await replica.entries.bulkPut(wanting.map((row) => ({ ...row, waits: 1 as const })));
  return wanting.length > 0;
}

/** What is held of the given seqs and the ones next to them. */
async function readNeighbourhood(replica: Replica, id: string, sorted: WholeRow[]): Promise<Map<number, WholeRow>> {
  const known = new Map<number, WholeRow>();
  for (const [from, to] of listRuns(sorted.map(seqOf))) for (const row of await readWhole(replica, id, from - 1, to + 1)) known.set(row.seq, row);
  return known;
}

/** The lowest place where the entries contradict each other, what is held, or the hash they are said to follow. */
function findFlaw(
  id: string,
  sorted: WholeRow[],
  known: Map<number, WholeRow>,
  hashBefore: string | undefined,
): Flaw | null {
  const all = new Map([...known, ...sorted.filter(({ seq }) => !known.has(seq)).map((row) => [row.seq, row] as const)]);
  for (const entry of sorted) {
    const held = known.get(entry.seq);
    if (held && held.log_hash !== entry.log_hash) return { seq: entry.seq, reason: "rewritten" };
  }
  const lowest = sorted[0]!.seq;
  const start = lowest === 1 ? toBase64(startHash(id)) : undefined;
  const before = all.get(lowest - 1)?.log_hash ?? start;
  if (before !== undefined && hashBefore !== undefined && before !== hashBefore) return { seq: lowest, reason: "chain" };
  const seqs = [...all.keys()].sort((one, other) => one - other);
  for (const seq of seqs) {
    const preceding = all.get(seq - 1)?.log_hash ?? (seq === lowest ? (before ?? hashBefore) : undefined);
    if (preceding === undefined) continue;
    const expected = chainHash(fromBase64(preceding), all.get(seq)!);
    if (expected && toBase64(expected) !== all.get(seq)!.log_hash) return { seq, reason: "chain" };
  }
  return null;
}

/** Of entries under one counter of a device all but the lowest are repetitions, whichever comes first. */
async function markRepetitions(replica: Replica, id: string, fresh: WholeRow[], beside: RecordRow[]): Promise<void> {
  const counted = fresh.filter(isCounted);
  const named = new Set(counted.map(nameCounter));
  const stored = beside.filter((row) => named.has(nameCounter(row)));
  const lowest = new Map<string, number>();
  for (const row of [...stored, ...counted]) lowest.set(nameCounter(row), Math.min(row.seq, lowest.get(nameCounter(row)) ?? Infinity));
  const isRepeated = (row: RecordRow): boolean => row.seq > lowest.get(nameCounter(row))!;
  counted.filter(isRepeated).forEach(markRepeated);
  const above = await replica.entries.bulkGet(stored.filter(isRepeated).map(({ seq }): [string, number] => [id, seq]));
  const unmarked = above.filter((row) => row !== undefined && !row.is_repeated).map((row) => row!);
  unmarked.forEach(markRepeated);
  await replica.entries.bulkPut(unmarked);
}

/** Epochs are not. */
const isCounted = ({ counter }: RecordRow): boolean => counter > 0;

/** What is here under the counters of these and the ones before: mostly the one before the first, or nothing. */
async function readUnder({ records }: Replica, id: string, fresh: WholeRow[]): Promise<RecordRow[]> {
  const counted = fresh.filter(isCounted);
  const found: RecordRow[] = [];
  for (const device of new Set(counted.map(({ from_device }) => from_device))) {
    const own = counted.filter(({ from_device }) => from_device === device).map(({ counter }) => counter);
    const counters = [...new Set(own)].sort((one, other) => one - other);
    for (const [first, last] of listRuns(counters)) {
      const ends: [[string, string, number], [string, string, number]] = [[id, device, Math.max(first - 1, 1)], [id, device, last]];
      found.push(...(await records.where("[conversation+from_device+counter]").between(...ends, true, true).toArray()));
    }
  }
  return found;
}

/** The stretches of consecutive ones among sorted numbers. */
export function listRuns(sorted: number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of sorted) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

/** Writes a conversation's row if something in it is otherwise: every list of conversations is read anew then. */
export async function putChanged(replica: Replica, row: ConversationRow, changed: ConversationRow): Promise<void> {
  const names = Object.keys(changed) as (keyof ConversationRow)[];
  if (names.some((name) => changed[name] !== row[name])) await replica.conversations.put(changed);
}

/** Lets the conversation's row know of newer entries, and of a flaw if it is the first; false when there is no row. */
async function moveHead(replica: Replica, id: string, sorted: WholeRow[], flaw: Flaw | null): Promise<boolean> {
  const row = await replica.conversations.get(id);
  if (!row) return false;
  const changed: ConversationRow = { ...row, flaw: chooseFlaw(row.flaw, flaw) };
  const head = sorted.at(-1)!;
  if (head.seq > row.last_seq) {
    changed.last_seq = head.seq;
    changed.log_hash = head.log_hash;
    changed.last_ordinal = Math.max(row.last_ordinal, head.ordinal);
    // An epoch may have brought people in, let them go or given them other roles: the row is fetched.
    changed.is_stale ||= sorted.some(({ seq, kind }) => seq > row.last_seq && kind === KIND_EPOCH);
  }
  const epoch = sorted.find(({ kind }) => kind === KIND_EPOCH);
  if (epoch && epoch.seq < (row.sealed_from ?? Infinity)) changed.sealed_from = epoch.seq;
  const pin = sorted.findLast(({ kind }) => kind === KIND_PIN);
  if (pin && pin.seq > (row.pin_seq ?? 0)) changed.pin_seq = pin.seq;
  const message = sorted.findLast((entry) => entry.kind === KIND_MESSAGE && !entry.is_repeated);
  if (message && message.seq > (row.last_entry?.seq ?? 0)) {
    // As it is kept: it may have come here before, and have been emptied since.
    changed.last_entry = (await replica.entries.get([id, message.seq])) ?? splitRow(message)[0];
    changed.active_at = message.timestamp;
  }
  await putChanged(replica, row, changed);
  // Who writes has read what came before; the server does not send a receipt for it.
  // What has no counter, as an epoch, a device may have made by itself.
  const authors = new Map(sorted.filter(({ counter }) => counter > 0).map((entry) => [entry.from_user, entry.seq]));
  for (const [user, seq] of authors) await advanceCursor(replica, id, user, seq, seq);
  return true;
}

