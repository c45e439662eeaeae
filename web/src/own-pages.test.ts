import { expect, test } from "vitest";

import { isOwnPage } from "./own-pages.ts";
import { type Route, type RouteName, toPath } from "./routes.ts";

// One of each, which the compiler holds complete: a new page cannot be forgotten here.
const ROUTES = {
  signIn: { name: "signIn" },
  recover: { name: "recover" },
  register: { name: "register", token: null },
  reset: { name: "reset", token: null },
  home: { name: "home" },
  conversation: { name: "conversation", conversation: "0123456789abcdef0123456789abcdef" },
  friends: { name: "friends" },
  friendRequests: { name: "friendRequests" },
  addFriend: { name: "addFriend" },
  blocked: { name: "blocked" },
  friendLink: { name: "friendLink", username: "ann" },
  conversationSecurity: { name: "conversationSecurity", conversation: "ab".repeat(16) },
  userSecurity: { name: "userSecurity", user: 7 },
  newGroup: { name: "newGroup" },
  group: { name: "group", conversation: "ab".repeat(16) },
  groupAdd: { name: "groupAdd", conversation: "ab".repeat(16) },
  user: { name: "user", user: 7 },
  you: { name: "you" },
  starred: { name: "starred" },
  mentions: { name: "mentions" },
  notifications: { name: "notifications" },
  profile: { name: "profile" },
  devices: { name: "devices" },
  security: { name: "security" },
  recoveryKey: { name: "recoveryKey" },
  appearance: { name: "appearance" },
  admin: { name: "admin" },
  adminInvites: { name: "adminInvites" },
  adminServer: { name: "adminServer" },
} satisfies Record<Exclude<RouteName, "notFound">, Route>;

test.each(Object.values(ROUTES).map(toPath))("%s opens offline", (path) => expect(isOwnPage(path)).toBe(true));

test.each(["/trust", "/trust/ca.crt", "/healthz", "/metrics", "/api/session", "/socket.io/", "/admins"])(
  "%s is the server's",
  (path) => expect(isOwnPage(path)).toBe(false),
);
