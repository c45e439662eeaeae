// Devices count their entries in each conversation, from 1 on and without a gap. So where two stretches of a log meet,
// each device goes on where it stopped; a number that is left out is an entry that the server left out, even if it
// chained the log anew over the place.
import type { Counts } from "./database.ts";

interface Counted {
  seq: number;
  from_device: string;
  counter: number;
}

/** The counts of consecutive entries, and the seq of the first one that leaves a number out. */
export function countRun(run: Counted[]): { counts: Counts; skippedAt: number | null } {
  const counts: Counts = {};
  let skippedAt: number | null = null;
  for (const { seq, from_device, counter } of run) {
    const known = (counts[from_device] ??= [counter, counter]);
    if (counter > known[1] + 1) skippedAt ??= seq;
    known[1] = Math.max(known[1], counter);
  }
  return { counts, skippedAt };
}

/** The counts of two stretches of which one follows right upon the other, and whether a number is missing in between.
 *  `isFromStart`: the lower one begins with the log, so whoever is not in it has sent nothing before. */
export function joinCounts(lower: Counts, upper: Counts, isFromStart: boolean): { counts: Counts; isSkipped: boolean } {
  const counts = structuredClone(lower);
  let isSkipped = false;
  for (const [device, [first, last]] of Object.entries(upper)) {
    const known = counts[device] ?? (isFromStart ? [1, 0] : undefined);
    if (known && first > known[1] + 1) isSkipped = true;
    counts[device] = known ? [known[0], Math.max(known[1], last)] : [first, last];
  }
  return { counts, isSkipped };
}
