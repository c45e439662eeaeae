import { describe, expect, test } from "vitest";

import { isForVisitors, isSectionRoot, readRoute, type Route, sectionOf, toPath } from "./routes.ts";

const read = (address: string): Route => readRoute(new URL(address, "http://hearth.test"));
const id = "0123456789abcdef0123456789abcdef";

test.each([
  ["/", { name: "home" }],
  ["/sign-in", { name: "signIn" }],
  ["/recover", { name: "recover" }],
  ["/you/recovery-key", { name: "recoveryKey" }],
  ["/friends/", { name: "friends" }],
  ["/friends/requests?x=1", { name: "friendRequests" }],
  ["/admin", { name: "admin" }],
  ["/admin/invites/", { name: "adminInvites" }],
  [`/c/${id}`, { name: "conversation", conversation: id }],
  ["/u/42", { name: "user", user: 42 }],
  ["/u/42/security", { name: "userSecurity", user: 42 }],
  [`/c/${"ab".repeat(16)}/security`, { name: "conversationSecurity", conversation: "ab".repeat(16) }],
  ["/groups/new", { name: "newGroup" }],
  [`/c/${"ab".repeat(16)}/group`, { name: "group", conversation: "ab".repeat(16) }],
  [`/c/${"ab".repeat(16)}/group/add`, { name: "groupAdd", conversation: "ab".repeat(16) }],
  ["/add/ann.b", { name: "friendLink", username: "ann.b" }],
  ["/add/%E0%AA%97", { name: "friendLink", username: "ગ" }],
  ["/register", { name: "register", token: null }],
  ["/register#abcdefghijklmnopqrstu_-", { name: "register", token: "abcdefghijklmnopqrstu_-" }],
  ["/register#invite=abcdefghijklmnopqrstu", { name: "register", token: "abcdefghijklmnopqrstu" }],
  ["/welcome#abcdefghijklmnopqrstu", { name: "notFound" }],
  ["/reset#<script>", { name: "reset", token: null }],
])("%s", (address, route) => expect(read(address)).toEqual(route));

describe("addresses of no page, among them client-side path traversal (T06)", () => {
  test.each([
    "/c/../../api/x",
    "/c/..%2f..%2fapi",
    "/c/0123",
    `/c/${id.toUpperCase()}`,
    `/c/${id}/more`,
    "/u/0",
    "/u/42/secrets",
    "/u/42/security/more",
    "/add/ann/security",
    `/c/${"ab".repeat(16)}/constructor`,
    `/c/${"ab".repeat(16)}/group/add/more`,
    "/u/-1",
    "/u/1e9",
    "/u/99999999999999999",
    "/add/",
    "/add/a%2fb",
    "/add/%ff",
    "/add/a%00b",
    "/constructor",
    "/__proto__",
    "/nothing",
  ])("%s", (address) => expect(read(address)).toEqual({ name: "notFound" }));
});

test("a path read back is the same route", () => {
  const routes: Route[] = [
    { name: "home" },
    { name: "conversation", conversation: id },
    { name: "conversation", conversation: id, at: 7 },
    { name: "starred" },
    { name: "mentions" },
    { name: "user", user: 7 },
    { name: "friendLink", username: "ગુજ" },
    { name: "blocked" },
    { name: "devices" },
    { name: "signIn" },
    { name: "reset", token: null },
  ];
  for (const route of routes) expect(read(toPath(route))).toEqual(route);
});

test("sections and visitors' pages", () => {
  expect(sectionOf(read(`/c/${id}`))).toBe("messages");
  expect(sectionOf(read("/add/ann"))).toBe("friends");
  expect(sectionOf(read("/you/devices"))).toBe("you");
  expect(sectionOf(read("/admin/server"))).toBe("you");
  expect(sectionOf(read("/sign-in"))).toBeNull();
  expect(isForVisitors(read("/reset"))).toBe(true);
  expect(isForVisitors(read("/"))).toBe(false);
  expect(isSectionRoot(read("/friends"))).toBe(true);
  expect(isSectionRoot(read("/friends/add"))).toBe(false);
});
