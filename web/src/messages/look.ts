// What of a message's text decides how it is drawn, found out once for each.
import type { Content } from "../crypto/content.ts";
import type { PlainKey } from "../i18n/index.svelte.ts";
import { linkify, type Piece } from "../lib/linkify.ts";
import { countOnlyEmoji } from "../lib/text.ts";
import { sayClosed } from "./closed.ts";
import { findEndDirection } from "./direction.ts";

export interface Look {
  /** The text when there is nothing in it but text, as in most. */
  plain: string | null;
  /** The text and its links; null when it cannot be shown. */
  pieces: Piece[] | null;
  /** What is said in its place then. */
  note: PlainKey | null;
  /** How many emoji it is made of when it is nothing else, otherwise 0. */
  emoji: number;
  /** Which way its last line runs; null when nothing in it says so. */
  end: "ltr" | "rtl" | null;
}

const known = new WeakMap<Content, Look>();

export function readLook(content: Content): Look {
  let look = known.get(content);
  if (!look) known.set(content, (look = content.type === "text" ? make(content.text) : makeClosed(sayClosed(content))));
  return look;
}

const makeClosed = (note: PlainKey): Look => ({ plain: null, pieces: null, note, emoji: 0, end: null });

function make(text: string): Look {
  const pieces = linkify(text);
  const isPlain = pieces.every((piece) => typeof piece === "string");
  return { plain: isPlain ? text : null, pieces, note: null, emoji: countOnlyEmoji(text), end: findEndDirection(text) };
}
