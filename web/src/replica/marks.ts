// What is aimed at a message and stands: its last edit, its reactions and whether it is pinned, kept in its own row, so that a list of messages is read
// without looking for them. Invariant: in every transaction that writes an edit, a reaction, a pin, or what they are aimed at, the summary is made
// anew from what is here; so it never depends on the order in which things came.
import { type Content, isContent } from "../crypto/content.ts";
import { KIND_EDIT, KIND_MESSAGE, KIND_PIN, KIND_REACTION } from "../wire/contract.ts";
import type { EntryRow, Replica } from "./database.ts";

/** A record that gives somebody's reaction. */
export interface ReactionMark {
  seq: number;
  user: number;
  emoji: string;
}

/** What is aimed at a message and stands (docs/protocol-encryption.md, 8.10). */
export interface Marks {
  /** The last edit. */
  edit?: { seq: number; content: Content };
  /** All records of reactions, in the order of seqs. */
  reactions?: ReactionMark[];
  /** The record that pins it, and who did. */
  pin?: { seq: number; user: number };
}

/** Targets with fewer seqs than this between them are looked for in one stretch. */
const NEAR = 50;

export const isMark = ({ kind }: Pick<EntryRow, "kind">): boolean => kind === KIND_EDIT || kind === KIND_REACTION || kind === KIND_PIN;

/** What stands of the entries aimed at a message, in any order; undefined for nothing. */
export function summarize({ seq, from_user }: EntryRow, aimed: EntryRow[]): Marks | undefined {
  const marks: Marks = {};
  for (const row of [...aimed].sort((one, other) => one.seq - other.seq)) {
    const said = row.opened?.content;
    if (!said || row.is_emptied || row.opened!.verdict !== null || row.opened!.target !== seq) continue;
    // An edit of another type than its target's is malformed, and text is the only one that is known.
    if (row.kind === KIND_EDIT && row.from_user === from_user && isContent(said) && said.type === "text") marks.edit = { seq: row.seq, content: said };
    if (row.kind === KIND_REACTION && said.type === "reaction") (marks.reactions ??= []).push({ seq: row.seq, user: row.from_user, emoji: said.emoji });
    if (row.kind === KIND_PIN && said.type === "pin") marks.pin = { seq: row.seq, user: row.from_user };
    if (row.kind === KIND_PIN && said.type === "unpin") delete marks.pin;
  }
  return Object.keys(marks).length > 0 ? marks : undefined;
}

const isSame = (one: Marks | undefined, other: Marks | undefined): boolean =>
  one?.edit?.seq === other?.edit?.seq && one?.pin?.seq === other?.pin?.seq && nameReactions(one) === nameReactions(other);
const nameReactions = (marks: Marks | undefined): string => (marks?.reactions ?? []).map(({ seq }) => seq).join();

/** Makes the summaries of these messages anew, of those that are here; within a transaction. */
export async function markTargets(replica: Replica, conversation: string, targets: Iterable<number>): Promise<void> {
  const seqs = [...new Set(targets)].filter((seq) => seq > 0).sort((one, other) => one - other);
  if (seqs.length === 0) return;
  const aimed = await findAimed(replica, conversation, seqs);
  const rows = await replica.entries.bulkGet(seqs.map((seq): [string, number] => [conversation, seq]));
  const changed = rows.flatMap((row) => {
    if (row?.kind !== KIND_MESSAGE) return [];
    const { marks: before, ...bare } = row;
    const marks = row.is_emptied ? undefined : summarize(row, aimed.get(row.seq) ?? []);
    return isSame(before, marks) ? [] : [marks ? { ...bare, marks } : bare];
  });
  if (changed.length === 0) return;
  await replica.entries.bulkPut(changed);
  const head = await replica.conversations.get(conversation);
  const last = changed.find(({ seq }) => seq === head?.last_entry?.seq);
  if (head && last) await replica.conversations.put({ ...head, last_entry: last });
}

/** What is aimed at the stretch from the first to the last of these entries; lowest first. */
export async function findAimedAt({ records }: Replica, fresh: EntryRow[]): Promise<[string, number][]> {
  const [first, last] = [fresh[0], fresh.at(-1)];
  if (!first || !last) return [];
  const keys: [[string, number], [string, number]] = [[first.conversation, first.seq], [first.conversation, last.seq]];
  return records.where("[conversation+aims]").between(...keys, true, true).primaryKeys();
}

/** Of entries that have come: the summaries of what they are aimed at, and their own, of what is aimed at their stretch. */
export async function markFresh(replica: Replica, fresh: EntryRow[], aimed: [string, number][]): Promise<void> {
  if (fresh.length === 0) return;
  const { conversation } = fresh[0]!;
  const own = aimed.length > 0 ? fresh.filter(({ kind }) => kind === KIND_MESSAGE).map(({ seq }) => seq) : [];
  await markTargets(replica, conversation, [...own, ...fresh.filter(isMark).map(({ aims = 0 }) => aims)]);
}

/** Edits, reactions and pins that are here, by the seq of what they are aimed at. */
async function findAimed({ entries, records }: Replica, conversation: string, seqs: number[]): Promise<Map<number, EntryRow[]>> {
  const stretches: [number, number][] = [];
  for (const seq of seqs) {
    const last = stretches.at(-1);
    if (last && seq - last[1] < NEAR) last[1] = seq;
    else stretches.push([seq, seq]);
  }
  const index = records.where("[conversation+aims]");
  const find = ([from, to]: [number, number]) => index.between([conversation, from], [conversation, to], true, true).primaryKeys();
  const keys = (await Promise.all(stretches.map(find))).flat();
  const byTarget = new Map<number, EntryRow[]>();
  for (const row of await entries.bulkGet(keys)) {
    if (row === undefined || !isMark(row) || row.aims === undefined) continue;
    byTarget.set(row.aims, [...(byTarget.get(row.aims) ?? []), row]);
  }
  return byTarget;
}
