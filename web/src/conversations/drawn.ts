// Which of the rows in memory are drawn: those on screen and a margin on both sides, moved on by a few rows a frame, so
// that no frame of a long scroll does more than a little. Pure but for the clock of `Pace`; distances in pixels.
import type { Row } from "./days.ts";
import type { Item } from "./items.ts";

/** A stretch of rows by seq. It stays right when rows come, go and move around it. */
export interface Drawn {
  from: number;
  /** Infinity: to the end, with what waits to be sent. */
  to: number;
}

/** Indexes into rows, `to` not included. */
export interface Span {
  from: number;
  to: number;
}

/** What is drawn beyond the edges of the window that is scrolled. */
export interface Reach {
  above: number;
  below: number;
}

/** How many messages there are beyond what is drawn. */
export interface Beyond {
  older: number;
  newer: number;
}

export const NOTHING: Drawn = { from: Infinity, to: Infinity };
/** Rows that are drawn in one frame: no slower than somebody flings past them. */
export const BATCH = 3;
/** As many at least, however slow the device is. */
const FEWEST = 2;
/** Milliseconds. When a frame takes longer, the next batch is smaller, for there may be more to do than to draw; when it
 *  takes less, the batch may grow again. */
const [LATE, SOON] = [20, 12];
/** Frames in a row in which nothing is drawn because there is other work. */
const MOST_RESTS = 3;
/** Margins beyond which rows are let go, though nothing comes that could take their elements. */
const FAR = 2;
/** Margins that are left of them: more than one, or they would come again at once. */
const LEFT = 1.25;

export function findSpan(rows: Row[], { from, to }: Drawn): Span {
  const isOver = ({ item }: Row, seq: number): boolean => item.seq === 0 || item.seq > seq;
  const first = rows.findIndex((row) => isOver(row, from - 1));
  if (first < 0) return { from: rows.length, to: rows.length };
  const end = to === Infinity ? -1 : rows.findIndex((row) => isOver(row, to));
  return { from: first, to: Math.max(first, end < 0 ? rows.length : end) };
}

/** A place in the log, and how many messages there are up to it. */
type Place = Pick<Item, "seq" | "ordinal">;
const NOWHERE: Place = { seq: 0, ordinal: 0 };

/** Messages before and after the span. `first` and `last` are the places that the log may be read from and reaches to; null
 *  where the rows in memory, or what is drawn, already end there. */
export function countBeyond(rows: Row[], { from, to }: Span, first: Place | null, last: Place | null): Beyond {
  const lowest = rows[from]?.item ?? NOWHERE;
  const isStart = from === to || (from === 0 && first === null);
  const start = first ?? rows[0]?.item ?? NOWHERE;
  return {
    // Who joined late does not know how many messages there were before: no more than entries since.
    older: isStart ? 0 : Math.max(1, Math.min(lowest.seq - start.seq, lowest.ordinal - Math.max(1, start.ordinal))),
    newer: last === null ? 0 : Math.max(1, last.ordinal - (rows[to - 1]?.item ?? NOWHERE).ordinal),
  };
}

/** The seq so many messages before (negative) or after the rows that are drawn, as evenly as they lie between there and an end of the log. */
export function findFar(lost: number, { older, newer }: Beyond, { from, to, first, last }: { from: number; to: number; first: number; last: number }): number {
  const far = lost < 0 ? from + Math.round((lost * (from - first)) / Math.max(1, older)) : to + Math.round((lost * (last - to)) / Math.max(1, newer));
  return Math.min(last, Math.max(first, far));
}

/** The rows of a span as they are remembered; the whole end when the span reaches it. */
export function makeDrawn(rows: Row[], span: Span, hasNewer: boolean): Drawn {
  const first = rows[span.from];
  if (!first) return NOTHING;
  const last = rows[span.to - 1]?.item.seq ?? 0;
  const isEnd = (span.to >= rows.length && !hasNewer) || last === 0;
  return { from: first.item.seq === 0 ? Infinity : first.item.seq, to: isEnd ? Infinity : last };
}

/** Whether what is drawn goes on for so many pixels beyond the window, or to an end. */
export function isPlenty(count: number, { from, to }: Span, { above, below }: Reach, pixels: number): boolean {
  return (from === 0 || above > pixels) && (to === count || below > pixels);
}

/** How many rows this device draws in one frame, and in which frames. */
export class Pace {
  batch = BATCH;
  #rests = 0;
  #begun = 0;
  // A message that is sent within a frame comes when that frame is laid out and painted.
  readonly #after = new MessageChannel();

  constructor() {
    this.#after.port1.onmessage = () => {
      this.batch = chooseBatch(this.batch, performance.now() - this.#begun);
    };
  }

  /** Draws a batch, within a frame; how long that takes says how large the next one is. */
  time(draw: () => void): void {
    this.#begun = performance.now();
    draw();
    this.#after.port2.postMessage(null);
  }

  /** Whether this frame draws nothing, for it may wait. It may so a few times in a row. */
  rest(mayWait: boolean): boolean {
    this.#rests = mayWait && this.#rests < MOST_RESTS ? this.#rests + 1 : 0;
    return this.#rests > 0;
  }

  stop(): void {
    this.#after.port1.close();
  }
}

/** How many rows the next batch has when one of so many took so many milliseconds. */
export function chooseBatch(batch: number, took: number): number {
  if (took > LATE) return Math.max(FEWEST, batch - 1);
  return took < SOON ? Math.min(BATCH, batch + 1) : batch;
}

/** How many pixels go when one, two … `most` rows at a side of what is drawn are let go, the outermost first. */
export type ListFreed = (side: keyof Reach, most: number) => number[];

/** The span to draw next: grown by a batch at the side that is nearer to its end, shrunk where it is far beyond, at best
 *  in the same step, so that the rows that come have the elements of those that go. Where all rows are drawn to an end,
 *  they stay until they are far: else the runway there would come and go with them. */
export function moveSpan(count: number, span: Span, reach: Reach, margin: number, batch: number, listFreed: ListFreed): Span {
  const { above, below } = reach;
  const next = { ...span };
  const mayGrowUp = above < margin && span.from > 0;
  const mayGrowDown = below < margin && span.to < count;
  if (mayGrowUp && (!mayGrowDown || above <= below)) next.from = Math.max(0, span.from - batch);
  else if (mayGrowDown) next.to = Math.min(count, span.to + batch);
  const grown = span.from - next.from + next.to - span.to;
  // By the heights that rows have: one may be higher than the window, and what is on screen must never go.
  const excess = (side: keyof Reach, isEnd: boolean): number => {
    const most = grown > 0 && !isEnd ? grown : reach[side] > FAR * margin ? batch : 0;
    const spare = reach[side] - LEFT * margin;
    return most > 0 && spare > 0 ? listFreed(side, most).filter((freed) => freed <= spare).length : 0;
  };
  next.from += excess("above", span.from === 0);
  next.to -= excess("below", span.to === count);
  return next;
}
