import { expect, test } from "vitest";

import { compareCode, isSafetyCode } from "./codes.ts";
import { groupHex } from "./words.ts";

const code = (filling: string): string => `hearth-safety:1:${filling.repeat(86)}`;

test("a code is one whatever it says, and nothing else is", () => {
  for (const text of [code("A"), code("_"), code("9")]) expect(isSafetyCode(text)).toBe(true);
  for (const text of ["", "12345", `${code("A")}A`, code("A").slice(1), "hearth-safety:2:" + "A".repeat(86), code("=")]) expect(isSafetyCode(text)).toBe(false);
});

test("one letter decides", () => {
  expect(compareCode(code("A"), code("A"))).toBe("match");
  expect(compareCode(code("A").slice(0, -1) + "B", code("A"))).toBe("no_match");
});

test("a fingerprint is shown in groups of four", () => {
  expect(groupHex("00112233445566778899aabbccddeeff")).toBe("0011 2233 4455 6677 8899 aabb ccdd eeff");
});
