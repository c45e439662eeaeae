import { describe, expect, test } from "vitest";

import { daysBetween, describeAgo, formatDay, formatExact, formatListTime } from "./time.ts";

const now = new Date(2026, 2, 18, 14, 30); // a Wednesday, local time
const at = (month: number, day: number, hour = 9, minute = 5, year = 2026): Date =>
  new Date(year, month - 1, day, hour, minute);

describe("in a list", () => {
  test.each([
    [at(3, 18, 14, 5), "14:05"],
    [at(3, 18, 0, 0), "00:00"],
    [at(3, 17, 23, 59), "Yesterday"],
    [at(3, 16), "Mon"],
    [at(3, 12), "Thu"],
    [at(3, 11), "11 Mar"],
    [at(3, 12, 9, 5, 2024), "12 Mar 2024"],
    [at(3, 19), "09:05"],
  ])("%s is %s", (time, text) => expect(formatListTime(time, "en-GB", now)).toBe(text));

  test("it speaks Hindi", () => expect(formatListTime(at(3, 17), "hi", now)).toBe("कल"));
});

test("a day separator names the day", () => {
  expect(formatDay(now, "en-GB", now)).toBe("Today");
  expect(formatDay(at(3, 16), "en-GB", now)).toBe("Monday");
  expect(formatDay(at(1, 2), "en-GB", now)).toBe("2 January");
});

test("days are calendar days, also across a change to summer time", () => {
  expect(daysBetween(new Date(2026, 2, 28, 23, 0), new Date(2026, 2, 29, 1, 0))).toBe(1);
  expect(daysBetween(new Date(2026, 2, 29, 0, 30), new Date(2026, 2, 30, 23, 30))).toBe(1);
});

describe("ago", () => {
  test.each([
    [new Date(now.getTime() - 20_000), { unit: "now" }],
    [new Date(now.getTime() + 20_000), { unit: "now" }],
    [new Date(now.getTime() - 300_000), { unit: "minutes", text: "5 minutes ago" }],
    [at(3, 18), { unit: "day", day: "today", clock: "09:05" }],
    [at(3, 17), { unit: "day", day: "yesterday", clock: "09:05" }],
    [at(3, 13), { unit: "day", day: "Friday", clock: "09:05" }],
    [at(2, 1), { unit: "date", date: "1 February" }],
  ])("%s", (time, said) => expect(describeAgo(time, "en-GB", now)).toEqual(said));
});

test("the exact time has seconds and a zone", () => {
  expect(formatExact(at(3, 12), "en-GB")).toMatch(/Thursday,? 12 March 2026.*09:05:00 (UTC|GMT|[A-Z]+)/);
});
