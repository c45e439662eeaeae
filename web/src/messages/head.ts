// Of a text that would fill more than a screen, the beginning. Pure.
import type { Piece } from "../lib/linkify.ts";
import { splitGraphemes } from "../lib/text.ts";

/** Characters and lines that a beginning has at most, and from how many on a text has one: so that what is hidden is worth a touch. */
const [CHARACTERS, LINES] = [1500, 24];
const [LONG_CHARACTERS, LONG_LINES] = [2400, 36];
/** Characters in which the end of a word is looked for. */
const WORD = 40;
const BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/g;

/** Null of a text that is short enough. Links are in it whole, or not at all. */
export function findHead(text: string, pieces: Piece[]): Piece[] | null {
  if (text.length <= LONG_LINES) return null;
  const breaks = Array.from(text.matchAll(BREAK), ({ index }) => index);
  if (text.length <= LONG_CHARACTERS && breaks.length < LONG_LINES) return null;
  const end = Math.min(CHARACTERS, breaks[LINES - 1] ?? Infinity);
  const head: Piece[] = [];
  let at = 0;
  for (const piece of pieces) {
    const { length } = typeof piece === "string" ? piece : piece.text;
    if (at + length > end) {
      if (typeof piece === "string") head.push(cut(piece, end - at).trimEnd());
      return [...head, "…"];
    }
    head.push(piece);
    at += length;
  }
  return null;
}

/** Before a space, else between what people see as characters. */
function cut(text: string, length: number): string {
  const space = text.slice(0, length + 1).search(/\s\S*$/);
  if (space >= length - WORD && space > 0) return text.slice(0, space);
  let end = 0;
  for (const { length: wide } of splitGraphemes(text.slice(0, length + WORD))) {
    if (end + wide > length) break;
    end += wide;
  }
  return text.slice(0, end);
}
