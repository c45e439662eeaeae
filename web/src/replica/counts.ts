// Devices count their entries in each conversation, from 1 on and without a gap: a number that is left out is an entry that the server
// left out, even if it chained the log anew over the place. Whatever is here fills its number. That one is missing shows only by what its
// device vouches for: by bytes that nobody can open no member can put it on the server (docs/protocol-encryption.md, 8.5).
import type { Counts, RangeRow, RecordRow, Replica } from "./database.ts";
import { joinRange, listRanges, putRanges } from "./ranges.ts";
import type { WholeRow } from "./records.ts";

/** A device's counter whose predecessor is to be here, too. */
export type Seam = [device: string, counter: number];

/** One name for each number of each device. */
export const nameCounter = ({ from_device, counter }: Pick<RecordRow, "from_device" | "counter">): string => `${from_device} ${counter}`;

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

/** What was read already when entries come: then it is not asked for. */
export interface AtHand {
  /** The stretches that they make, each from and to. */
  runs: [number, number][];
  /** What else is here under numbers of theirs and the ones before. */
  beside: RecordRow[];
}

/** Takes entries that came now, or were opened now, into the stretches and their counts. Resolves to the seq of an entry before which one of
 *  its device is missing, or null; inside a transaction. */
export async function takeCounts(replica: Replica, conversation: string, rows: WholeRow[], { runs, beside }: AtHand = NOTHING): Promise<number | null> {
  const read = await listRanges(replica, conversation);
  let ranges = read;
  const checked: Seam[] = [];
  for (const run of runs) {
    const joined = joinRange(ranges, conversation, run);
    ranges = joined.ranges;
    checked.push(...joined.seams);
  }
  const counted = ranges.map((range) => countIn(range, rows));
  await putRanges(replica, read, counted.map(({ range }) => range));
  return findSkipped(replica, conversation, [...rows, ...beside], [...checked, ...counted.flatMap(({ seams }) => seams)]);
}

const NOTHING: AtHand = { runs: [], beside: [] };

/** A range that counts those of these entries that are in it, and where its devices go on. */
function countIn(range: RangeRow, rows: WholeRow[]): { range: RangeRow; seams: Seam[] } {
  const inside = rows.filter((row) => range.from <= row.seq && row.seq <= range.to && isVouched(row));
  const counts = { ...range.counts };
  for (const { from_device, counter } of inside) counts[from_device] = Math.min(counter, counts[from_device] ?? Infinity);
  const lowered = Object.entries(range.counts).filter(([device, counter]) => counts[device]! < counter);
  const above = inside.filter(({ from_device, counter }) => range.from === 1 || counts[from_device]! < counter);
  const seams = [...lowered, ...above.map(({ from_device, counter }): Seam => [from_device, counter])];
  const isSame = lowered.length === 0 && Object.keys(counts).length === Object.keys(range.counts).length;
  return { range: isSame ? range : { ...range, counts }, seams };
}

/** The lowest place of those whose predecessor is not here. */
async function findSkipped(replica: Replica, conversation: string, rows: RecordRow[], checked: Seam[]): Promise<number | null> {
  const given = new Set(rows.map(nameCounter));
  const place = (from_device: string, counter: number) =>
    replica.records.where("[conversation+from_device+counter]").equals([conversation, from_device, counter]);
  let skippedAt: number | null = null;
  for (const [from_device, counter] of checked) {
    const before = counter - 1;
    if (before < 1 || given.has(nameCounter({ from_device, counter: before })) || (await place(from_device, before).count()) > 0) continue;
    const [first] = await place(from_device, counter).primaryKeys();
    if (first) skippedAt = Math.min(first[1], skippedAt ?? Infinity);
  }
  return skippedAt;
}
