// A friend link in the address bar: read and erased before anything else runs, so that it lies in no history, and kept in memory
// until its page asks. What is left in the address bar is the page of the person.
import { type FriendLink, readFriendFragment, writeFriendLink } from "./link.ts";

let arrived: FriendLink | null = null;

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

if (typeof location !== "undefined") takeArrival();
