import fc from "fast-check";
import { expect, test } from "vitest";

import { ALL, type Callable } from "./named.ts";
import { complete, findAsked, isStill, listSuggestions } from "./suggest.ts";

const card = (id: number, username: string, display_name: string) => ({ id, username, display_name, avatar_id: null, deleted: false });
const [bob, zoe, asha, allan] = [card(2, "bob", "Bob Marley"), card(3, "zk", "Zoë Kirmani"), card(4, "आशा", "आशा पटेल"), card(5, "allan", "Allan")];
const group: Callable = { people: [bob, zoe, asha, allan], isAllowed: true };

const offered = (wanted: string, isAllowed = true) =>
  listSuggestions(wanted, { ...group, isAllowed }, "Everybody here").map((one) => (one === ALL ? ALL : one.id));

test.each<[string, string | null]>([
  ["@|", ""],
  ["@bo|", "bo"],
  ["hi @bo|", "bo"],
  ["hi @bo| you", "bo"],
  ["你好@伊|", "伊"],
  ["@आशा|", "आशा"],
  ["@bob.s|", "bob.s"],
  ["@bo|b", null],
  ["me@bo|", null],
  ["@bob |", null],
  ["/@bo|", null],
  ["bo|", null],
  [`@${"a".repeat(70)}|`, null],
])("in %j it is asked for %j", (written, wanted) => {
  const caret = written.indexOf("|");
  const text = written.replace("|", "");
  const asked = findAsked(text, caret);
  expect(asked?.wanted ?? null).toBe(wanted);
  if (asked) expect(isStill(text, asked)).toBe(true);
});

test("names and usernames are found by their beginnings, in any script, whatever the accents", () => {
  expect(offered("bo")).toEqual([2]);
  expect(offered("mar")).toEqual([2]);
  expect(offered("ZOE")).toEqual([3]);
  expect(offered("zk")).toEqual([3]);
  expect(offered("पटे")).toEqual([4]);
  expect(offered("nobody")).toEqual([]);
});

test("of equals who comes first comes first, and everybody comes last until it is typed whole", () => {
  expect(offered("")).toEqual([2, 3, 4, 5, ALL]);
  expect(offered("al")).toEqual([5, ALL]);
  expect(offered("all")).toEqual([ALL, 5]);
  expect(offered("every")).toEqual([ALL]);
  expect(offered("all", false)).toEqual([5]);
});

test("what is chosen takes the place of what was typed, with one space behind it", () => {
  const choose = (written: string, one: Parameters<typeof complete>[2]) => {
    const text = written.replace("|", "");
    const done = complete(text, findAsked(text, written.indexOf("|"))!, one);
    return `${done.text.slice(0, done.caret)}|${done.text.slice(done.caret)}`;
  };
  expect(choose("hi @b|", bob)).toBe("hi @bob |");
  expect(choose("hi @b| you", bob)).toBe("hi @bob |you");
  expect(choose("@|", ALL)).toBe("@all |");
  expect(choose("@आ|\nx", asha)).toBe("@आशा\n|x");
});

test("whatever is written, what is asked for stands before the caret", () => {
  const text = fc.array(fc.constantFrom("@", "b", ".", " ", "आ", "\u0301", "\ud83d\ude00", "\ud83d", "/"), { maxLength: 80 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.nat(90), (written, at) => {
      const caret = Math.min(at, written.length);
      const asked = findAsked(written, caret);
      if (asked === null) return;
      expect(isStill(written, asked)).toBe(true);
      expect(asked.to).toBe(caret);
      expect(complete(written, asked, bob).text).toContain("@bob");
    }),
  );
});
