// What a display name may be. Who was compared has a mark beside the name, a shield with a check in it: a name that brings one along
// would pass for that. The server refuses it (hearth/accounts/texts.py); one that is there all the same is drawn without.
import { t } from "../i18n/index.svelte.ts";
import { countGraphemes } from "../lib/text.ts";

export const MOST_NAME = 64;
/** Check marks, shields, and the root sign, which looks like one; with what changes how they are drawn. */
const LIKE_THE_MARK = /[\u221a\u237b\u2611\u26e8\u2705\u2713\u2714\u{10102}\u{1f5f8}\u{1f5f9}\u{1f6e1}\u{1fbb1}][\u200d\u20dd-\u20e4\ufe00-\ufe0f]*/gu;

/** What can be seen to be wrong before asking the server, in words. */
export function findNameFault(typed: string): string | null {
  if (countGraphemes(typed.trim()) > MOST_NAME) return t("accounts.displayNameLong");
  return typed.search(LIKE_THE_MARK) >= 0 ? t("accounts.displayNameVerified") : null;
}

/** A name as it is drawn: without what looks like the mark. Empty when nothing else is in it. */
export const drawName = (name: string): string =>
  name.search(LIKE_THE_MARK) < 0 ? name : name.replace(LIKE_THE_MARK, " ").trim().replace(/\s+/g, " ");
