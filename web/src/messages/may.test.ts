import { expect, test } from "vitest";

import type { Item } from "../conversations/items.ts";
import type { Content } from "../crypto/content.ts";
import { judgeMay, mayAny, mayPinIn, type Standing } from "./may.ts";

const [ME, BOB, CAROL] = [1, 2, 3];
const make = (from_user: number, content: Content = { type: "text", text: "x" }, seq = 5): Item => ({ key: "k", seq, ordinal: seq, from_user, timestamp: "", content });
const direct: Standing = { kind: "direct", isOpen: true, me: ME, members: [], mayPin: true };
const group = (mine: "owner" | "admin" | "member", theirs: "owner" | "admin" | "member", third: "owner" | "member" = "owner"): Standing => ({
  ...direct,
  kind: "group",
  members: [{ user_id: ME, role: mine }, { user_id: BOB, role: theirs }, { user_id: CAROL, role: third }],
});

test("one's own can be edited and deleted, another's answered", () => {
  expect(judgeMay(make(ME), direct)).toEqual({ reply: true, react: true, edit: true, remove: true, take: true, star: true, hide: true, pin: true, vote: false, close: false });
  expect(judgeMay(make(BOB), direct)).toEqual({ reply: true, react: true, edit: false, remove: false, take: true, star: true, hide: true, pin: true, vote: false, close: false });
});

test.each([
  [group("owner", "owner"), true],
  [group("owner", "admin"), true],
  [group("admin", "member"), true],
  [group("admin", "admin"), false],
  [group("admin", "owner"), false],
  [group("admin", "admin", "member"), true], // nobody is an owner
  [group("member", "member"), false],
])("in a group: %j", (standing, remove) => expect(judgeMay(make(BOB), standing).remove).toBe(remove));

test("who has left a group counts as a member", () => {
  expect(judgeMay(make(99), group("admin", "member")).remove).toBe(true);
});

test("what is on its way, deleted, or in a closed conversation can be copied or kept in mind, at most", () => {
  const nothing = { reply: false, react: false, edit: false, remove: false, pin: false, vote: false, close: false };
  expect(judgeMay(make(ME, undefined, 0), direct)).toEqual({ ...nothing, take: true, star: false, hide: false });
  expect(judgeMay(make(ME), { ...direct, isOpen: false })).toEqual({ ...nothing, take: true, star: true, hide: true });
  expect(judgeMay(make(ME, { type: "deleted" }), direct)).toEqual({ ...nothing, take: false, star: false, hide: true });
});

test.each([null, "lost" as const])("with what is not open (%s) nothing can be done", (why) => {
  expect(mayAny(judgeMay(make(ME, { type: "closed", why }), direct))).toBe(false);
});

test("what cannot be read can be deleted by its author, and by anybody for themselves", () => {
  expect(judgeMay(make(ME, { type: "closed", why: "keyless" }), direct)).toEqual({ reply: false, react: false, edit: false, remove: true, take: false, star: false, hide: true, pin: false, vote: false, close: false });
});

test("in a group it is pinned by who may", () => {
  const members = [{ user: ME, role: 3 }, { user: BOB, role: 2 }, { user: CAROL, role: 1 }];
  const rights = { addBy: 2, postBy: 3, settingsBy: 2, pinBy: 2, everyoneBy: 2 };
  expect([ME, BOB, CAROL].map((user) => mayPinIn({ kind: "group", group: { members, left: [], rights } }, user))).toEqual([false, true, true]);
  expect(mayPinIn({ kind: "group", group: { members, left: [], rights: { ...rights, pinBy: 3 } } }, ME)).toBe(true);
  expect(mayPinIn({ kind: "direct" }, ME)).toBe(true);
  expect(judgeMay(make(BOB), { ...direct, mayPin: false }).pin).toBe(false);
});

test("a poll is voted in until its author closes it, and is no text", () => {
  const poll: Content = { type: "poll", question: "When?", options: ["Friday", "Saturday"] };
  const may = { reply: true, react: true, edit: false, take: false, star: true, hide: true, pin: true, vote: true };
  expect(judgeMay(make(ME, poll), direct)).toEqual({ ...may, remove: true, close: true });
  expect(judgeMay(make(BOB, poll), direct)).toEqual({ ...may, remove: false, close: false });
  expect(judgeMay(make(ME, { ...poll, closed: true }), direct)).toMatchObject({ vote: false, close: false });
  expect(judgeMay(make(BOB, poll, 0), direct)).toMatchObject({ vote: false });
});
