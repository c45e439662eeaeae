import { expect, test } from "vitest";

import { isTold, readLevel } from "./level.ts";

test.each<[unknown, string]>([["all", "all"], ["mentions", "mentions"], ["none", "none"], [undefined, "all"], ["loud", "all"], [{ toString: () => "none" }, "all"]])(
  "%j is the level %s",
  (value, level) => expect(readLevel(value)).toBe(level),
);

test("what is to be told of may not be known before it is opened", () => {
  expect([undefined, false, true].map((calls) => isTold("all", calls))).toEqual([true, true, true]);
  expect([undefined, false, true].map((calls) => isTold("mentions", calls))).toEqual([undefined, false, true]);
  expect([undefined, false, true].map((calls) => isTold("none", calls))).toEqual([false, false, false]);
});
