// Devices, password, the end of the account.
import type { Client } from "../sync/client.ts";
import { deriveKnown, deriveNew } from "./enter.ts";

type Caller = Pick<Client, "call">;

/** Another device than this one. Throws ProblemError("wrong_password"), as all of these. */
export async function revokeDevice(client: Caller, username: string, password: string, device_id: string): Promise<void> {
  await client.call("device.revoke", { device_id, auth_key: await deriveKnown(username, password) });
}

export async function revokeOtherDevices(client: Caller, username: string, password: string): Promise<void> {
  await client.call("device.revoke_others", { auth_key: await deriveKnown(username, password) });
}

/** Every other session ends. */
export async function changePassword(client: Caller, username: string, old: string, password: string): Promise<void> {
  const old_auth_key = await deriveKnown(username, old);
  await client.call("account.change_password", { old_auth_key, ...(await deriveNew(password)) });
}

/** The server ends the session; the local copy goes with it. */
export async function deleteAccount(client: Caller, username: string, password: string): Promise<void> {
  await client.call("account.delete", { auth_key: await deriveKnown(username, password) });
}
