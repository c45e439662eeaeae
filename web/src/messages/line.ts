// A message in one line, without its markers: for quotes, lists and what is said aloud.
import type { Content } from "../crypto/content.ts";
import { hasMarker } from "../formatting/parse.ts";
import { toPlain } from "../formatting/plain.ts";
import { t } from "../i18n/index.svelte.ts";
import { sayClosed } from "./closed.ts";

/** Characters that are looked at: more do not fit into any line. */
const LONGEST = 200;
/** Characters of texts whose lines are kept: a few megabytes at most. */
const KEPT = 2_000_000;

/** By the text: every reading of the local copy makes other objects of the same messages. The oldest first. */
const lines = new Map<string, string>();
let kept = 0;

export const toLine = (long: string): string => long.slice(0, LONGEST).replace(/\s+/g, " ").trim();

export function sayLine(content: Content): string {
  if (content.type === "text") return findLine(content.text);
  return content.type === "poll" ? t("polls.line", { question: toLine(content.question) }) : t(sayClosed(content));
}

/** All of a long text has to be read for its line, since what is hidden in it may end anywhere: so it is read once. */
function findLine(text: string): string {
  if (text.length <= LONGEST || !hasMarker(text)) return toLine(toPlain(text));
  let line = lines.get(text);
  if (line !== undefined) return line;
  line = toLine(toPlain(text));
  lines.set(text, line);
  kept += text.length;
  for (const [old] of lines) {
    if (kept <= KEPT) break;
    lines.delete(old);
    kept -= old.length;
  }
  return line;
}
