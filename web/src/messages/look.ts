// What of a message's text decides how it is drawn, found out once for each.
import type { Content, Text } from "../crypto/content.ts";
import { parse } from "../formatting/parse.ts";
import { boundPieces } from "../formatting/pieces.ts";
import type { Block } from "../formatting/tree.ts";
import type { PlainKey } from "../i18n/index.svelte.ts";
import { countOnlyEmoji } from "../lib/text.ts";
import { isTelling } from "../mentions/named.ts";
import { sayClosed } from "./closed.ts";
import { findEndDirection } from "./direction.ts";
import { findHead } from "./head.ts";

export interface Look {
  /** The text when there is nothing in it but text, as in most, it names nobody, and there is nothing else to do about it. */
  plain: string | null;
  /** The text, its marks and links; null when it cannot be shown. */
  blocks: Block[] | null;
  /** Of a long one the beginning, which stands for it until somebody wants it all. */
  head: Block[] | null;
  /** What is said in its place then. */
  note: PlainKey | null;
  /** How many emoji it is made of when it is nothing else, otherwise 0. */
  emoji: number;
  /** Accents are piled up on its letters, so that they would be drawn far over other messages. */
  isPiled: boolean;
  /** Which way its last line runs; null when nothing in it says so. */
  end: "ltr" | "rtl" | null;
}

/** More on one letter than any script needs. */
const PILED = /\p{M}{5}/u;

const known = new WeakMap<Content, Look>();

export function readLook(content: Content): Look {
  let look = known.get(content);
  if (!look) known.set(content, (look = makeLook(content)));
  return look;
}

function makeLook(content: Content): Look {
  if (content.type === "text") return make(content);
  return makeOther(content.type === "poll" ? null : sayClosed(content));
}

const makeOther = (note: PlainKey | null): Look => ({ plain: null, blocks: null, head: null, note, emoji: 0, isPiled: false, end: null });

/** Where somebody is named more is a piece of its own, once it is known who that is (mentions/named.ts). */
function make(content: Text): Look {
  const { text } = content;
  const emoji = countOnlyEmoji(text);
  const blocks = isTelling(content) ? parse(text) : boundPieces(parse(text));
  const head = findHead(text, blocks);
  const isPiled = PILED.test(text);
  const isPlain = head === null && !isPiled && !isTelling(content) && blocks.every(isBare);
  // Below a long one stands a button, which runs as the page does; below a block the time has a line of its own, at the page's end.
  const end = head === null && blocks.at(-1)?.type === "lines" ? findEndDirection(text) : null;
  return { plain: isPlain ? text : null, blocks, head, note: null, emoji, isPiled, end };
}

const isBare = (block: Block): boolean => block.type === "lines" && block.children.every((node) => typeof node === "string");
