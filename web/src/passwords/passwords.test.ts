import { expect, test } from "vitest";

import words from "@zxcvbn-ts/language-common/dist/diceware.json.mjs";

import { findWeakness } from "./judge.ts";
import { suggestPassword } from "./words.ts";

test.each([
  ["password12", "common"],
  ["Passw0rd12", "common"],
  ["1234567890", "common"],
  ["asdfghjkl;", "pattern"],
  ["aaaaaaaaaaaa", "repeat"],
  ["abcdefghijkl", "pattern"],
  ["12.03.1985", "date"],
  ["margarethe.k", "own"],
  ["margarethe.margarethe", "repeat"],
])("%s is weak: %s", async (password, why) => {
  expect(await findWeakness(password, ["margarethe.k", "Margarethe"])).toBe(why);
});

test.each(["correct horse battery", "another warm evening", "નમસ્તે દુનિયા ઘર"])("%s is good enough", async (password) => {
  expect(await findWeakness(password, ["alice", "Alice"])).toBeNull();
});

test("five words of a list of thousands, never the same twice, always good enough", async () => {
  expect(words.length).toBeGreaterThanOrEqual(2048);
  expect(new Set(words).size).toBe(words.length);
  const made = new Set<string>();
  for (let time = 0; time < 20; time += 1) {
    const password = await suggestPassword();
    made.add(password);
    expect(password.split(" ")).toHaveLength(5);
    expect(password.split(" ").every((word) => words.includes(word))).toBe(true);
    expect(await findWeakness(password, [])).toBeNull();
  }
  expect(made.size).toBe(20);
});
