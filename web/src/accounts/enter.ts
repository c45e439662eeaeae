// Getting in: registering, signing in, setting a new password by a one-time link. The password becomes keys
// here, in a worker: the one that signs in goes to the server, the one that opens the vault to the keys' worker only.
import { derivePassword } from "../crypto/derive-keys.ts";
import type { Chosen } from "../crypto/keys/messages.ts";
import { chooseStretching, requireStrong } from "../crypto/stretching.ts";
import { t } from "../i18n/index.svelte.ts";
import { askKeys, enterKeys, fetchRegistrationInfo, findDatabase, placeOf } from "../keys/ask.ts";
import { tellFirst } from "../keys/tell-first.ts";
import { fromBase64, toBase64 } from "../lib/bytes.ts";
import type { KdfParameters, LinkInfo, LinkQuestion, Registration, Session, SignedIn, SignIn, SignInReset } from "../wire/contract.ts";
import { get, post, ProblemError } from "../wire/http.ts";
import { guessDevice } from "./device-name.ts";
import { session } from "./session.svelte.ts";

/** What a one-time link is good for; asking spends nothing. Throws ProblemError("link_invalid"), "registration_closed". */
export function fetchLinkInfo(token: string): Promise<LinkInfo> {
  const question: LinkQuestion = { token };
  return post<LinkInfo>("/api/links", question);
}

export function nameDevice(): string {
  return t("accounts.deviceName", guessDevice(navigator.userAgent));
}

/** For one request each: the port gives its keys once. */
export interface KnownPassword {
  auth_key: string;
  keys: MessagePort;
}

export interface NewPassword {
  auth_key: string;
  kdf: KdfParameters;
  chosen: Chosen;
}

/** The keys of a password that is being chosen, with a fresh salt. */
export async function deriveNew(password: string): Promise<NewPassword> {
  const { insecure_test_kdf } = await fetchRegistrationInfo();
  const stretching = chooseStretching(insecure_test_kdf, location.hostname);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const { authKey, keys } = await derivePassword(password, salt, stretching);
  return { auth_key: toBase64(authKey), kdf: { salt: toBase64(salt), ...stretching }, chosen: { keys, salt, stretching } };
}

/** The keys of a password that exists. Throws WeakStretchingError when the server asks for weak ones. */
export async function deriveKnown(username: string, password: string): Promise<KnownPassword> {
  const [kdf, info] = await Promise.all([
    get<KdfParameters>("/api/sign-in/parameters", { username }),
    fetchRegistrationInfo(),
  ]);
  const { memory, iterations, parallelism } = kdf;
  const stretching = requireStrong({ memory, iterations, parallelism }, info.insecure_test_kdf, location.hostname);
  const { authKey, keys } = await derivePassword(password, fromBase64(kdf.salt), stretching);
  return { auth_key: toBase64(authKey), keys };
}

/** Account and first keys in one go. */
export async function register(form: {
  username: string;
  displayName: string;
  password: string;
  invite: string | null;
}): Promise<void> {
  const { username, displayName: display_name, invite } = form;
  const { auth_key, kdf, chosen } = await deriveNew(form.password);
  const body: Registration = {
    username,
    display_name,
    ...{ auth_key, kdf },
    device_name: nameDevice(),
    ...(invite === null ? {} : { invite }),
  };
  const signedIn = await post<SignedIn>("/api/register", body);
  const entered = await enterKeys(signedIn, chosen.keys);
  session.begin(signedIn);
  tellFirst(entered, false);
}

export async function signIn(username: string, password: string): Promise<void> {
  const { auth_key, keys } = await deriveKnown(username, password);
  const body: SignIn = { username, auth_key, device_name: nameDevice() };
  const signedIn = await post<SignedIn>("/api/sign-in", body);
  const entered = await enterKeys(signedIn, keys);
  session.begin(signedIn);
  tellFirst(entered, true);
}

/** Whether this browser is signed in as this user, with keys that count. */
export async function hasKeysOf(username: string): Promise<boolean> {
  const { current } = session;
  if (current?.user.username !== username) return false;
  try {
    return (await askKeys("connect", { place: await placeOf(current) })).state === "ready";
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === "keys_refused") return false;
    throw error;
  }
}

/** Throws ProblemError `account_sealed` for who has keys: the link is as it was. */
async function resetUnsealed(token: string, { auth_key, kdf, chosen }: NewPassword): Promise<void> {
  const body: SignInReset = { token, auth_key, kdf, device_name: nameDevice() };
  const signedIn = await post<SignedIn>("/api/sign-in/reset", body);
  const entered = await enterKeys(signedIn, chosen.keys);
  session.begin(signedIn);
  tellFirst(entered, true);
}

/**
 * A new password by an administrator's link. A device that is signed in keeps what its keys open; who never had keys gets their
 * first; else all begins anew.
 */
export async function resetSignIn(token: string, username: string, password: string): Promise<void> {
  const isHere = await hasKeysOf(username);
  const next = await deriveNew(password);
  if (isHere) {
    await askKeys("resetHere", { place: await placeOf(session.current!), token, next: next.chosen });
    return;
  }
  try {
    return await resetUnsealed(token, next);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.code !== "account_sealed") throw error;
  }
  await askKeys("resetWithout", { token, next: next.chosen, deviceName: nameDevice(), database: await findDatabase() });
  session.begin(await get<Session>("/api/session"));
}

/** A new password by the recovery key: all that its keys open stays. Every other device is signed out. */
export async function recover(form: { username: string; recoveryKey: string; password: string; isTheft: boolean }): Promise<void> {
  const { username, recoveryKey, password, isTheft } = form;
  const { chosen } = await deriveNew(password);
  await askKeys("recover", { username, recoveryKey, next: chosen, isTheft, deviceName: nameDevice(), database: await findDatabase() });
  session.begin(await get<Session>("/api/session"));
}
