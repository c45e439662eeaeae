// Which stretches of a conversation's log are here. Invariant: stored ranges neither overlap nor touch.
import { joinCounts, type Seam } from "./counts.ts";
import type { RangeRow, Replica } from "./database.ts";

/** The ranges of a conversation, lowest first. */
export function listRanges(replica: Replica, conversation: string): Promise<RangeRow[]> {
  return replica.ranges.where("[conversation+from]").between([conversation, 0], [conversation, Infinity]).toArray();
}

/** Says that all entries from `from` to `to` are held; inside a transaction. Resolves to where devices go on in stretches that meet now. */
export async function addRange(replica: Replica, conversation: string, from: number, to: number): Promise<Seam[]> {
  const seams: Seam[] = [];
  let merged: RangeRow = { conversation, from, to, counts: {} };
  for (const range of await listRanges(replica, conversation)) {
    if (range.to < merged.from - 1 || range.from > merged.to + 1) continue;
    const [lower, upper] = range.from < merged.from ? [range, merged] : [merged, range];
    const joined = joinCounts(lower.counts, upper.counts, lower.from === 1);
    seams.push(...joined.seams);
    merged = { conversation, from: lower.from, to: Math.max(lower.to, upper.to), counts: joined.counts };
    if (range.from !== merged.from) await replica.ranges.delete([conversation, range.from]);
  }
  await replica.ranges.put(merged);
  return seams;
}

/** The range that holds `seq`. */
export function findHolding(ranges: RangeRow[], seq: number): RangeRow | undefined {
  return ranges.find((range) => range.from <= seq && seq <= range.to);
}
