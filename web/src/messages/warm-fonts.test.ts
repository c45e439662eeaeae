import { expect, test } from "vitest";

import { Kinds } from "./warm-fonts.ts";

test("one character of each script is found, once", () => {
  const kinds = new Kinds();
  expect(kinds.find("Bis morgen – schön!")).toEqual([]);
  expect(kinds.find("நல்லது — ठीक है")).toEqual(["ந", "ठ"]);
  expect(kinds.find("अगला நாள்")).toEqual([]);
  expect(kinds.find("غدًا 🎉")).toEqual(["غ", "🎉"]);
});

test("somebody who writes in everything does not make it look for everything", () => {
  const kinds = new Kinds();
  const all = Array.from({ length: 500 }, (_, at) => String.fromCodePoint(0x3000 + at * 256)).filter((one) => !/\p{Cs}/u.test(one));
  expect(kinds.find(all.join("")).length).toBe(64);
  expect(kinds.find("ન")).toEqual([]);
});
