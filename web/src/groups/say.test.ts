import { expect, test } from "vitest";

import type { GroupLine } from "../conversations/lines.ts";
import { sayLine } from "./say.ts";

const [ME, BOB, CAROL] = [1, 2, 3];
const NAMES = { me: ME, say: (user: number) => ({ [ME]: "Alice", [BOB]: "Bob", [CAROL]: "Carol" })[user] ?? `User ${user}` };
const say = (user: number, did: GroupLine["did"]): string[] => sayLine({ seq: 1, user, timestamp: "", did }, NAMES);

test.each<[number, GroupLine["did"], string[]]>([
  [BOB, { what: "created", users: [ME, CAROL] }, ["Bob made this group with you and Carol"]],
  [ME, { what: "created", users: [] }, ["You made this group"]],
  [BOB, { what: "added", users: [CAROL], hasHistory: false }, ["Bob added Carol"]],
  [BOB, { what: "added", users: [ME], hasHistory: true }, ["Bob added you and gave you what was written before"]],
  [ME, { what: "added", users: [4, 5, 6, 7, 8, 9], hasHistory: false }, ["You added 6 people"]],
  [BOB, { what: "removed", users: [ME] }, ["Bob removed you"]],
  [CAROL, { what: "left" }, ["Carol left"]],
  [BOB, { what: "roles", roles: [{ user: CAROL, role: 2, was: 3 }] }, ["Bob made Carol an admin"]],
  [ME, { what: "roles", roles: [{ user: ME, role: 2, was: 1 }, { user: BOB, role: 1, was: 3 }] }, ["You are no longer an owner", "You made Bob an owner"]],
  [BOB, { what: "roles", roles: [{ user: ME, role: 3, was: 2 }] }, ["Bob made you a member like the others"]],
  [BOB, { what: "state", state: { title: "Walkers", description: null, picture: null, maySet: true, changes: ["title", "picture"] } }, ["Bob changed the name to “Walkers”", "Bob took the picture away"]],
])("%s: %j", (user, did, words) => expect(say(user, did)).toEqual(words));
