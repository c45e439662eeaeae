// A friend link in the address bar: read and erased before anything else runs, so that it lies in no history, and kept in memory
// until its page asks. What is left in the address bar is the page of the person. Of who is not signed in the tab keeps it, too: signing
// in and registering may load the page anew.
import { type FriendLink, readFriendFragment, writeFriendLink } from "./link.ts";

const KEPT = "hearth-friend-link";

let arrived: FriendLink | null = null;
let kept: FriendLink | null = null;

/** Takes a friend link out of the address bar. True when there was one, or what only looks like one. */
export function takeArrival(): boolean {
  if (!location.hash.startsWith("#friend=")) return false;
  const link = readFriendFragment(location.hash);
  arrived = link ?? arrived;
  history.replaceState(history.state, "", link === null ? "/friends/add" : writeFriendLink({ ...link, fingerprint: null }));
  return true;
}

/** The fingerprint that a link named for this person since the page was opened, as hex. */
export const arrivedFingerprint = (username: string): string | null => (arrived?.username === username ? arrived.fingerprint : null);

/** A link that was pasted instead. */
export function noteArrival(link: FriendLink): void {
  arrived = link;
}

/** Keeps the link to this person until somebody has signed in. */
export function keepArrival(username: string): void {
  kept = arrived?.username === username ? arrived : { username, fingerprint: null };
  store(kept);
}

/** Whose link brought somebody here who is not signed in. Nothing but the link says so. */
export const keptArrival = (): string | null => kept?.username ?? null;

/** Somebody has signed in: where the link leads, once. */
export function takeKeptArrival(): string | null {
  const link = kept;
  kept = null;
  store(null);
  return link && writeFriendLink({ ...link, fingerprint: null });
}

function store(link: FriendLink | null): void {
  try {
    if (link === null) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, JSON.stringify(link));
  } catch {
    // Where the browser keeps nothing for pages, the link lasts as long as this one.
  }
}

function readKept(): FriendLink | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as FriendLink | null;
  } catch {
    return null;
  }
}

if (typeof location !== "undefined") {
  arrived = kept = readKept();
  takeArrival();
}
