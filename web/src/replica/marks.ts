// What is aimed at a message and stands: its last edit, its reactions, the votes of a poll and whether it is pinned, kept in its own row, so that a list of messages is read
// without looking for them. Invariant: in every transaction that writes an edit, a reaction, a vote, a pin, or what they are aimed at, the summary is made
// anew from what is here; so it never depends on the order in which things came.
import { type Content, isContent, type Poll, type Said } from "../crypto/content.ts";
import { KIND_EDIT, KIND_MESSAGE, KIND_PIN, KIND_REACTION } from "../wire/contract.ts";
import type { EntryRow, Replica } from "./database.ts";

/** A record that gives somebody's reaction. */
export interface ReactionMark {
  seq: number;
  user: number;
  emoji: string;
}

/** What a person chose, by index. */
export interface VoteMark {
  user: number;
  options: number[];
}

/** What is aimed at a message and stands (docs/protocol-encryption.md, 8.10). */
export interface Marks {
  /** The last edit. */
  edit?: { seq: number; content: Content };
  /** All records of reactions, in the order of seqs. */
  reactions?: ReactionMark[];
  /** Of a poll what each person chose last, in the order in which they did. */
  votes?: VoteMark[];
  /** The record that pins it, and who did. */
  pin?: { seq: number; user: number };
}

/** Targets with fewer seqs than this between them are looked for in one stretch. */
const NEAR = 50;

export const isMark = ({ kind }: Pick<EntryRow, "kind">): boolean => kind === KIND_EDIT || kind === KIND_REACTION || kind === KIND_PIN;

/** What stands of the entries aimed at a message, in any order; undefined for nothing. */
export function summarize({ seq, from_user, opened }: EntryRow, aimed: EntryRow[]): Marks | undefined {
  const marks: Marks = {};
  const poll = opened?.content?.type === "poll" ? opened.content : null;
  const votes = new Map<number, number[]>();
  for (const row of [...aimed].sort((one, other) => one.seq - other.seq)) {
    const said = row.opened?.content;
    if (!said || row.is_emptied || row.opened!.verdict !== null || row.opened!.target !== seq) continue;
    if (row.kind === KIND_EDIT && row.from_user === from_user && isContent(said) && isEdit(said, poll)) marks.edit = { seq: row.seq, content: said };
    if (row.kind === KIND_REACTION && said.type === "reaction") (marks.reactions ??= []).push({ seq: row.seq, user: row.from_user, emoji: said.emoji });
    if (said.type === "vote" && poll && !marks.edit && isVote(said.options, poll)) castVote(votes, row.from_user, said.options);
    if (row.kind === KIND_PIN && said.type === "pin") marks.pin = { seq: row.seq, user: row.from_user };
    if (row.kind === KIND_PIN && said.type === "unpin") delete marks.pin;
  }
  if (votes.size > 0) marks.votes = Array.from(votes, ([user, options]) => ({ user, options }));
  return Object.keys(marks).length > 0 ? marks : undefined;
}

/** An edit of another type than its target's is malformed; that of a poll closes it, and changes nothing else. */
function isEdit(said: Said, poll: Poll | null): boolean {
  if (poll === null) return said.type === "text";
  return said.type === "poll" && !poll.closed && JSON.stringify(said) === JSON.stringify({ ...poll, closed: true });
}

/** Whether it counts: a closed poll takes none. */
export const isVote = (options: readonly number[], { options: choices, several, closed }: Poll): boolean =>
  !closed && options.every((one) => one < choices.length) && (several === true || options.length <= 1);

/** Who votes again comes last; who chose nothing has no vote. */
export function castVote(votes: Map<number, number[]>, user: number, options: number[]): void {
  votes.delete(user);
  if (options.length > 0) votes.set(user, options);
}

const isSame = (one: Marks | undefined, other: Marks | undefined): boolean =>
  one?.edit?.seq === other?.edit?.seq && one?.pin?.seq === other?.pin?.seq && nameReactions(one) === nameReactions(other) && nameVotes(one) === nameVotes(other);
const nameReactions = (marks: Marks | undefined): string => (marks?.reactions ?? []).map(({ seq }) => seq).join();

const nameVotes = (marks: Marks | undefined): string => (marks?.votes ?? []).map(({ user, options }) => `${user}:${options.join("+")}`).join();

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
