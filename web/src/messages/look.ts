// What of a message's text decides how it is drawn, found out once for each.
import type { Content } from "../crypto/content.ts";
import { linkify, type Piece } from "../lib/linkify.ts";
import { countOnlyEmoji } from "../lib/text.ts";
import { findEndDirection } from "./direction.ts";

export interface Look {
  /** The text when there is nothing in it but text, as in most. */
  plain: string | null;
  /** The text and its links; null when it is a content that only a newer Hearth can read. */
  pieces: Piece[] | null;
  /** How many emoji it is made of when it is nothing else, otherwise 0. */
  emoji: number;
  /** Which way its last line runs; null when nothing in it says so. */
  end: "ltr" | "rtl" | null;
}

const UNKNOWN: Look = { plain: null, pieces: null, emoji: 0, end: null };
const known = new WeakMap<Content, Look>();

export function readLook(content: Content): Look {
  if (content.type !== "text") return UNKNOWN;
  let look = known.get(content);
  if (!look) known.set(content, (look = make(content.text)));
  return look;
}

function make(text: string): Look {
  const pieces = linkify(text);
  const isPlain = pieces.every((piece) => typeof piece === "string");
  return { plain: isPlain ? text : null, pieces, emoji: countOnlyEmoji(text), end: findEndDirection(text) };
}
