import { describe, expect, test } from "vitest";

import { groupByDay, Rows } from "./days.ts";
import type { Item } from "./items.ts";

const ME = 1;
const BOB = 2;

function say(seq: number, from_user: number, time: string): Item {
  return { key: `k${seq}`, seq, ordinal: seq, from_user, timestamp: new Date(time).toISOString(), content: { type: "text", text: "x" } };
}

const shape = (items: Item[], unread: number | null = null): string[][] =>
  groupByDay(new Rows().make(items, unread, ME)).map((day) =>
    day.rows.map((row) => `${row.isFirstUnread ? "!" : ""}${row.item.seq}${row.isFirst ? "<" : ""}${row.isLast ? ">" : ""}`),
  );

describe("groups", () => {
  test("one sender within five minutes is one group", () => {
    const items = [say(1, BOB, "2026-01-05T10:00"), say(2, BOB, "2026-01-05T10:04"), say(3, BOB, "2026-01-05T10:09")];
    expect(shape(items)).toEqual([["1<", "2>", "3<>"]]);
  });

  test("another sender begins another group", () => {
    const items = [say(1, BOB, "2026-01-05T10:00"), say(2, ME, "2026-01-05T10:01"), say(3, BOB, "2026-01-05T10:02")];
    expect(shape(items)).toEqual([["1<>", "2<>", "3<>"]]);
  });

  test("midnight divides, by the clock of the reader", () => {
    const items = [say(1, BOB, "2026-01-05T23:59"), say(2, BOB, "2026-01-06T00:01")];
    expect(shape(items)).toEqual([["1<>"], ["2<>"]]);
  });

  test("a day that comes again, because a server's clock went back, has a key of its own", () => {
    const items = [say(1, BOB, "2026-01-06T10:00"), say(2, BOB, "2026-01-05T10:00"), say(3, BOB, "2026-01-06T11:00")];
    expect(shape(items)).toEqual([["1<>"], ["2<>"], ["3<>"]]);
    expect(new Set(groupByDay(new Rows().make(items, null, ME)).map(({ key }) => key)).size).toBe(3);
  });

  test("the line stands before the first unread message of somebody else, once, and divides a group", () => {
    const items = [1, 2, 3].map((seq) => say(seq, BOB, `2026-01-05T10:0${seq}`));
    expect(shape(items, 2)).toEqual([["1<>", "!2<", "3>"]]);
    const own = [say(1, BOB, "2026-01-05T10:00"), say(2, ME, "2026-01-05T10:01"), say(3, BOB, "2026-01-05T10:02")];
    expect(shape(own, 2)).toEqual([["1<>", "2<>", "!3<>"]]);
  });

  test("nothing is nothing", () => expect(shape([])).toEqual([]));

  test("what stays as it was is the same object, so that it is not drawn anew", () => {
    const rows = new Rows();
    const items = [say(1, BOB, "2026-01-05T10:00"), say(2, BOB, "2026-01-05T10:30"), say(3, BOB, "2026-01-05T10:31")];
    const before = rows.make(items.slice(0, 2), null, ME);
    const after = rows.make(items, null, ME);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(after[1]).toMatchObject({ isFirst: true, isLast: false });
  });
});
