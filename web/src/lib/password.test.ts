import { expect, test } from "vitest";

import { encodePassword, findPasswordFlaw, normalisePassword } from "./password.ts";

test("composed and decomposed letters are one password", () => {
  expect(normalisePassword("pâsswörd café")).toBe(normalisePassword("pa\u0302sswo\u0308rd cafe\u0301"));
});

test("every other space is a space; width and case stay", () => {
  expect(normalisePassword("a\u00a0b\u3000c\u2003d")).toBe("a b c d");
  expect(normalisePassword("Ｆｕｌｌ ＡＢＣ")).toBe("Ｆｕｌｌ ＡＢＣ");
});

test("length is 10 code points to 1024 bytes", () => {
  expect(findPasswordFlaw("123456789")).toBe("short");
  expect(findPasswordFlaw("1234567890")).toBeNull();
  expect(findPasswordFlaw("🔥".repeat(9))).toBe("short");
  expect(findPasswordFlaw("🔥".repeat(10))).toBeNull();
  expect(findPasswordFlaw("e\u0301".repeat(9))).toBe("short");
  expect(findPasswordFlaw("x".repeat(1024))).toBeNull();
  expect(findPasswordFlaw("x".repeat(1025))).toBe("long");
  expect(encodePassword("🔥".repeat(10))).toHaveLength(40);
});

test.each([
  "tab\there and more",
  "nul\0 here and more",
  "\ud800 lone surrogate",
  "soft\u00adhyphen and more",
  "private \ue000 character",
  "family 👨‍👩‍👧 joined and more",
])("%j has a character that is not the same everywhere", (typed) => expect(findPasswordFlaw(typed)).toBe("character"));

test("Indic joiners after a virama are letters' business", () => {
  expect(findPasswordFlaw("क्\u200dष क्\u200cष पासवर्ड")).toBeNull();
});
