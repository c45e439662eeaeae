// This page's way to the keys' worker, and what it needs to know besides: whose keys, on which server. Failures are problems
// like those of the server, so that pages find words for them in one place.
import { KeysError } from "../crypto/keys/failure.ts";
import { Keeper } from "../crypto/keys/keeper.ts";
import type { Entered } from "../crypto/account/enter.ts";
import type { Act, Acts, Failure, Place } from "../crypto/keys/messages.ts";
import { fromHex } from "../lib/bytes.ts";
import type { RegistrationInfo, Session } from "../wire/contract.ts";
import type { AskConversations } from "../sealing/ask.ts";
import { get, ProblemError } from "../wire/http.ts";

const keeper = new Keeper();
let told: RegistrationInfo | undefined;

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
  told = await get<RegistrationInfo>("/api/registration");
  return told;
}

/** Whose keys they are. Throws ProblemError when the server has never been reached from this page. */
export async function placeOf({ user, device }: Session): Promise<Place> {
  const { server_id: server } = told ?? (await fetchRegistrationInfo());
  return { server, user: user.id, username: user.username, device: device.id };
}

/** Which database the server had when a password was last made keys of. Throws ProblemError. */
export const findDatabase = async (): Promise<string> => (told ?? (await fetchRegistrationInfo())).generation;

/** How the client of this session asks about conversations. */
export const askAbout = (session: Session): AskConversations => async (act, needs) => {
  const place = await placeOf(session);
  return keeper.ask(act, { place, ...needs } as Parameters<typeof keeper.ask<typeof act>>[1]);
};

/** Makes or adds this device's keys, with the password's. `isAgreed`: also where the server had some and says that it was restored. Throws ProblemError. */
export async function makeKeys(session: Session, password: MessagePort, isAgreed: boolean): Promise<Entered> {
  const { display_name: displayName, avatar_id } = session.user;
  const avatar = avatar_id === null ? null : fromHex(avatar_id);
  return askKeys("enter", { place: await placeOf(session), password, displayName, avatar, database: await findDatabase(), isAgreed });
}

const LONGEST_MS = 30_000;

/**
 * The same for a session that has just begun. What goes wrong here is found at the next connect, which asks for the password: the session is
 * good without.
 */
export async function enterKeys(session: Session, password: MessagePort): Promise<Entered> {
  const none = { isFirst: false };
  const late = new Promise<Entered>((resolve) => setTimeout(() => resolve(none), LONGEST_MS));
  const entering = makeKeys(session, password, false).catch((error: unknown) => {
    console.warn(error);
    return none;
  });
  return Promise.race([entering, late]);
}

/** Wipes what this device has of a user's keys; the session is over. Unless it was asked for, it stays known that there were some. */
export async function forgetKeys({ user, device }: Session, isAsked: boolean): Promise<void> {
  const place = { server: told?.server_id ?? "0".repeat(32), user: user.id, username: user.username, device: device.id };
  await askKeys("forget", { place, isAsked }).catch(console.warn);
}
