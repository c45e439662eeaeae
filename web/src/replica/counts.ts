// Devices count their entries in each conversation, from 1 on and without a gap: a number that is left out is an entry that the server
// left out, even if it chained the log anew over the place. Whatever is here fills its number. That one is missing shows only by what its
// device vouches for: by bytes that nobody can open no member can put it on the server (docs/protocol-encryption.md, 8.5).
import type { Counts, Replica } from "./database.ts";
import { listRanges } from "./ranges.ts";
import type { WholeRow } from "./records.ts";

/** A device's counter whose predecessor is to be here, too. */
export type Seam = [device: string, counter: number];

/** Whether an entry's counter is its device's word: it is opened and stands, or is from before encryption. */
export const isVouched = ({ counter, is_emptied, plain, opened }: WholeRow): boolean =>
  counter > 0 && !is_emptied && (plain !== undefined || opened?.verdict === null);

/** The counts of two stretches of which one follows right upon the other, and where devices go on in the upper one.
 *  `isFromStart`: the lower one begins with the log, so whoever is not in it has sent nothing before. */
export function joinCounts(lower: Counts, upper: Counts, isFromStart: boolean): { counts: Counts; seams: Seam[] } {
  const seams = Object.entries(upper).filter(([device, counter]) => counter > 1 && (isFromStart || device in lower));
  const counts = { ...upper };
  for (const [device, counter] of Object.entries(lower)) counts[device] = Math.min(counter, upper[device] ?? Infinity);
  return { counts, seams };
}

/** Takes entries that are here now, or opened now, into the counts of their stretches; `seams` are what stretches that meet have come to.
 *  Resolves to the seq of an entry before which one of its device is missing, or null; inside a transaction. */
export async function takeCounts(replica: Replica, conversation: string, rows: WholeRow[], seams: Seam[]): Promise<number | null> {
  const ranges = await listRanges(replica, conversation);
  const checked = [...seams];
  for (const range of ranges) {
    const inside = rows.filter((row) => range.from <= row.seq && row.seq <= range.to && isVouched(row));
    const counts = { ...range.counts };
    for (const { from_device, counter } of inside) counts[from_device] = Math.min(counter, counts[from_device] ?? Infinity);
    for (const [device, counter] of Object.entries(range.counts)) if (counts[device]! < counter) checked.push([device, counter]);
    for (const { from_device, counter } of inside) if (range.from === 1 || counts[from_device]! < counter) checked.push([from_device, counter]);
    if (inside.length > 0) await replica.ranges.put({ ...range, counts });
  }
  return findSkipped(replica, conversation, rows, checked);
}

/** The lowest place of those whose predecessor is not here. */
async function findSkipped(replica: Replica, conversation: string, rows: WholeRow[], checked: Seam[]): Promise<number | null> {
  const name = (device: string, counter: number): string => `${device} ${counter}`;
  const given = new Set(rows.map(({ from_device, counter }) => name(from_device, counter)));
  const place = (device: string, counter: number) =>
    replica.records.where("[conversation+from_device+counter]").equals([conversation, device, counter]);
  let skippedAt: number | null = null;
  for (const [device, counter] of checked) {
    if (counter <= 1 || given.has(name(device, counter - 1)) || (await place(device, counter - 1).count()) > 0) continue;
    const [first] = await place(device, counter).primaryKeys();
    if (first) skippedAt = Math.min(first[1], skippedAt ?? Infinity);
  }
  return skippedAt;
}
