// Which page stands at which route. Each is loaded when it is first needed. A route without a row has no page.
import type { Component } from "svelte";

import type { Route, RouteName, Section } from "../routes.ts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each page takes its own route's type
type Page = Component<any>;
type Loader = () => Promise<{ default: Page }>;

/** Pages before sign-in, which fill the window. */
const visitors: Partial<Record<RouteName, Loader>> = {
  signIn: () => import("../accounts/SignInPage.svelte"),
  register: () => import("../accounts/RegisterPage.svelte"),
  reset: () => import("../accounts/ResetPage.svelte"),
};

/** What stands in the main column; a section's first page stands in the list column (see below). */
const mains: Partial<Record<RouteName, Loader>> = {
  home: () => import("../inbox/HomePage.svelte"),
  conversation: () => import("../conversations/ConversationPage.svelte"),
  addFriend: () => import("../friends/AddFriendPage.svelte"),
  friendLink: () => import("../friends/FriendLinkPage.svelte"),
  user: () => import("../friends/UserPage.svelte"),
  profile: () => import("../accounts/ProfilePage.svelte"),
  devices: () => import("../accounts/DevicesPage.svelte"),
  security: () => import("../accounts/SecurityPage.svelte"),
  appearance: () => import("../accounts/AppearancePage.svelte"),
  admin: () => import("../admin/AdminPage.svelte"),
  adminInvites: () => import("../admin/AdminPage.svelte"),
  adminServer: () => import("../admin/AdminPage.svelte"),
};

/** What stands in the list column while a section is open. */
const lists: Record<Section, Loader | undefined> = {
  messages: () => import("../inbox/InboxPage.svelte"),
  friends: () => import("../friends/FriendsPage.svelte"),
  you: () => import("../accounts/YouPage.svelte"),
};

export function findVisitorPage(route: Route): Loader | undefined {
  return visitors[route.name];
}

export function findMainPage(route: Route): Loader | undefined {
  return mains[route.name];
}

export function findListPage(section: Section): Loader | undefined {
  return lists[section];
}
