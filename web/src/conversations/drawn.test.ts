import { describe, expect, test } from "vitest";

import { Rows, type Row } from "./days.ts";
import { BATCH, chooseBatch, countBeyond, findSpan, isPlenty, type ListFreed, makeDrawn, moveSpan, Pace } from "./drawn.ts";
import type { Item } from "./items.ts";

/** Rows of the seqs from `first` to `last`; `pending` more wait to be sent. */
function list(first: number, last: number, pending = 0): Row[] {
  const seqs = [...Array.from({ length: last - first + 1 }, (_, at) => first + at), ...Array<number>(pending).fill(0)];
  const items = seqs.map((seq, at): Item => {
    return { key: `${seq} ${at}`, seq, ordinal: seq, from_user: 1, timestamp: "2026-05-01T12:00:00.000Z", content: { type: "text", text: "" } };
  });
  return new Rows().make(items, null, 1);
}

describe("what is drawn", () => {
  test("stays the same messages while others come before and after", () => {
    const drawn = makeDrawn(list(50, 99), { from: 10, to: 20 }, false);
    expect(drawn).toEqual({ from: 60, to: 69 });
    expect(findSpan(list(10, 120), drawn)).toEqual({ from: 50, to: 60 });
  });

  test("grows with the end once it reaches it, with what waits to be sent", () => {
    const drawn = makeDrawn(list(50, 99), { from: 40, to: 50 }, false);
    expect(drawn.to).toBe(Infinity);
    expect(findSpan(list(50, 100, 2), drawn)).toEqual({ from: 40, to: 53 });
  });

  test("does not reach the end where newer messages are not in memory", () => {
    expect(makeDrawn(list(50, 99), { from: 40, to: 50 }, true)).toEqual({ from: 90, to: 99 });
  });

  test("is nothing when none of it is in memory any more", () => {
    expect(findSpan(list(50, 60), { from: 100, to: 120 })).toEqual({ from: 11, to: 11 });
    expect(findSpan([], { from: 1, to: 9 })).toEqual({ from: 0, to: 0 });
    expect(findSpan(list(50, 60), { from: 1, to: 9 })).toEqual({ from: 0, to: 0 });
  });
});

test("what lies beyond is counted to the ends of the log, and is never nothing before them", () => {
  const rows = list(50, 99, 1);
  const at = (seq: number) => ({ seq, ordinal: seq });
  expect(countBeyond(rows, { from: 10, to: 20 }, at(1), at(120))).toEqual({ older: 59, newer: 51 });
  expect(countBeyond(rows, { from: 10, to: 20 }, null, at(120))).toEqual({ older: 10, newer: 51 });
  expect(countBeyond(rows, { from: 0, to: 51 }, null, null)).toEqual({ older: 0, newer: 0 });
  expect(countBeyond(rows, { from: 0, to: 50 }, at(50), at(99))).toEqual({ older: 1, newer: 1 });
  expect(countBeyond(rows, { from: 50, to: 51 }, at(1), null)).toEqual({ older: 1, newer: 0 });
});

describe("moving on", () => {
  const span = { from: 100, to: 140 };
  const even: ListFreed = (_, most) => Array.from({ length: most }, (__, at) => 60 * (at + 1));

  test("a few rows at the side that is nearer to its end", () => {
    expect(moveSpan(300, span, { above: 200, below: 700 }, 800, BATCH, even)).toEqual({ from: 100 - BATCH, to: 140 });
    expect(moveSpan(300, span, { above: 700, below: 200 }, 800, BATCH, even)).toEqual({ from: 100, to: 140 + BATCH });
  });

  test("stands still with enough on both sides", () => {
    expect(moveSpan(300, span, { above: 900, below: 900 }, 800, BATCH, even)).toEqual(span);
  });

  test("never beyond what is in memory", () => {
    expect(moveSpan(141, { from: 3, to: 140 }, { above: 0, below: 900 }, 800, BATCH, even).from).toBe(0);
    expect(moveSpan(141, { from: 3, to: 140 }, { above: 900, below: 0 }, 800, BATCH, even).to).toBe(141);
  });

  test("lets go of what is far beyond, and of nothing that is near", () => {
    const next = moveSpan(300, span, { above: 200, below: 2200 }, 800, BATCH, even);
    expect(next).toEqual({ from: 100 - BATCH, to: 140 - BATCH });
  });

  test("lets go of rows when others take their elements, otherwise only of those that are very far", () => {
    const far = { above: 900, below: 1500 };
    expect(moveSpan(300, span, far, 800, BATCH, even)).toEqual(span);
    expect(moveSpan(300, span, { ...far, above: 700 }, 800, BATCH, even)).toEqual({ from: 100 - BATCH, to: 140 - BATCH });
    expect(moveSpan(300, span, { above: 900, below: 1700 }, 800, BATCH, even)).toEqual({ from: 100, to: 140 - BATCH });
  });

  test("keeps a row that is higher than the window, whatever the others are", () => {
    const high: ListFreed = (side, most) => even(side, most).map((freed) => (side === "below" ? freed + 3200 : freed));
    expect(moveSpan(300, span, { above: 100, below: 2600 }, 800, BATCH, high)).toEqual({ from: 100 - BATCH, to: 140 });
    expect(moveSpan(7, { from: 0, to: 7 }, { above: 300, below: 2600 }, 800, BATCH, high)).toEqual({ from: 0, to: 7 });
  });

  test("keeps all rows to an end, once they are drawn, until they are very far", () => {
    const [start, end] = [{ from: 0, to: 40 }, { from: 260, to: 300 }];
    expect(moveSpan(300, start, { above: 1500, below: 700 }, 800, BATCH, even)).toEqual({ from: 0, to: 40 + BATCH });
    expect(moveSpan(300, end, { above: 700, below: 1500 }, 800, BATCH, even)).toEqual({ from: 260 - BATCH, to: 300 });
    expect(moveSpan(300, start, { above: 1700, below: 700 }, 800, BATCH, even).from).toBe(BATCH);
  });
});

test("a device that draws slowly gets smaller batches, and larger ones again when it has recovered", () => {
  expect([BATCH, 2].map((batch) => chooseBatch(batch, 30))).toEqual([BATCH - 1, 2]);
  expect([2, BATCH].map((batch) => chooseBatch(batch, 5))).toEqual([3, BATCH]);
  expect(chooseBatch(2, 16)).toBe(2);
});

describe("a frame in which there is other work", () => {
  test("may draw nothing while enough is drawn on both sides, or to the end of what is there", () => {
    const span = { from: 10, to: 50 };
    expect(isPlenty(100, span, { above: 401, below: 401 }, 400)).toBe(true);
    expect(isPlenty(100, span, { above: 399, below: 900 }, 400)).toBe(false);
    expect(isPlenty(100, span, { above: 900, below: 399 }, 400)).toBe(false);
    expect(isPlenty(50, { from: 0, to: 50 }, { above: 0, below: 0 }, 400)).toBe(true);
  });

  test("is followed by one that draws, however long it goes on", () => {
    const pace = new Pace();
    expect(Array.from({ length: 8 }, () => pace.rest(true))).toEqual([true, true, true, false, true, true, true, false]);
    expect(pace.rest(false)).toBe(false);
    pace.stop();
  });
});
