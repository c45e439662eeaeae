import { expect, test } from "vitest";

import { describeSince, hasNamesake } from "./since.ts";

const device = (id: string, name: string, created_at: string) => ({ id, name, created_at });
const say = (...devices: ReturnType<typeof device>[]): string[] => [...describeSince(devices, "en-GB").values()].map((said) => said.replaceAll("\u00a0", " "));

test("a device says the minute in which it was signed in", () => {
  expect(say(device("aa11bb", "Firefox", "2026-05-01T10:00:07"), device("bb22cc", "Chromium", "2026-05-01T10:00:09"))).toEqual([
    "1 May 2026, 10:00",
    "1 May 2026, 10:00",
  ]);
});

test("two of one name that began within a minute say the second, the third does not", () => {
  const devices = [device("aa11bb", "Firefox", "2026-05-01T10:00:07"), device("bb22cc", "firefox ", "2026-05-01T10:00:09"), device("cc33dd", "Firefox", "2026-05-01T10:01:09")];
  expect(say(...devices)).toEqual(["1 May 2026, 10:00:07", "1 May 2026, 10:00:09", "1 May 2026, 10:01"]);
});

test("two that began within a second say the first digits of their ids", () => {
  const devices = [device("aa11bb", "Firefox", "2026-05-01T10:00:07.1"), device("bb22cc", "Firefox", "2026-05-01T10:00:07.9")];
  expect(say(...devices)).toEqual(["1 May 2026, 10:00:07 · aa11", "1 May 2026, 10:00:07 · bb22"]);
  expect(hasNamesake(devices[0]!, devices)).toBe(true);
  expect(hasNamesake(devices[0]!, devices.slice(0, 1))).toBe(false);
});
