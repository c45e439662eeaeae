import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Usage } from "./usage.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function connect() {
  const told: boolean[] = [];
  const usage = new Usage((isAway) => told.push(isAway));
  usage.connect();
  return { usage, told };
}

test("a device is away when all of its tabs are, and back with the first", () => {
  const { usage, told } = connect();
  usage.set("one", false);
  usage.set("two", false);
  vi.runAllTimers();
  usage.set("one", true);
  expect(told).toEqual([]);
  usage.set("two", true);
  usage.set("one", false);
  expect(told).toEqual([true, false]);
});

test("a tab that is gone does not count", () => {
  const { usage, told } = connect();
  usage.set("one", true);
  usage.set("two", false);
  vi.runAllTimers();
  usage.remove("two");
  expect(told).toEqual([true]);
});

test("a new connection is told only what it does not assume, once all tabs had their say", () => {
  const { usage, told } = connect();
  usage.set("one", true);
  expect(told).toEqual([]);
  usage.set("two", false);
  vi.runAllTimers();
  expect(told).toEqual([]);
  usage.set("two", true);
  usage.connect();
  vi.runAllTimers();
  expect(told).toEqual([true, true]);
  usage.stop();
  usage.set("two", false);
  expect(told).toEqual([true, true]);
});
