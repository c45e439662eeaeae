import { expect, test } from "vitest";

import { drawBelow } from "./draw.ts";

test("what would make the first numbers likelier is drawn again", () => {
  const drawn = [2 ** 32 - 1, 2 ** 32 - 2 ** 32 % 7776, 7776 + 5];
  expect(drawBelow(7776, () => drawn.shift()!)).toBe(5);
  expect(drawn).toEqual([]);
});

test("every number comes, and none outside", () => {
  const seen = new Set(Array.from({ length: 2000 }, () => drawBelow(6)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
});

test.each([0, -1, 1.5, 2 ** 33])("%d is no bound", (bound) => {
  expect(() => drawBelow(bound)).toThrow(RangeError);
});
