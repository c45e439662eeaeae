// Looking somebody up by exact username, or by the link that carries it.
import type { Client } from "../sync/client.ts";
import { type NamedCard, nameCard } from "../accounts/names.ts";
import type { FoundUser as Found } from "../wire/contract.ts";
import { readFriendFragment } from "./link.ts";

/** The name in somebody's link (`…/#friend=name.fingerprint`, `…/add/name`), or null when `text` is no such link. */
export function readLink(text: string): string | null {
  const link = readFriendFragment(text.trim());
  if (link !== null) return link.username;
  const name = /(?:^|\/)add\/([^/?#\s]+)\/?(?:[?#]\S*)?$/.exec(text.trim())?.[1];
  if (name === undefined) return null;
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}

/** The username that is meant: as it is, with an @ before it, or as a link. */
export function readWanted(text: string): string {
  return (readLink(text) ?? text).trim().replace(/^@/, "");
}

export interface FoundUser extends Found {
  user: NamedCard;
}

/** Under the names that are proven, if any are. Throws ProblemError: `not_found` when there is nobody of that name. */
export async function findUser(client: Pick<Client, "call" | "replica">, username: string): Promise<FoundUser> {
  const found = await client.call("friend.find", { username: username.trim() });
  return { ...found, user: nameCard(found.user, await client.replica.names.get(found.user.id)) };
}
