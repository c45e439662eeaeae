import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { EntryRow } from "../replica/database.ts";
import { readOpened } from "./opened.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SEALED = { seq: 1 } as EntryRow;
const OPENED = { seq: 1, opened: { verdict: null, content: { type: "text", text: "Dinner is ready" } } } as EntryRow;
const REFUSED = { seq: 1, opened: { verdict: "not_for_us" } } as unknown as EntryRow;
const PLAIN = { seq: 1, plain: { type: "text", text: "From before" } } as EntryRow;

/** What a row is at each reading; the last stays. */
const readings = (...rows: (EntryRow | undefined)[]) => vi.fn(async () => (rows.length > 1 ? rows.shift() : rows[0]));

test("what is opened, plain or refused is taken at once", async () => {
  for (const row of [OPENED, PLAIN, REFUSED]) {
    const read = readings(row);
    expect(await readOpened(read)).toBe(row);
    expect(read).toHaveBeenCalledTimes(1);
  }
});

test("what is not written down or not opened yet is waited for", async () => {
  const found = readOpened(readings(undefined, SEALED, SEALED, OPENED));
  await vi.advanceTimersByTimeAsync(300);
  expect(await found).toBe(OPENED);
});

test("what stays closed is taken as it is after some time", async () => {
  const taken = vi.fn();
  void readOpened(readings(SEALED)).then(taken);
  await vi.advanceTimersByTimeAsync(1000);
  expect(taken).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1000);
  expect(taken).toHaveBeenCalledWith(SEALED);
});
