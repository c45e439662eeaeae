// Every address of the client and what it means. Pure: an address becomes a route and back. What an address carries is
// checked here, so that no page ever sees an id of another form (it could reach a fetch: T06).

export type Route =
  | { name: "signIn" }
  | { name: "register"; token: string | null }
  | { name: "reset"; token: string | null }
  | { name: "recover" }
  | { name: "home" }
  /** `at` a message, by its seq. */
  | { name: "conversation"; conversation: string; at?: number }
  | { name: "conversationSecurity"; conversation: string }
  | { name: "newGroup" }
  | { name: "group"; conversation: string }
  | { name: "groupAdd"; conversation: string }
  | { name: "friends" }
  | { name: "friendRequests" }
  | { name: "addFriend" }
  | { name: "blocked" }
  | { name: "friendLink"; username: string }
  | { name: "user"; user: number }
  | { name: "userSecurity"; user: number }
  | { name: "you" }
  | { name: "starred" }
  | { name: "mentions" }
  | { name: "notifications" }
  | { name: "profile" }
  | { name: "devices" }
  | { name: "security" }
  | { name: "recoveryKey" }
  | { name: "appearance" }
  | { name: "admin" }
  | { name: "adminInvites" }
  | { name: "adminServer" }
  | { name: "notFound" };

export type RouteName = Route["name"];
export type Section = "messages" | "friends" | "you";

const FIXED = {
  "/": "home",
  "/sign-in": "signIn",
  "/recover": "recover",
  "/groups/new": "newGroup",
  "/friends": "friends",
  "/friends/requests": "friendRequests",
  "/friends/add": "addFriend",
  "/friends/blocked": "blocked",
  "/you": "you",
  "/you/starred": "starred",
  "/you/mentions": "mentions",
  "/you/notifications": "notifications",
  "/you/profile": "profile",
  "/you/devices": "devices",
  "/you/security": "security",
  "/you/recovery-key": "recoveryKey",
  "/you/appearance": "appearance",
  "/admin": "admin",
  "/admin/invites": "adminInvites",
  "/admin/server": "adminServer",
} as const;

const WITH_TOKEN = { "/register": "register", "/reset": "reset" } as const;
const VISITOR: readonly RouteName[] = ["signIn", "register", "reset", "recover"];

/** What stands after the id of a conversation. */
const OF_CONVERSATION = new Map<string, "conversation" | "conversationSecurity" | "group" | "groupAdd">([
  ["", "conversation"], ["security", "conversationSecurity"], ["group", "group"], ["group/add", "groupAdd"],
]);

/** One-time tokens travel in the fragment, which no server and no log sees. `#invite=…` and `#…` are both taken. */
function readToken(fragment: string): string | null {
  const token = fragment.replace(/^#/, "").replace(/^(invite|token)=/, "");
  return /^[A-Za-z0-9_-]{16,64}$/.test(token) ? token : null;
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function readRoute(address: { pathname: string; hash: string }): Route {
  const path = address.pathname.length > 1 ? address.pathname.replace(/\/+$/, "") || "/" : address.pathname;
  if (Object.hasOwn(FIXED, path)) return { name: FIXED[path as keyof typeof FIXED] };
  if (Object.hasOwn(WITH_TOKEN, path)) {
    return { name: WITH_TOKEN[path as keyof typeof WITH_TOKEN], token: readToken(address.hash) };
  }
  const [, kind, value, part, rest] = path.split("/");
  if (kind === "c" && value && /^[0-9a-f]{32}$/.test(value)) {
    const name = OF_CONVERSATION.get(path.split("/").slice(3).join("/"));
    const at = name === "conversation" && /^#[1-9]\d{0,15}$/.test(address.hash) ? { at: Number(address.hash.slice(1)) } : {};
    return name ? { name, conversation: value, ...at } : { name: "notFound" };
  }
  const isSecurity = part === "security";
  if (rest === undefined && kind && value && (part === undefined || isSecurity)) {
    if (kind === "u" && /^[1-9]\d{0,15}$/.test(value)) return { name: isSecurity ? "userSecurity" : "user", user: Number(value) };
    if (kind === "add" && !isSecurity) {
      const username = decode(value);
      if (username && username.length <= 64 && !/[/\\\p{Cc}\s]/u.test(username)) return { name: "friendLink", username };
    }
  }
  return { name: "notFound" };
}

/** The path of a route; tokens are left out, they are only ever received. */
export function toPath(route: Route): string {
  switch (route.name) {
    case "conversation":
      return `/c/${route.conversation}${route.at ? `#${route.at}` : ""}`;
    case "conversationSecurity":
      return `/c/${route.conversation}/security`;
    case "group":
      return `/c/${route.conversation}/group`;
    case "groupAdd":
      return `/c/${route.conversation}/group/add`;
    case "user":
      return `/u/${route.user}`;
    case "userSecurity":
      return `/u/${route.user}/security`;
    case "friendLink":
      return `/add/${encodeURIComponent(route.username)}`;
    case "register":
    case "reset":
      return `/${route.name}`;
    case "notFound":
      return "/";
    default:
      return Object.entries(FIXED).find(([, name]) => name === route.name)![0];
  }
}

/** Pages for people who are not signed in. */
export function isForVisitors(route: Route): boolean {
  return VISITOR.includes(route.name);
}

export function sectionOf(route: Route): Section | null {
  switch (route.name) {
    case "home":
    case "conversation":
    case "conversationSecurity":
    case "newGroup":
    case "group":
    case "groupAdd":
      return "messages";
    case "friends":
    case "friendRequests":
    case "addFriend":
    case "blocked":
    case "friendLink":
    case "user":
    case "userSecurity":
      return "friends";
    case "you":
    case "starred":
    case "mentions":
    case "notifications":
    case "profile":
    case "devices":
    case "security":
    case "recoveryKey":
    case "appearance":
    case "admin":
    case "adminInvites":
    case "adminServer":
      return "you";
    default:
      return null;
  }
}

const LISTS: readonly RouteName[] = ["home", "friends", "friendRequests", "blocked", "you"];

/** Lists fill the list column, other pages the main one. On a phone only one of the two is on screen. */
export function isSectionRoot(route: Route): boolean {
  return LISTS.includes(route.name);
}
