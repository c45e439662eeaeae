// Which part of a conversation's log is in memory. Invariant: a window never reaches across a hole; what lies beyond its
// edges is first looked for here and then fetched. It is counted in messages: between two of them there may be any number of
// reactions and edits, which are shown with what they are aimed at. Within a stretch without a hole every seq is there, and each
// entry knows how many messages there are up to it, so edges are found by a few looks.
import Dexie, { type PromiseExtended } from "dexie";

import type { ConversationRow, EntryRow, RangeRow, Replica } from "../replica/database.ts";
import { findHolding } from "../replica/ranges.ts";
import { KIND_MESSAGE } from "../wire/contract.ts";
import type { HeldEntries } from "./held.ts";
import { isShown } from "./items.ts";

/** Messages by which a window grows. */
export const STEP = 40;
/** Messages beyond this many are let go at the far edge. */
export const MOST = 200;
/** Entries that are gone over at a time, however few messages are among them. */
const FARTHEST = 2000;

export interface Frame {
  /** The lowest seq. */
  from: number;
  /** The highest, or null to follow the end of the conversation. */
  to: number | null;
}

export interface View {
  entries: EntryRow[];
  /** Its edges, whether a message stands there or not. */
  from: number;
  to: number;
  /** Something older may be read, here or on the server. */
  hasOlder: boolean;
  /** Something newer exists than is in the window. */
  hasNewer: boolean;
}

/** Where a window is looked for: a log, and what of it is here. */
export interface Ground {
  replica: Replica;
  conversation: string;
  ranges: RangeRow[];
}

/** Looks one after the other, without a function that waits in a function that waits: Dexie would lose its transaction on the way back. */
type Looking<T> = PromiseExtended<T>;
const Found = Dexie.Promise;

/** The edge of a window of `count` messages that begins beside `seq`, within what is held there without a hole. */
export function walk(ground: Ground, seq: number, direction: "older" | "newer", count = STEP): Looking<number | undefined> {
  const step = direction === "older" ? -1 : 1;
  const beside = seq + step;
  const range = findHolding(ground.ranges, beside);
  if (!range) return Found.resolve(undefined);
  const farthest = step < 0 ? Math.max(range.from, beside - FARTHEST) : Math.min(range.to, beside + FARTHEST);
  const clip = (at: number): number => (step < 0 ? Math.max(farthest, at) : Math.min(farthest, at));
  /** `short`: a place that is not far enough. */
  const look = (begun: EntryRow | undefined, at: number, short: number): Looking<number> =>
    find(ground, at).then((entry) => {
      const missing = count - countBetween(begun, entry);
      if (missing < -STEP && Math.abs(at - short) > 1) return look(begun, Math.round((at + short) / 2), short);
      if (missing <= 0 || at === farthest) return at;
      // As dense as what was gone over, but never by more than as much again.
      const gone = Math.abs(at - seq);
      return look(begun, clip(at + step * Math.min(gone, Math.ceil((missing * gone) / Math.max(1, count - missing)))), at);
    });
  return find(ground, beside).then((begun) => look(begun, clip(seq + step * count), seq));
}

const find = ({ replica, conversation }: Ground, seq: number): Looking<EntryRow | undefined> => replica.entries.get([conversation, seq]);

/** Messages from one entry to another, both counted. */
function countBetween(one: EntryRow | undefined, other: EntryRow | undefined): number {
  if (!one || !other) return 0;
  const [lower, upper] = one.seq < other.seq ? [one, other] : [other, one];
  return upper.ordinal - lower.ordinal + (lower.kind === KIND_MESSAGE ? 1 : 0);
}

/** The frame that a conversation opens with: around the first unread message, else its end; null when nothing is held. */
export function chooseFrame(ground: Ground, row: ConversationRow, around?: number): Looking<Frame | null> {
  if (around !== undefined && findHolding(ground.ranges, around)) {
    return walk(ground, around, "older", STEP / 2).then((from = around) =>
      walk(ground, around, "newer").then((to = around) => ({ from, to: to >= row.last_seq ? null : to })),
    );
  }
  // An entry that was fetched by itself, as a group's state is, is no place to open at.
  const last = ground.ranges.findLast(({ from, to }) => to > from || to === row.last_seq);
  if (!last) return Found.resolve(null);
  return walk(ground, last.to + 1, "older").then((from = last.to) => ({ from, to: null }));
}

/** What the frame shows as things stand. */
export async function readView(held: HeldEntries, row: ConversationRow, ranges: RangeRow[], frame: Frame): Promise<View> {
  const range = findHolding(ranges, frame.from) ?? ranges.at(-1);
  if (!range) return { entries: [], from: 0, to: 0, hasOlder: false, hasNewer: false };
  const to = Math.min(frame.to ?? range.to, range.to);
  const from = Math.max(frame.from, range.from);
  const shown = (await held.read(from, to)).filter(isShown);
  const hasOlder = from > Math.max(row.first_seq, 1) && (!isLost(shown[0]) || (await isPlainBelow(held, row)));
  return { entries: shown.filter((entry, at) => !isLost(entry) || !isLost(shown[at + 1])), from, to, hasOlder, hasNewer: to < row.last_seq };
}

/** Below what is lost there is nothing to be read but what is from before encryption. */
async function isPlainBelow(held: HeldEntries, { sealed_from = 1 }: ConversationRow): Promise<boolean> {
  if (sealed_from <= 1) return false;
  return (await held.findBeside(sealed_from - 1))?.plain !== undefined;
}

/** Of such entries in a row the last one stands for all. */
const isLost = (entry: EntryRow | undefined): boolean => entry?.opened?.is_lost === true;
