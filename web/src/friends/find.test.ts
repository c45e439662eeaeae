import { expect, test } from "vitest";

import { readLink, readWanted } from "./find.ts";

test.each([
  ["bob", "bob"],
  [" @bob ", "bob"],
  ["https://hearth.example/add/bob", "bob"],
  [" https://hearth.example:8443/add/bob/ ", "bob"],
  ["hearth.example/add/bob?from=mail#top", "bob"],
  ["http://localhost:8080/add/%E0%A4%86%E0%A4%B6%E0%A4%BE", "आशा"],
  ["/add/%40bob", "bob"],
])("%j means %j", (text, wanted) => expect(readWanted(text)).toBe(wanted));

test("what is no link stays as it is", () => {
  expect(readLink("bob")).toBeNull();
  expect(readLink("https://hearth.example/u/12")).toBeNull();
  expect(readLink("https://hearth.example/add/%E0%A4")).toBeNull();
  expect(readLink("https://hearth.example/friends/add")).toBeNull();
});
