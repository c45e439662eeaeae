// Which part of a conversation's log is on screen. Invariant: a window never reaches across a hole; what lies beyond its
// edges is first looked for here and then fetched.
import type { EntryRow, RangeRow, Replica } from "../replica/database.ts";
import { findRange, listRanges } from "../replica/ranges.ts";
import { isShown } from "./items.ts";

export const STEP = 50;
/** Entries beyond this many are let go at the far edge. */
export const MOST = 400;

export interface Frame {
  /** The lowest seq on screen. */
  from: number;
  /** The highest, or null to follow the end of the conversation. */
  to: number | null;
}

export interface View {
  entries: EntryRow[];
  /** Something older may be read, here or on the server. */
  hasOlder: boolean;
  /** Something newer exists than is on screen. */
  hasNewer: boolean;
}

/** The seqs of up to `count` messages going away from `seq` (exclusive) within what is held without a hole. */
export async function walk(
  replica: Replica,
  conversation: string,
  seq: number,
  direction: "older" | "newer",
  count = STEP,
): Promise<number | undefined> {
  const range = await findRange(replica, conversation, direction === "older" ? seq - 1 : seq + 1);
  if (!range) return undefined;
  const lower = direction === "older" ? range.from : seq + 1;
  const upper = direction === "older" ? seq - 1 : range.to;
  const between = replica.entries.where("[conversation+seq]").between([conversation, lower], [conversation, upper], true, true);
  const rows = await (direction === "older" ? between.reverse() : between).limit(count).toArray();
  return rows.at(-1)?.seq;
}

/** The frame that a conversation opens with: around the first unread message, else its end; null when nothing is held. */
export async function chooseFrame(replica: Replica, conversation: string, around?: number): Promise<Frame | null> {
  const row = await replica.conversations.get(conversation);
  if (!row) return null;
  if (around !== undefined && (await findRange(replica, conversation, around))) {
    const from = (await walk(replica, conversation, around, "older", STEP / 2)) ?? around;
    const to = (await walk(replica, conversation, around, "newer", STEP)) ?? around;
    return { from, to: to >= row.last_seq ? null : to };
  }
  const last = (await listRanges(replica, conversation)).at(-1);
  if (!last) return null;
  return { from: (await walk(replica, conversation, last.to + 1, "older")) ?? last.to, to: null };
}

/** What the frame shows as things stand. */
export async function readView(replica: Replica, conversation: string, frame: Frame): Promise<View> {
  const row = await replica.conversations.get(conversation);
  const ranges = await listRanges(replica, conversation);
  const range = findShown(ranges, frame);
  if (!row || !range) return { entries: [], hasOlder: false, hasNewer: false };
  const to = Math.min(frame.to ?? range.to, range.to);
  const from = Math.max(frame.from, range.from);
  const between = replica.entries.where("[conversation+seq]").between([conversation, from], [conversation, to], true, true);
  const newest = await between.reverse().limit(MOST).toArray();
  const entries = newest.reverse();
  const lowest = entries[0]?.seq ?? from;
  return { entries: entries.filter(isShown), hasOlder: lowest > Math.max(row.first_seq, 1), hasNewer: to < row.last_seq };
}

/** The stretch that the frame lies in. One that follows the end takes the last stretch that reaches its lower edge. */
function findShown(ranges: RangeRow[], frame: Frame): RangeRow | undefined {
  return ranges.find((range) => range.from <= frame.from && frame.from <= range.to) ?? ranges.at(-1);
}
