// Devices, password, the end of the account. Who has keys changes all of this together with them (docs/protocol-encryption.md,
// 10); each begins by looking at how they are. Throws ProblemError, "wrong_password" among them.
import { askKeys, forgetKeys, placeOf } from "../keys/ask.ts";
import { tellFirst } from "../keys/tell-first.ts";
import type { Keys } from "../keys/keys.svelte.ts";
import type { Client } from "../sync/client.ts";
import type { Device, Session } from "../wire/contract.ts";
import { post, ProblemError } from "../wire/http.ts";
import { deriveKnown, deriveNew } from "./enter.ts";

/** What all of these act on. */
export interface Own {
  client: Pick<Client, "call">;
  keys: Keys;
  username: string;
}

/** Looks at the keys; an account or device that has none gets them, since the password is at hand. */
async function requireKeys({ keys, username }: Own, password: string): Promise<void> {
  await keys.look();
  const { state } = keys.found;
  if (state === "none" || state === "unlisted") tellFirst(await keys.enter((await deriveKnown(username, password)).keys), true);
}

/**
 * Signs one other device out, or all others. Those in the list are taken off it, and with them whatever is listed there and
 * signed in nowhere; the others' sessions end.
 */
export async function endDevices(own: Own, password: string, which: Pick<Device, "id"> | "others", signedIn: readonly Device[]): Promise<void> {
  const { client, keys, username } = own;
  await keys.look();
  const others = keys.found.state === "ready" ? keys.others : [];
  const isStale = (id: string): boolean => !signedIn.some((device) => device.id === id);
  const listed = others.filter((id) => which === "others" || id === which.id || isStale(id));
  const known = await deriveKnown(username, password);
  if (listed.length > 0) await keys.remove(known.keys, listed);
  if (which === "others") await client.call("device.revoke_others", { auth_key: known.auth_key });
  else if (!listed.includes(which.id)) await client.call("device.revoke", { device_id: which.id, auth_key: known.auth_key });
}

export interface ChangeOptions {
  /** Ids of other devices that stay signed in. */
  kept: string[];
  /** Somebody may know the old password. */
  isTheft: boolean;
}

export async function changePassword(own: Own, old: string, password: string, { kept, isTheft }: ChangeOptions): Promise<void> {
  await requireKeys(own, old);
  const [known, next] = [await deriveKnown(own.username, old), await deriveNew(password)];
  await own.keys.changePassword(known.keys, next.chosen, kept, isTheft);
}

/** Makes or replaces the recovery key, with what was drawn for it and the person has kept. */
export async function makeRecoveryKey(own: Own, password: string, drawn: string): Promise<void> {
  await requireKeys(own, password);
  await own.keys.makeRecoveryKey((await deriveKnown(own.username, password)).keys, drawn);
}

/** The recovery key does not work any more; there is none then. */
export async function dropRecoveryKey(own: Own, password: string): Promise<void> {
  await requireKeys(own, password);
  await own.keys.dropRecoveryKey((await deriveKnown(own.username, password)).keys);
}

/** Takes this device off the list, which ends its session, and wipes its keys. A server that was not reached is a ProblemError: then all goes on. */
export async function signOut(session: Session): Promise<void> {
  try {
    await askKeys("retire", { place: await placeOf(session) });
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === "network") throw error;
    // Whatever is wrong with the keys, leaving is always possible.
    console.warn(error);
    await forgetKeys(session, true);
  }
  await post<object>("/api/sign-out", {}).catch((error: unknown) => {
    const isOver = error instanceof ProblemError && error.problem.code === "not_signed_in";
    if (!isOver) throw error;
  });
}

/** The server ends the session; the local copy goes with it, and what is kept over ends that nobody here asked for. */
export async function deleteAccount(client: Own["client"], session: Session, password: string): Promise<void> {
  await client.call("account.delete", { auth_key: (await deriveKnown(session.user.username, password)).auth_key });
  await forgetKeys(session, true);
}
