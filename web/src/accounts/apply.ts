// What the user's log says about people, profile, settings and devices, written into the local copy. Replacing what was
// there makes every one of these safe to apply twice.
import type { Replica } from "../replica/database.ts";
import type * as contract from "../wire/contract.ts";
import { nameCard } from "./names.ts";

/** Takes a card that is certainly newer than what is here; names that are proven stay. */
export async function applyUser(replica: Replica, user: contract.UserCard): Promise<void> {
  await replica.users.put({ ...nameCard(user, await replica.names.get(user.id)), is_stale: false });
}

/** Takes cards that may be older than what the log has said since: they only fill in what is missing or stale. */
export async function fillUsers(replica: Replica, users: contract.UserCard[]): Promise<void> {
  for (const user of users) {
    const known = await replica.users.get(user.id);
    if (!known || known.is_stale) await applyUser(replica, user);
  }
}

export async function applyUserChanged(replica: Replica, { user }: contract.UserChanged): Promise<void> {
  await applyUser(replica, user);
}

export async function applyUserDeleted(replica: Replica, { user_id }: contract.UserDeleted): Promise<void> {
  const nobody = { id: user_id, username: "", display_name: "", avatar_id: null, deleted: true };
  await applyUser(replica, nobody);
}

export async function applyProfileChanged(replica: Replica, { profile }: contract.ProfileChanged): Promise<void> {
  await applyUser(replica, profile.user);
  const { about, created_at } = profile;
  const own = await replica.findMeta("profile");
  await replica.putMeta("profile", { is_admin: own?.is_admin ?? false, about, created_at });
}

export async function applySettingsChanged(replica: Replica, event: contract.SettingsChanged): Promise<void> {
  await replica.putMeta("settings", event.settings);
}

/** Added, or named anew. */
export async function applyDevice(replica: Replica, { device }: contract.DeviceAdded | contract.DeviceRenamed): Promise<void> {
  await replica.devices.put(device);
}

export async function applyDeviceRemoved(replica: Replica, { device_id }: contract.DeviceRemoved): Promise<void> {
  await replica.devices.delete(device_id);
}

/** Replaces everything about oneself. */
export async function applyOwnSnapshot(
  replica: Replica,
  { profile, devices }: Pick<contract.Snapshot, "profile" | "devices">,
): Promise<void> {
  await applyUser(replica, profile.user);
  const { about, created_at, is_admin, settings } = profile;
  await replica.putMeta("profile", { about, created_at, is_admin });
  await replica.putMeta("settings", settings);
  await replica.devices.clear();
  await replica.devices.bulkPut(devices);
}
