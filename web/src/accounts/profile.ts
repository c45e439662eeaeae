// Changing what others see of oneself. The local copy follows when the user's log says so.
import type { Keys } from "../keys/keys.svelte.ts";
import { toHex } from "../lib/bytes.ts";
import { inOneLine } from "../lib/text.ts";
import type { Client } from "../sync/client.ts";
import type { AvatarSaved, OwnProfile, UserCard } from "../wire/contract.ts";
import { put, remove } from "../wire/http.ts";

interface Own {
  client: Pick<Client, "call">;
  keys: Pick<Keys, "saying">;
  user: UserCard;
}

/** A name as it is kept: one line, nothing that is not seen. The server does the same. */
export const cleanName = (typed: string, username: string): string => inOneLine(typed) || username;

/** Returns what the server made of it: it trims, and an emptied name is the username. A new name is said in the chain, too. */
export function updateProfile({ client, keys, user }: Own, profile: { displayName: string; about: string }): Promise<OwnProfile> {
  const update = (): Promise<OwnProfile> =>
    client.call("profile.update", { display_name: profile.displayName.trim(), about: profile.about.trim() });
  const displayName = cleanName(profile.displayName, user.username);
  return displayName === user.display_name ? update() : keys.saying({ displayName }, update);
}

export async function setAvatar(keys: Own["keys"], picture: Blob): Promise<void> {
  const hash = await crypto.subtle.digest("SHA-256", await picture.arrayBuffer());
  await keys.saying({ avatar: toHex(new Uint8Array(hash)) }, () => put<AvatarSaved>("/api/avatar", picture));
}

export async function removeAvatar(keys: Own["keys"]): Promise<void> {
  await keys.saying({ avatar: "" }, () => remove<object>("/api/avatar"));
}

export async function sharePresence(client: Pick<Client, "call">, isShared: boolean): Promise<void> {
  await client.call("settings.update", { share_presence: isShared });
}
