// What is known of a person's keys, in one line.
import { language, t } from "../i18n/index.svelte.ts";
import type { PersonTrust } from "../crypto/conversations/people/trusting.ts";

/** A pin's `how`: by a link that named the fingerprint, and by comparing (docs/protocol-encryption.md, 6.3). */
const BY_LINK = 1;
const COMPARED = 3;

/** Whether the mark of whose identity has changed is gone by that. */
export const wasCompared = ({ how, change }: PersonTrust): boolean => how === COMPARED && change !== "none";

export const sayDate = (time: number): string => new Intl.DateTimeFormat(language.tag, { dateStyle: "medium" }).format(new Date(time));

export function sayKnown({ isVerified, how, since }: PersonTrust): string {
  if (since === null) return t("trust.notKnown");
  const date = sayDate(since);
  if (isVerified) return t("trust.compared", { date });
  return how === BY_LINK ? t("trust.byLink", { date }) : t("trust.known", { date });
}

/** 32 hex digits in groups of four. */
export const groupHex = (hex: string): string => hex.replace(/.{4}(?=.)/g, "$& ");
