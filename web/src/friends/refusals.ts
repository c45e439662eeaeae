// Why something with a friend did not work, in words.
import { language, type PlainKey, t } from "../i18n/index.svelte.ts";
import { ProblemError } from "../wire/http.ts";
import { sayProblem } from "../wire/problem-text.ts";

const WORDS: Record<string, PlainKey> = {
  blocked_by_you: "friends.blockedByYou",
  request_not_open: "friends.notOpen",
  not_found: "friends.goneAway",
  limit_reached: "friends.limitReached",
  network: "friends.needsConnection",
};

export function sayRefusal(error: unknown, now = new Date()): string {
  if (!(error instanceof ProblemError)) return t("problems.unknown");
  const { code, retry_after, fields } = error.problem;
  if (code === "asked_too_soon") {
    const then = new Date(now.getTime() + (retry_after ?? 7 * 86_400) * 1000);
    const day = new Intl.DateTimeFormat(language.tag, { weekday: "long", day: "numeric", month: "long" }).format(then);
    return t("friends.askedTooSoon", { day });
  }
  if (fields?.["username"] === "self") return t("friends.isSelf");
  const key = WORDS[code];
  return key ? t(key) : sayProblem(error.problem);
}
