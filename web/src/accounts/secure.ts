// Devices, password, the end of the account.
import type { Client } from "../sync/client.ts";
import { deriveKnown, deriveNew } from "./enter.ts";

type Caller = Pick<Client, "call">;

export async function revokeDevice(client: Caller, device_id: string): Promise<void> {
  await client.call("device.revoke", { device_id });
}

export async function revokeOtherDevices(client: Caller): Promise<void> {
  await client.call("device.revoke_others", {});
}

/** Every other session ends. Throws ProblemError("wrong_password"). */
export async function changePassword(client: Caller, username: string, old: string, password: string): Promise<void> {
  const old_auth_key = await deriveKnown(username, old);
  await client.call("account.change_password", { old_auth_key, ...(await deriveNew(password)) });
}

/** The server ends the session; the local copy goes with it. Throws ProblemError("wrong_password"). */
export async function deleteAccount(client: Caller, username: string, password: string): Promise<void> {
  await client.call("account.delete", { auth_key: await deriveKnown(username, password) });
}
