// Which stretches of a conversation's log are here. Invariant: stored ranges neither overlap nor touch.
import type { RangeRow, Replica } from "./database.ts";

/** The ranges of a conversation, lowest first. */
export function listRanges(replica: Replica, conversation: string): Promise<RangeRow[]> {
  return replica.ranges.where("[conversation+from]").between([conversation, 0], [conversation, Infinity]).toArray();
}

/** Says that all entries from `from` to `to` are held; inside a transaction. */
export async function addRange(replica: Replica, conversation: string, from: number, to: number): Promise<void> {
  const merged = { conversation, from, to };
  for (const range of await listRanges(replica, conversation)) {
    if (range.to < merged.from - 1 || range.from > merged.to + 1) continue;
    merged.from = Math.min(merged.from, range.from);
    merged.to = Math.max(merged.to, range.to);
    await replica.ranges.delete([conversation, range.from]);
  }
  await replica.ranges.put(merged);
}

/** The range that holds `seq`. */
export async function findRange(replica: Replica, conversation: string, seq: number): Promise<RangeRow | undefined> {
  return (await listRanges(replica, conversation)).find((range) => range.from <= seq && seq <= range.to);
}
