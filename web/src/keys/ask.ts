// This page's way to the keys' worker, and what it needs to know besides: whose keys, on which server. Failures are problems
// like those of the server, so that pages find words for them in one place.
import { KeysError } from "../crypto/keys/failure.ts";
import { Keeper } from "../crypto/keys/keeper.ts";
import type { Act, Acts, Failure, Place } from "../crypto/keys/messages.ts";
import { fromHex } from "../lib/bytes.ts";
import type { RegistrationInfo, Session } from "../wire/contract.ts";
import type { AskConversations } from "../sealing/ask.ts";
import { get, ProblemError } from "../wire/http.ts";

const keeper = new Keeper();
let server: string | undefined;

/** Verdicts that a person's own typing leads to. All others say that the server shows what cannot be. */
const TYPED = new Set(["wrong_password", "mistyped"]);

function toProblem({ kind, code }: Failure): ProblemError {
  const says: Record<Failure["kind"], string> = {
    verdict: TYPED.has(code) ? code : "keys_refused",
    refused: code,
    no_answer: "network",
    moved: "conflict",
    not_ready: "busy",
    broken: "keys_broken",
  };
  return new ProblemError({ code: says[kind], status: 0, title: "The keys' worker did not do it", detail: code });
}

/** Throws ProblemError: the server's code, `wrong_password`, `mistyped`, `network`, `keys_refused`, `keys_broken`. */
export async function askKeys<A extends Act>(act: A, needs: Acts[A]["needs"]): Promise<Acts[A]["gives"]> {
  try {
    return await keeper.ask(act, needs);
  } catch (error) {
    throw error instanceof KeysError ? toProblem(error.failure) : error;
  }
}

/** What a visitor may do, and on which server. */
export async function fetchRegistrationInfo(): Promise<RegistrationInfo> {
  const info = await get<RegistrationInfo>("/api/registration");
  server = info.server_id;
  return info;
}

/** Whose keys they are. Throws ProblemError when the server has never been reached from this page. */
export async function placeOf({ user, device }: Session): Promise<Place> {
  server ??= (await fetchRegistrationInfo()).server_id;
  return { server, user: user.id, username: user.username, device: device.id };
}

/** How the client of this session asks about conversations. */
export const askAbout = (session: Session): AskConversations => async (act, needs) => {
  const place = await placeOf(session);
  return keeper.ask(act, { place, ...needs } as Parameters<typeof keeper.ask<typeof act>>[1]);
};

const LONGEST_MS = 30_000;

/**
 * Makes or adds this device's keys for a session that has just begun, with the password's keys. What goes wrong here is found
 * at the next connect, which asks for the password: the session is good without.
 */
export async function enterKeys(session: Session, password: MessagePort): Promise<void> {
  const { display_name: displayName, avatar_id } = session.user;
  const enter = async (): Promise<void> => {
    const avatar = avatar_id === null ? null : fromHex(avatar_id);
    await askKeys("enter", { place: await placeOf(session), password, displayName, avatar });
  };
  const late = new Promise<void>((resolve) => setTimeout(resolve, LONGEST_MS));
  await Promise.race([enter().catch(console.warn), late]);
}

/** Wipes what this device has of a user's keys; the session is over. */
export async function forgetKeys({ user, device }: Session): Promise<void> {
  const place = { server: server ?? "0".repeat(32), user: user.id, username: user.username, device: device.id };
  await askKeys("forget", { place }).catch(console.warn);
}
