// Which stretches of a conversation's log are here. Invariant: stored ranges neither overlap nor touch.
import { joinCounts, type Seam } from "./counts.ts";
import type { RangeRow, Replica } from "./database.ts";

/** The ranges of a conversation, lowest first. */
export function listRanges(replica: Replica, conversation: string): Promise<RangeRow[]> {
  return replica.ranges.where("[conversation+from]").between([conversation, 0], [conversation, Infinity]).toArray();
}

/** Says that all entries from `from` to `to` are held; inside a transaction. */
export async function addRange(replica: Replica, conversation: string, from: number, to: number): Promise<void> {
  const ranges = await listRanges(replica, conversation);
  await putRanges(replica, ranges, joinRange(ranges, conversation, [from, to]).ranges);
}

/** The ranges, lowest first, once all entries from `from` to `to` are held, too; and where devices go on in stretches that meet then. */
export function joinRange(ranges: RangeRow[], conversation: string, [from, to]: [number, number]): { ranges: RangeRow[]; seams: Seam[] } {
  const seams: Seam[] = [];
  const apart: RangeRow[] = [];
  let merged: RangeRow = { conversation, from, to, counts: {} };
  for (const range of ranges) {
    if (range.to < merged.from - 1 || range.from > merged.to + 1) {
      apart.push(range);
      continue;
    }
    const [lower, upper] = range.from < merged.from ? [range, merged] : [merged, range];
    const joined = joinCounts(lower.counts, upper.counts, lower.from === 1);
    seams.push(...joined.seams);
    merged = { conversation, from: lower.from, to: Math.max(lower.to, upper.to), counts: joined.counts };
  }
  return { ranges: [...apart, merged].sort((one, other) => one.from - other.from), seams };
}

/** Writes what is otherwise than it was read; inside a transaction. */
export async function putRanges({ ranges }: Replica, read: RangeRow[], now: RangeRow[]): Promise<void> {
  const gone = read.filter(({ from }) => now.every((range) => range.from !== from));
  if (gone.length > 0) await ranges.bulkDelete(gone.map(({ conversation, from }): [string, number] => [conversation, from]));
  await ranges.bulkPut(now.filter((range) => !read.includes(range)));
}

/** The range that holds `seq`. */
export function findHolding(ranges: RangeRow[], seq: number): RangeRow | undefined {
  return ranges.find((range) => range.from <= seq && seq <= range.to);
}
