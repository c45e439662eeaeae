import { expect, test } from "vitest";

import { nextHour, readQuiet } from "./quiet.ts";

test.each<[unknown, number]>([[true, Infinity], [1700, 1700], [0, 0], [-5, 0], ["soon", 0], [undefined, 0], [false, 0]])("%j is quiet until %d", (quiet, until) => {
  expect(readQuiet({ quiet })).toBe(until);
});

test("nothing that is kept is no quiet", () => expect(readQuiet(undefined)).toBe(0));

test("the next eight o'clock is today before it, and tomorrow from it on", () => {
  const at = (day: number, hour: number, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime();
  expect(nextHour(8, new Date(at(27, 7, 59)))).toBe(at(27, 8));
  expect(nextHour(8, new Date(at(27, 8)))).toBe(at(28, 8));
  expect(nextHour(8, new Date(at(30, 23)))).toBe(new Date(2026, 11, 1, 8).getTime());
});
