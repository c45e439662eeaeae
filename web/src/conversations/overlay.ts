// What waits in the outbox and is aimed at messages: edits, reactions, pins and deletions show at once, as if they had been sent. Pure.
import { type Content, isContent, type Poll } from "../crypto/content.ts";
import type { EntryRow } from "../replica/database.ts";
import { castVote, isVote, type ReactionMark, type VoteMark } from "../replica/marks.ts";
import type { OutboxRow } from "../replica/own-database.ts";
import { KIND_DELETION, KIND_EDIT, KIND_PIN, KIND_REACTION } from "../wire/contract.ts";

/** Something that was done to a message and that the server refused. */
export interface Failing {
  client_id: string;
  kind: OutboxRow["kind"];
  /** The problem's code. */
  reason?: string | undefined;
}

/** People who gave a message one emoji, in the order in which they did. */
export interface ReactionGroup {
  emoji: string;
  users: number[];
  isMine: boolean;
  /** One's own waits to be sent. */
  isPending: boolean;
}

const SHOWN: ReadonlySet<number> = new Set([KIND_EDIT, KIND_REACTION, KIND_PIN, KIND_DELETION]);

export class Overlay {
  readonly #rows: OutboxRow[];
  /** Seqs of messages and reactions that a deletion which waits names. */
  readonly #removed = new Set<number>();
  readonly #withdrawn = new Set<string>();
  readonly #byTarget = new Map<number, OutboxRow[]>();

  /** In the order in which they are sent. */
  constructor(rows: OutboxRow[]) {
    this.#rows = rows.filter(({ kind }) => SHOWN.has(kind));
    for (const row of this.#rows) {
      const { target } = row;
      if (target === null) continue;
      if ("client_id" in target) {
        if (row.kind === KIND_DELETION) this.#withdrawn.add(target.client_id);
        continue;
      }
      if (row.kind === KIND_DELETION && row.state === "waiting") this.#removed.add(target.seq);
      this.#byTarget.set(target.seq, [...(this.#byTarget.get(target.seq) ?? []), row]);
    }
  }

  /** Whether something that waits changes how a message is shown. */
  touches({ seq, marks }: Pick<EntryRow, "seq" | "marks">): boolean {
    if (this.#rows.length === 0) return false;
    return this.#byTarget.has(seq) || (marks?.reactions ?? []).some((mark) => this.#byTarget.has(mark.seq));
  }

  isRemoved(seq: number): boolean {
    return this.#removed.has(seq);
  }

  /** The last edit of a message that waits or has failed. */
  findEdit(seq: number): { client_id: string; content: Content; state: OutboxRow["state"] } | undefined {
    const row = this.#byTarget.get(seq)?.findLast(({ kind }) => kind === KIND_EDIT);
    return row && isContent(row.content) ? { client_id: row.client_id, content: row.content, state: row.state } : undefined;
  }

  /** Whether a message is pinned, with what waits. */
  isPinned({ seq, marks }: Pick<EntryRow, "seq" | "marks">): boolean {
    const last = this.#byTarget.get(seq)?.findLast(({ kind, state }) => kind === KIND_PIN && state === "waiting");
    return last ? last.content.type === "pin" : marks?.pin !== undefined;
  }

  /** Messages that a pin which waits names, or the taking back of one. */
  listPinning(): number[] {
    return [...this.#byTarget].filter(([, rows]) => rows.some(({ kind }) => kind === KIND_PIN)).map(([seq]) => seq);
  }

  /** What was refused last. */
  findFailing({ seq, marks }: Pick<EntryRow, "seq" | "marks">): Failing | undefined {
    const own = [seq, ...(marks?.reactions ?? []).map((mark) => mark.seq)].flatMap((one) => this.#byTarget.get(one) ?? []);
    const failed = own.findLast(({ state }) => state === "failed");
    return failed && { client_id: failed.client_id, kind: failed.kind, reason: failed.reason };
  }

  /** The reactions to a message: those that stand, and one's own that wait. */
  groupReactions(seq: number, marks: ReactionMark[], me: number): ReactionGroup[] {
    const groups = new Map<string, ReactionGroup>();
    const add = (emoji: string, user: number, isPending: boolean): void => {
      const group = groups.get(emoji) ?? { emoji, users: [], isMine: false, isPending: false };
      groups.set(emoji, group);
      if (user === me) group.isMine = true;
      if (isPending) group.isPending = true;
      if (!group.users.includes(user)) group.users.push(user);
    };
    for (const mark of marks) if (!this.#removed.has(mark.seq)) add(mark.emoji, mark.user, false);
    for (const row of this.listWaiting(seq)) if (row.content.type === "reaction" && !groups.get(row.content.emoji)?.isMine) add(row.content.emoji, me, true);
    return [...groups.values()];
  }

  /** One's own reactions to a message that wait and are not to be taken back again. */
  listWaiting(seq: number): OutboxRow[] {
    const rows = this.#byTarget.get(seq) ?? [];
    return rows.filter((row) => row.kind === KIND_REACTION && row.state === "waiting" && !this.#withdrawn.has(row.client_id));
  }

  /** The votes of a poll: those that stand, and one's own that waits. */
  countVotes(seq: number, poll: Poll, marks: VoteMark[], me: number): VoteMark[] {
    const votes = new Map(marks.map(({ user, options }) => [user, options]));
    const last = this.#byTarget.get(seq)?.findLast(({ content, state }) => content.type === "vote" && state === "waiting")?.content;
    if (last?.type === "vote" && isVote(last.options, poll)) castVote(votes, me, last.options);
    return Array.from(votes, ([user, options]) => ({ user, options }));
  }

  /** Deletions that wait and name one of these. */
  listDeletions(seqs: number[]): OutboxRow[] {
    const rows = seqs.flatMap((seq) => this.#byTarget.get(seq) ?? []);
    return rows.filter((row) => row.kind === KIND_DELETION && row.state === "waiting");
  }
}

export const NO_OVERLAY = new Overlay([]);
