import { expect, test } from "vitest";

import { groupByDay, Rows, type Day } from "./days.ts";
import { Slots } from "./slots.ts";

const rows = new Rows();
const items = new Map<string, Parameters<Rows["make"]>[0][number]>();

/** The days of messages from..to, a hundred messages a day. */
function draw(from: number, to: number): Day[] {
  const list = Array.from({ length: to - from + 1 }, (_, at) => {
    const seq = from + at;
    const timestamp = new Date(2026, 0, 1 + Math.floor(seq / 100), 12, seq % 60).toISOString();
    const key = `k${seq}`;
    const item = items.get(key) ?? { key, seq, ordinal: seq, from_user: 2, timestamp, content: { type: "text" as const, text: "x" } };
    items.set(key, item);
    return item;
  });
  return groupByDay(rows.make(list, null, 1));
}

type IsHeld = (key: string) => boolean;
const shown = (slots: Slots, days: Day[], isHeld: IsHeld = () => false): Map<string, number> =>
  new Map(slots.place(days, isHeld).flatMap((day) => day.rows.map((row, at) => [row.item.key, day.slots[at]!] as const)));

test("a row keeps its element, and who comes takes that of who went", () => {
  const slots = new Slots();
  const before = shown(slots, draw(20, 29));
  const after = shown(slots, draw(17, 26));
  for (let seq = 20; seq <= 26; seq++) expect(after.get(`k${seq}`)).toBe(before.get(`k${seq}`));
  expect(new Set(after.values())).toEqual(new Set(before.values()));
});

test("no element has two rows, however rows come and go, and few are made", () => {
  const slots = new Slots();
  let most = 0;
  for (let from = 380; from >= 10; from -= 3) {
    const now = shown(slots, draw(from, from + 40));
    expect(new Set(now.values()).size).toBe(41);
    most = Math.max(most, ...now.values());
  }
  // One set for each of five days, and a few where a day begins.
  expect(most).toBeLessThan(300);
});

test("an element with the focus or a selection in it is left to its row", () => {
  const slots = new Slots();
  const before = shown(slots, draw(20, 29));
  const after = shown(slots, draw(17, 26), (key) => key === "k28");
  expect([...after.values()]).not.toContain(before.get("k28"));
  expect([...after.values()]).toContain(before.get("k29"));
});
