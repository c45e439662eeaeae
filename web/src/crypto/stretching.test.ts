import { expect, test } from "vitest";

import { chooseStretching, FULL, isLoopback, requireStrong, WeakStretchingError } from "./stretching.ts";

const weak = { memory: 64, iterations: 1, parallelism: 1 };

test("full cost is 64 MiB, 3 passes", () => expect(FULL).toEqual({ memory: 65536, iterations: 3, parallelism: 1 }));

test.each([
  { memory: 65_535, iterations: 3, parallelism: 1 },
  { memory: 65_536, iterations: 2, parallelism: 1 },
  { memory: 65_536, iterations: 3, parallelism: 0 },
  { memory: 65_536.5, iterations: 3, parallelism: 1 },
  { memory: 4_000_000, iterations: 3, parallelism: 1 },
  { memory: 65_536, iterations: 10_000, parallelism: 1 },
])("a server that asks for %j is not obeyed", (asked) => {
  expect(() => requireStrong(asked, false, "hearth.example")).toThrow(WeakStretchingError);
});

test("a weak test server is obeyed on loopback only", () => {
  expect(requireStrong(weak, true, "localhost")).toEqual(weak);
  expect(() => requireStrong(weak, true, "hearth.example")).toThrow(WeakStretchingError);
  expect(() => requireStrong(weak, false, "localhost")).toThrow(WeakStretchingError);
  expect(chooseStretching(true, "hearth.example")).toEqual(FULL);
  expect(chooseStretching(true, "127.0.0.1").memory).toBeLessThan(FULL.memory);
});

test.each([
  ["localhost", true],
  ["127.0.0.1", true],
  ["[::1]", true],
  ["localhost.evil.example", false],
  ["127.0.0.1.evil.example", false],
  ["evil.example", false],
])("loopback %s: %s", (hostname, is) => expect(isLoopback(hostname)).toBe(is));
