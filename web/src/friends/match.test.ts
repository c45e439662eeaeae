import { expect, test } from "vitest";

import { matchesName } from "./match.ts";

test.each([
  ["", true],
  ["zo", true],
  ["ZOË", true],
  ["kir", true],
  ["zoe kir", true],
  ["@zoe.k", true],
  ["oe", false],
  ["irm", false],
])("%j finds Zoë Kirmani: %s", (wanted, found) => expect(matchesName(wanted, "Zoë Kirmani", "zoe.kirmani")).toBe(found));

test("other scripts match as they are written", () => {
  expect(matchesName("આશ", "આશા પટેલ")).toBe(true);
  expect(matchesName("पटे", "आशा पटेल")).toBe(true);
  expect(matchesName("ب", "آشا پاتیل")).toBe(false);
});
