import fc from "fast-check";
import { expect, test } from "vitest";

import { readContent } from "../crypto/content.ts";
import { parse } from "../formatting/parse.ts";
import { KIND_MESSAGE } from "../wire/contract.ts";
import { ALL, type Callable, findMentioned, findUnnamed, listCallable, listNamed, listNames, showNamed, tellsUser } from "./named.ts";

const card = (id: number, username: string) => ({ id, username, display_name: username, avatar_id: null, deleted: false });
const people = [card(2, "bob"), card(3, "bob.smith"), card(4, "आशा"), card(5, "zoë"), card(6, "علي"), card(7, "伊藤")];
const group: Callable = { people, isAllowed: true };
const ids = (text: string): number[] => findMentioned(text, group).mentions ?? [];

test.each<[string, number[]]>([
  ["@bob", [2]],
  ["hi @Bob, and @BOB!", [2]],
  ["@bob.", [2]],
  ["(@bob)…", [2]],
  ["@bob's", [2]],
  ["@bob.smith", [3]],
  ["_@bob_ **@zoë**", [2, 5]],
  ["@bob...", [2]],
  ["@bob\n@bob.smith", [2, 3]],
  ["@bobby @bo @bob_x", []],
  ["me@bob.smith", []],
  ["https://example.org/@bob", []],
  ["@bob@example.org @@bob", []],
  ["@ bob bob", []],
  ["@आशा कैसी हो", [4]],
  ["@आशाजी", []],
  ["@zoë @ZOË", [5]],
  ["@zoe\u0308", [5]],
  ["مرحبا @علي، تعال", [6]],
  ["你好@伊藤 来", [7]],
  ["`@bob` ``@zoë``", []],
  ["```\n@bob\n```", []],
  ["```java\n@all\n@bob\n```\n@zoë", [5]],
  ["> @bob said\n> > @zoë\nno", []],
  ["- @bob\n- ||@zoë||", [2, 5]],
  ["`@bob @zoë", [2, 5]],
])("%j names %j", (text, expected) => expect(ids(text)).toEqual(expected));

test("everybody is called by who may, and is nobody else", () => {
  for (const text of ["@all", "look, @All!", "@everyone"]) expect(findMentioned(text, group)).toEqual({ everyone: true });
  expect(findMentioned("@all @bob", { people, isAllowed: false })).toEqual({ mentions: [2] });
  for (const text of ["all", "@alle", "x@all", "@all.of", "`@all`", "```css\n@media print {}\n@all\n```", "> @all", "||`@everyone`||"]) expect(findMentioned(text, group)).toEqual({});
});

test("no more are named than a record takes", () => {
  const many = Array.from({ length: 60 }, (_, at) => card(at + 10, `user${at}`));
  const text = many.map(({ username }) => `@${username}`).join(" ");
  const mentioned = findMentioned(text, { people: [...many, ...many], isAllowed: true });
  expect(mentioned.mentions).toHaveLength(50);
  expect(readContent({ type: "text", text, ...mentioned }, KIND_MESSAGE)).toEqual({ type: "text", text, ...mentioned });
});

test("those who are in a group by its epoch can be mentioned, and who has left cannot", () => {
  const rights = { addBy: 2, postBy: 3, settingsBy: 2, pinBy: 2, everyoneBy: 2 };
  const standing = { members: [{ user: 1, role: 3 }, { user: 2, role: 1 }, { user: 3, role: 2 }, { user: 9, role: 3 }], left: [3], rights };
  const users = new Map([...people, { ...card(9, ""), deleted: true }].map((one) => [one.id, one]));
  const callableBy = (me: number, kind: "group" | "direct" = "group") => listCallable({ kind, group: standing }, users, me);
  expect(callableBy(1)).toEqual({ people: [people[0]], isAllowed: false });
  expect(callableBy(2)).toEqual({ people: [], isAllowed: true });
  expect(callableBy(2, "direct")).toEqual({ people: [], isAllowed: false });
  const all = { ...standing, left: [], members: [...standing.members, { user: 4, role: 3 }] };
  expect(listCallable({ kind: "group", group: all }, users, 1, [3, 4, 3, 2, 1]).people.map(({ id }) => id)).toEqual([2, 3, 4]);
  expect(listCallable({ kind: "group" }, users, 2)).toEqual({ people: [], isAllowed: false });
});

