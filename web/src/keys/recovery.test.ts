import { expect, test } from "vitest";

import { chooseGroup, isGroup, writeSheet } from "./recovery.ts";

const key = "ABCD-EFGH-OIB2-7777";

test("a group is right in small letters, with look-alikes and spaces, and nothing else is", () => {
  expect(isGroup(key, 2, " 0i82 ")).toBe(true);
  for (const typed of ["", "ABCD", "OIB", "OIB22", key]) expect(isGroup(key, 2, typed)).toBe(false);
});

test("any group may be asked for", () => {
  const asked = new Set(Array.from({ length: 200 }, () => chooseGroup(key)));
  expect([...asked].sort()).toEqual([0, 1, 2, 3]);
});

test("the file says whose key it is, where, and what for", () => {
  const sheet = writeSheet({ title: "Recovery key", of: "alice", at: "https://hearth.test", key, use: "Use it so." });
  for (const part of ["alice", "https://hearth.test", key, "Use it so."]) expect(sheet).toContain(part);
});
