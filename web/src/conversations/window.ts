// Which part of a conversation's log is in memory. Invariant: a window never reaches across a hole; what lies beyond its
// edges is first looked for here and then fetched. Within a stretch without a hole every seq is there, so edges are
// reckoned, not searched.
import type { ConversationRow, EntryRow, RangeRow } from "../replica/database.ts";
import { findHolding } from "../replica/ranges.ts";
import type { HeldEntries } from "./held.ts";
import { isShown } from "./items.ts";

/** Entries by which a window grows. */
export const STEP = 40;
/** Entries beyond this many are let go at the far edge. */
export const MOST = 200;

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

/** The seq `count` entries away from `seq` within what is held beside it without a hole. */
export function walk(ranges: RangeRow[], seq: number, direction: "older" | "newer", count = STEP): number | undefined {
  const beside = direction === "older" ? seq - 1 : seq + 1;
  const range = findHolding(ranges, beside);
  if (!range) return undefined;
  return direction === "older" ? Math.max(range.from, seq - count) : Math.min(range.to, seq + count);
}

/** The frame that a conversation opens with: around the first unread message, else its end; null when nothing is held. */
export function chooseFrame(ranges: RangeRow[], row: ConversationRow, around?: number): Frame | null {
  if (around !== undefined && findHolding(ranges, around)) {
    const from = walk(ranges, around, "older", STEP / 2) ?? around;
    const to = walk(ranges, around, "newer", STEP) ?? around;
    return { from, to: to >= row.last_seq ? null : to };
  }
  const last = ranges.at(-1);
  if (!last) return null;
  return { from: walk(ranges, last.to + 1, "older") ?? last.to, to: null };
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
