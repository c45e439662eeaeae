// Getting in: registering, signing in, setting a new password by a one-time link, signing out. The password becomes a key
// here, in a worker, and only that key goes to the server.
import { deriveAuthKey } from "../crypto/derive-keys.ts";
import { chooseStretching, requireStrong } from "../crypto/stretching.ts";
import { t } from "../i18n/index.svelte.ts";
import { fromBase64, toBase64 } from "../lib/bytes.ts";
import type { KdfParameters, LinkInfo, LinkQuestion, Registration, RegistrationInfo, SignedIn, SignIn, SignInReset } from "../wire/contract.ts";
import { get, post } from "../wire/http.ts";
import { guessDevice } from "./device-name.ts";
import { session } from "./session.svelte.ts";

export function fetchRegistrationInfo(): Promise<RegistrationInfo> {
  return get<RegistrationInfo>("/api/registration");
}

/** What a one-time link is good for; asking spends nothing. Throws ProblemError("link_invalid"), "registration_closed". */
export function fetchLinkInfo(token: string): Promise<LinkInfo> {
  const question: LinkQuestion = { token };
  return post<LinkInfo>("/api/links", question);
}

function nameDevice(): string {
  return t("accounts.deviceName", guessDevice(navigator.userAgent));
}

/** The key of a password that is being chosen, with a fresh salt. */
export async function deriveNew(password: string): Promise<{ auth_key: string; kdf: KdfParameters }> {
  const { insecure_test_kdf } = await fetchRegistrationInfo();
  const stretching = chooseStretching(insecure_test_kdf, location.hostname);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const auth_key = toBase64(await deriveAuthKey(password, salt, stretching));
  return { auth_key, kdf: { salt: toBase64(salt), ...stretching } };
}

/** The key of a password that exists. Throws WeakStretchingError when the server asks for a weak one. */
export async function deriveKnown(username: string, password: string): Promise<string> {
  const [kdf, info] = await Promise.all([
    get<KdfParameters>("/api/sign-in/parameters", { username }),
    fetchRegistrationInfo(),
  ]);
  const { memory, iterations, parallelism } = kdf;
  const stretching = requireStrong({ memory, iterations, parallelism }, info.insecure_test_kdf, location.hostname);
  return toBase64(await deriveAuthKey(password, fromBase64(kdf.salt), stretching));
}

export async function register(form: {
  username: string;
  displayName: string;
  password: string;
  invite: string | null;
}): Promise<void> {
  const { username, displayName: display_name, invite } = form;
  const body: Registration = {
    username,
    display_name,
    ...(await deriveNew(form.password)),
    device_name: nameDevice(),
    ...(invite === null ? {} : { invite }),
  };
  session.begin(await post<SignedIn>("/api/register", body));
}

export async function signIn(username: string, password: string): Promise<void> {
  const body: SignIn = { username, auth_key: await deriveKnown(username, password), device_name: nameDevice() };
  session.begin(await post<SignedIn>("/api/sign-in", body));
}

export async function resetSignIn(token: string, password: string): Promise<void> {
  const body: SignInReset = { token, ...(await deriveNew(password)), device_name: nameDevice() };
  session.begin(await post<SignedIn>("/api/sign-in/reset", body));
}

/** Ends the session at the server. Throws ProblemError when the server was not reached: then it goes on. */
export async function signOut(): Promise<void> {
  await post<object>("/api/sign-out", {});
}
