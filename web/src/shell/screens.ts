// Which page stands at which route. Those before sign-in come with the first load, the others when they are first needed.
// A route without a row has no page.
import type { Component } from "svelte";

import RecoverPage from "../accounts/RecoverPage.svelte";
import RegisterPage from "../accounts/RegisterPage.svelte";
import ResetPage from "../accounts/ResetPage.svelte";
import SignInPage from "../accounts/SignInPage.svelte";
import { type Route, type RouteName, type Section, sectionOf } from "../routes.ts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each page takes its own route's type
type Page = Component<any>;
type Loader = () => Promise<{ default: Page }>;

/** Pages before sign-in, which fill the window. */
const visitors: Partial<Record<RouteName, Page>> = {
  signIn: SignInPage,
  register: RegisterPage,
  reset: ResetPage,
  recover: RecoverPage,
};

/** What all pages after sign-in stand in. */
export const loadFrame: Loader = () => import("./AppFrame.svelte");

/** What stands in the main column; a section's first page stands in the list column (see below). */
const mains: Partial<Record<RouteName, Loader>> = {
  home: () => import("../inbox/HomePage.svelte"),
  conversation: () => import("../conversations/ConversationPage.svelte"),
  conversationSecurity: () => import("../trust/ConversationSecurityPage.svelte"),
  newGroup: () => import("../groups/NewGroupPage.svelte"),
  group: () => import("../groups/GroupPage.svelte"),
  groupAdd: () => import("../groups/AddMembersPage.svelte"),
  addFriend: () => import("../friends/AddFriendPage.svelte"),
  friendLink: () => import("../friends/FriendLinkPage.svelte"),
  user: () => import("../friends/UserPage.svelte"),
  userSecurity: () => import("../trust/PersonSecurityPage.svelte"),
  mentions: () => import("../mentions/MentionsPage.svelte"),
  notifications: () => import("../notifications/NotificationsPage.svelte"),
  starred: () => import("../private/StarredPage.svelte"),
  profile: () => import("../accounts/ProfilePage.svelte"),
  devices: () => import("../accounts/DevicesPage.svelte"),
  security: () => import("../accounts/SecurityPage.svelte"),
  recoveryKey: () => import("../keys/RecoveryKeyPage.svelte"),
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

export function findVisitorPage(route: Route): Page | undefined {
  return visitors[route.name];
}

export function findMainPage(route: Route): Loader | undefined {
  return mains[route.name];
}

export function findListPage(section: Section): Loader | undefined {
  return lists[section];
}

/** Begins to fetch what a route shows after sign-in, all at once. Whoever shows it asks again, and says what went wrong. */
export function prefetch(route: Route): void {
  const section = sectionOf(route);
  const loaders = [loadFrame, section && findListPage(section), findMainPage(route)];
  for (const load of loaders) load?.().catch(() => undefined);
}
