// From what went wrong to the words below the right field, or above the form.
import { WeakStretchingError } from "../crypto/stretching.ts";
import { type PlainKey, t } from "../i18n/index.svelte.ts";
import { findPasswordFlaw, normalisePassword } from "../lib/password.ts";
import { findWeakness, type Weakness } from "../passwords/judge.ts";
import { type Problem, ProblemError } from "../wire/http.ts";
import { sayProblem } from "../wire/problem-text.ts";
import { findNameFault } from "./display-name.ts";

/** One text per field; `form` is about the whole of it. No key: nothing wrong. */
export type Faults = Partial<Record<"form" | "username" | "displayName" | "about" | "password" | "confirm" | "recoveryKey", string>>;

const USERNAME: Record<string, PlainKey> = {
  too_short: "accounts.usernameShort",
  too_long: "accounts.usernameLong",
  characters: "accounts.usernameCharacters",
  invisible: "accounts.usernameInvisible",
  scripts: "accounts.usernameScripts",
  punctuation: "accounts.usernamePunctuation",
  reserved: "accounts.usernameReserved",
};

const DISPLAY_NAME: Record<string, PlainKey> = {
  too_long: "accounts.displayNameLong",
  verified: "accounts.displayNameVerified",
};

const WHOLE: Record<string, PlainKey> = {
  wrong_password: "accounts.wrongPassword",
  account_disabled: "accounts.endedDisabled",
  registration_closed: "accounts.registrationClosed",
  invite_needed: "accounts.inviteNeeded",
  link_invalid: "accounts.linkInvalid",
  recovery_expired: "keys.recoverAgain",
  keys_refused: "keys.refusedNow",
  keys_broken: "keys.broken",
};

/** What can be seen to be wrong before asking the server. The server judges usernames in full. */
export function checkNames(username: string, displayName: string): Faults {
  const faults: Faults = {};
  const length = Array.from(username.trim().normalize("NFC")).length;
  if (length === 0) faults.username = t("accounts.usernameMissing");
  else if (length < 3) faults.username = t("accounts.usernameShort");
  else if (length > 32) faults.username = t("accounts.usernameLong");
  else if (/[^\p{L}\p{M}\p{Nd}._-]/u.test(username.trim())) faults.username = t("accounts.usernameCharacters");
  const nameFault = findNameFault(displayName);
  if (nameFault !== null) faults.displayName = nameFault;
  return faults;
}

/** `current` is the password until now, where one is changed: the server could not tell that it is the same. */
export function checkNewPassword(password: string, confirm: string, current?: string): Faults {
  const flaw = findPasswordFlaw(password);
  if (flaw === "short") return { password: t("accounts.passwordShort") };
  if (flaw === "long") return { password: t("accounts.passwordLong") };
  if (flaw === "character") return { password: t("accounts.passwordCharacter") };
  if (current !== undefined && normalisePassword(password) === normalisePassword(current)) {
    return { password: t("accounts.passwordUnchanged") };
  }
  return password === confirm ? {} : { confirm: t("accounts.passwordsDiffer") };
}

const WEAK: Record<Weakness, PlainKey> = {
  common: "accounts.weakCommon",
  word: "accounts.weakWord",
  name: "accounts.weakName",
  pattern: "accounts.weakPattern",
  repeat: "accounts.weakRepeat",
  date: "accounts.weakDate",
  own: "accounts.weakOwn",
  guessable: "accounts.weakGuessable",
};

export const sayWeakness = (weakness: Weakness): string => t(WEAK[weakness]);

/** The same, and whether it could be guessed; `own` is what others know of the person. Throws ProblemError. */
export async function judgeNewPassword(password: string, confirm: string, own: string[], current?: string): Promise<Faults> {
  const faults = checkNewPassword(password, confirm, current);
  if (faults.password) return faults;
  const weakness = await findWeakness(password, own);
  return weakness === null ? faults : { ...faults, password: sayWeakness(weakness) };
}

function placeProblem(problem: Problem): Faults {
  if (problem.code === "username_taken") return { username: t("accounts.usernameTaken") };
  if (problem.code === "password_unchanged") return { password: t("accounts.passwordUnchanged") };
  if (problem.code === "mistyped") return { recoveryKey: t("keys.mistyped") };
  if (problem.fields?.["username"]) {
    return { username: t(USERNAME[problem.fields["username"]] ?? "accounts.usernameCharacters") };
  }
  if (problem.fields?.["display_name"]) {
    return { displayName: t(DISPLAY_NAME[problem.fields["display_name"]] ?? "accounts.displayNameRefused") };
  }
  if (problem.fields?.["about"]) {
    return { about: t(problem.fields["about"] === "too_long" ? "accounts.aboutLong" : "accounts.aboutRefused") };
  }
  const key = WHOLE[problem.code];
  return { form: key ? t(key) : sayProblem(problem) };
}

export function placeFaults(error: unknown): Faults {
  if (error instanceof ProblemError) return placeProblem(error.problem);
  if (error instanceof WeakStretchingError) return { form: t("accounts.weakServer") };
  console.error(error);
  return { form: t("accounts.deviceTooSmall") };
}
