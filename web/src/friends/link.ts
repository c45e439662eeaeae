// A friend link: the name of somebody and the fingerprint of their keys, in the fragment, which no server and no log sees
// (docs/protocol-encryption.md, 9.4). `<origin>/add/<name>`, without a fingerprint, is the older form and goes on working.
import { fromBase64Url, fromHex, toBase64Url, toHex } from "../lib/bytes.ts";

export interface FriendLink {
  username: string;
  /** As hex; null in a link without one. */
  fingerprint: string | null;
}

const FRAGMENT = /#friend=([^#]+)\.([A-Za-z0-9_-]{22})$/;
/** Longer than any username that there can be, encoded. */
const LONGEST = 1024;

/** The link in a fragment with its #, or in a whole address; null for anything else. */
export function readFriendFragment(text: string): FriendLink | null {
  const found = text.length > LONGEST ? null : FRAGMENT.exec(text);
  if (found === null) return null;
  try {
    const username = decodeURIComponent(found[1]!);
    // A username may hold dots, so the fingerprint follows the last one. What cannot be a username is no link.
    if (username.length > 64 || /[/\\\p{Cc}\s]/u.test(username)) return null;
    return { username, fingerprint: toHex(fromBase64Url(found[2]!)) };
  } catch {
    return null;
  }
}

/** What stands after the origin in somebody's link. */
export const writeFriendLink = ({ username, fingerprint }: FriendLink): string =>
  fingerprint === null ? `/add/${encodeURIComponent(username)}` : `/#friend=${encodeURIComponent(username)}.${toBase64Url(fromHex(fingerprint))}`;
