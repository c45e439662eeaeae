import { expect, test } from "vitest";

import { countRun, joinCounts } from "./counts.ts";

const run = (...counted: [seq: number, device: string, counter: number][]) =>
  countRun(counted.map(([seq, from_device, counter]) => ({ seq, from_device, counter })));

test("each device counts by itself; a repetition moves nothing", () => {
  const { counts, skippedAt } = run([1, "a", 4], [2, "b", 1], [3, "a", 5], [4, "a", 5], [5, "a", 4], [6, "a", 6]);
  expect(counts).toEqual({ a: [4, 6], b: [1, 1] });
  expect(skippedAt).toBeNull();
});

test("the first number that is left out has its place", () => {
  expect(run([7, "a", 1], [8, "b", 1], [9, "a", 3], [10, "b", 3])).toEqual({
    counts: { a: [1, 3], b: [1, 3] },
    skippedAt: 9,
  });
});

test.each([
  ["goes on", { a: [1, 3] }, { a: [4, 6] }, false, { a: [1, 6] }, false],
  ["leaves one out", { a: [1, 3] }, { a: [5, 6] }, false, { a: [1, 6] }, true],
  ["repeats", { a: [1, 3] }, { a: [2, 3] }, false, { a: [1, 3] }, false],
  ["appears, who knows from where", { a: [1, 3] }, { b: [9, 9] }, false, { a: [1, 3], b: [9, 9] }, false],
  ["appears with its first", { a: [1, 3] }, { b: [1, 2] }, true, { a: [1, 3], b: [1, 2] }, false],
  ["appears without its first", { a: [1, 3] }, { b: [2, 2] }, true, { a: [1, 3], b: [1, 2] }, true],
] as const)("where two stretches meet a device %s", (_, lower, upper, isFromStart, counts, isSkipped) => {
  const copy = (given: object): never => structuredClone(given) as never;
  expect(joinCounts(copy(lower), copy(upper), isFromStart)).toEqual({ counts, isSkipped });
});