test("whatever is written, words stand where they are said to stand, and what is said is well-formed", () => {
  const part = fc.constantFrom("@", "bob", "@bob", "@all", ".", "_", "-", " ", "\n", "आशा", "\u202e", "\u200d", "\ud83d", "é", "e\u0301", "/", "ﬁ", "İ");
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.array(part, { minLength: 1, maxLength: 40 }).map((parts) => parts.join("")));
  fc.assert(
    fc.property(text, (written) => {
      let last = 0;
      for (const { from, to } of listNamed(written)) {
        expect(written[from]).toBe("@");
        expect(from).toBeGreaterThanOrEqual(last);
        last = to;
      }
      const said = { type: "text" as const, text: written, ...findMentioned(written, group) };
      if (written.trim() !== "") expect(readContent(said, KIND_MESSAGE)).toEqual(said);
    }),
  );
});

test("a text of nothing but beginnings is looked through at once", () => {
  const started = performance.now();
  for (const long of ["@".repeat(10_000), "@a.".repeat(3300), `@${"a".repeat(9990)}@`, "@a".repeat(5000)]) listNamed(long);
  expect(performance.now() - started).toBeLessThan(200);
});

test("the words of those whom a message tells are pieces of their own, and no others", () => {
  const known = new Map([...people, card(9, "all")].map((one) => [one.id, one]));
  const show = (text: string, mentions: number[], everyone?: true) => showNamed(parse(text), { mentions, ...(everyone && { everyone }) }, known);
  const line = (...children: unknown[]) => [{ type: "lines", children }];
  const name = (text: string, user: number | typeof ALL) => ({ type: "name", text, user });
  expect(show("hi @Bob, @zoë and @bob.smith", [2, 3])).toEqual(line("hi ", name("@Bob", 2), ", @zoë and ", name("@bob.smith", 3)));
  expect(show("@bob", [8, 2])).toEqual(line(name("@bob", 2)));
  expect(show("@bob", [8])).toEqual(line("@bob"));
  expect(show("@all!", [], true)).toEqual(line(name("@all", ALL), "!"));
  expect(show("@all!", [])).toEqual(line("@all!"));
  expect(listNames(show("> @bob\n`@bob`\n```\n@all\n```", [2], true))).toEqual([]);
  expect(listNames(show("- **@bob**\n||@all||", [2], true)).map(({ user }) => user)).toEqual([2, ALL]);
});

test("no more are named than are shown", () => {
  const text = `${"https://x.org ".repeat(99)}@bob @zoë`;
  expect(findMentioned(text, group)).toEqual({ mentions: [2] });
  expect(listNames(showNamed(parse(text), { mentions: [2, 5] }, new Map(people.map((one) => [one.id, one]))))).toHaveLength(1);
});

test("whom a message tells is said by its ids, and by everybody", () => {
  expect(tellsUser({ type: "text", text: "x", mentions: [2] }, 2)).toBe(true);
  expect(tellsUser({ type: "text", text: "@bob", mentions: [3] }, 2)).toBe(false);
  expect(tellsUser({ type: "text", text: "x", everyone: true }, 2)).toBe(true);
  expect(tellsUser({ type: "deleted" }, 2)).toBe(false);
});

test("who is told where no word of theirs is shown is found", () => {
  const known = new Map(people.map((one) => [one.id, one]));
  const find = (text: string, told: { mentions?: number[]; everyone?: true }) => findUnnamed({ type: "text", text, ...told }, 2, showNamed(parse(text), told, known));
  expect(find("hello", { mentions: [2, 5] })).toBe(2);
  expect(find("`@bob`", { mentions: [2] })).toBe(2);
  expect(find("hello", { everyone: true })).toBe(ALL);
  expect(find("hello", { mentions: [2], everyone: true })).toBe(2);
  expect(find("@bob", { mentions: [2], everyone: true })).toBeNull();
  expect(find("@all", { mentions: [2], everyone: true })).toBeNull();
  expect(find("hello @zoë", { mentions: [5] })).toBeNull();
});

test("whatever is written, who is called is who is shown", () => {
  const known = new Map(people.map((one) => [one.id, one]));
  const word = fc.constantFrom("@", "bob", "@bob", "@all", "@आशा", " ", "_", ".", "\u202e", "\ud83d", "İ", "@ZOË", "`", "```", "\n", "> ", "- ", "||", "**");
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (parts) => {
      const text = parts.join("");
      const { mentions = [], everyone } = findMentioned(text, group);
      const shown = listNames(showNamed(parse(text), { mentions, ...(everyone && { everyone }) }, known));
      expect(new Set(shown.map(({ user }) => user))).toEqual(new Set([...mentions, ...(everyone ? [ALL] : [])]));
      for (const { text: name } of shown) expect(text).toContain(name);
    }),
  );
});
