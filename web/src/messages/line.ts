// A message in one line, without its markers: for quotes, lists and what is said aloud.
import type { Content } from "../crypto/content.ts";
import { toPlain } from "../formatting/plain.ts";
import { t } from "../i18n/index.svelte.ts";
import { sayClosed } from "./closed.ts";

/** Characters that are looked at: more do not fit into any line. */
const LONGEST = 200;

export const toLine = (long: string): string => long.slice(0, LONGEST).replace(/\s+/g, " ").trim();

export function sayLine(content: Content): string {
  if (content.type === "text") return toLine(toPlain(content.text));
  return content.type === "poll" ? t("polls.line", { question: toLine(content.question) }) : t(sayClosed(content));
}
