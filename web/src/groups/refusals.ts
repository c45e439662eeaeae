// Why something was not done to a group, in words with a way on.
import { type PlainKey, t } from "../i18n/index.svelte.ts";
import { ProblemError } from "../wire/http.ts";
import { sayError } from "../wire/problem-text.ts";

/** By what the keys' worker found. */
const FOUND: Record<string, PlainKey> = {
  unproven: "groups.noKeys",
  changed_identity: "groups.isHeld",
  not_allowed: "groups.notAllowed",
  keyless: "groups.noHistory",
  unconfirmed: "groups.notConfirmed",
};

const REFUSED: Record<string, PlainKey> = { not_friends: "groups.notFriends", limit_reached: "groups.tooMany", not_found: "groups.gone" };

/** Somebody else has changed the group at the same moment: what was wanted is to be looked at again. */
export const isMoved = (error: unknown): boolean => error instanceof ProblemError && error.problem.code === "conflict";

export function sayRefusal(error: unknown): string {
  if (!(error instanceof ProblemError)) return sayError(error);
  if (isMoved(error)) return t("groups.moved");
  const { code, detail = "" } = error.problem;
  const key = (code === "keys_refused" || code === "busy" ? FOUND[detail] : undefined) ?? REFUSED[code];
  return key ? t(key) : sayError(error);
}
