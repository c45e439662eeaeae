import { expect, test } from "vitest";

import { findEndDirection } from "./direction.ts";

test.each([
  ["hello", "ltr"],
  ["مرحبا", "rtl"],
  ["hello\nمرحبا", "rtl"],
  ["مرحبا\nhello", "ltr"],
  ["مرحبا hello", "rtl"],
  ["مرحبا\n123 …\n", "rtl"],
  ["שלום", "rtl"],
  ["नमस्ते", "ltr"],
] as const)("%j ends %s", (text, direction) => expect(findEndDirection(text)).toBe(direction));

test("without a letter it has none of its own", () => {
  expect(findEndDirection("👍 12:30")).toBeNull();
});
