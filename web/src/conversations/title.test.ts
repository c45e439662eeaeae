import { expect, test } from "vitest";

import type { ConversationRow } from "../replica/database.ts";
import type { UserCard } from "../wire/contract.ts";
import { lookAtGroup, readTitle, sayGroup } from "./title.ts";

test.each([
  ["Walkers", "Walkers"],
  ["  Sunday\u00a0 walkers ", "Sunday walkers"],
  ["\u202eevil\u202c name", "evil name"],
  ["a\u2066\u2069\u200fb", "ab"],
  ["bell\u0007 and\u0000 nul", "bell and nul"],
  ["مشاة الأحد", "مشاة الأحد"],
  ["👩‍👩‍👧", "👩‍👩‍👧"],
  ["Walkers ✅", "Walkers"],
  ["\u200b\u2060 ", null],
  ["\u3164\u2800", null],
  [null, null],
])("of the title %j is seen %j", (title, seen) => expect(readTitle(title)).toBe(seen));

test("a group whose title is not seen is called by its people", () => {
  const group = { members: [{ user: 1, role: 1 }, { user: 2, role: 3 }], left: [], rights: {} };
  const row = { kind: "group", group, state: { title: "\u202e\u200b", description: null, picture: null } } as unknown as ConversationRow;
  const look = lookAtGroup(row, [], new Map([[2, { id: 2, username: "bob", display_name: "Bob", deleted: false } as UserCard]]), 1);
  expect(sayGroup(look!)).toBe("Bob");
});
