// Changing what others see of oneself. The local copy follows when the user's log says so.
import type { Client } from "../sync/client.ts";
import type { AvatarSaved, OwnProfile } from "../wire/contract.ts";
import { put, remove } from "../wire/http.ts";

/** Returns what the server made of it: it trims, and an emptied name is the username. */
export function updateProfile(
  client: Pick<Client, "call">,
  profile: { displayName: string; about: string },
): Promise<OwnProfile> {
  return client.call("profile.update", { display_name: profile.displayName.trim(), about: profile.about.trim() });
}

export async function setAvatar(picture: Blob): Promise<void> {
  await put<AvatarSaved>("/api/avatar", picture);
}

export async function removeAvatar(): Promise<void> {
  await remove<object>("/api/avatar");
}

export async function sharePresence(client: Pick<Client, "call">, isShared: boolean): Promise<void> {
  await client.call("settings.update", { share_presence: isShared });
}
