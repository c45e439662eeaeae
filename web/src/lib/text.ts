// Counting what a person sees as one character. A grapheme may be many code points (a flag, a family, a letter with marks).

interface Segmenting {
  segment(text: string): Iterable<unknown>;
}

// COMPAT(until Firefox 125 is the oldest): no Intl.Segmenter there.
const Segmenter = (Intl as { Segmenter?: new (locale?: string, options?: object) => Segmenting }).Segmenter;

const JOINED = /\p{RI}\p{RI}|\r\n|\P{M}(?:[\p{M}\p{EMod}\u200d\ufe0f\u{e0020}-\u{e007f}]|(?<=\u200d)\p{Extended_Pictographic})*|\p{M}+/gsu;

/** The graphemes of a text; without Intl.Segmenter a close rule: base, marks, joined emoji, flags. */
export function splitGraphemes(text: string, useSegmenter = true): string[] {
  if (Segmenter && useSegmenter) {
    const parts = new Segmenter(undefined, { granularity: "grapheme" }).segment(text) as Iterable<{ segment: string }>;
    return Array.from(parts, (part) => part.segment);
  }
  return text.match(JOINED) ?? [];
}

export function countGraphemes(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : splitGraphemes(text).length;
}

/** Cuts after `limit` graphemes and says so with an ellipsis. */
export function cutGraphemes(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // A grapheme is bounded here, so that one of 100 kB does not pass as one character.
  const parts = splitGraphemes(text.slice(0, limit * 16));
  return parts.length <= limit && text.length <= limit * 16 ? text : `${parts.slice(0, limit).join("")}…`;
}

const EMOJI =
  /^(?:\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\p{Emoji_Modifier_Base}\p{EMod})(?:\ufe0f|\p{EMod}|\u200d\p{Extended_Pictographic}|[\u{e0020}-\u{e007f}])*|\p{Extended_Pictographic}(?:\u200d\p{Extended_Pictographic}\ufe0f?)+)$/u;

/** How many emoji a text is made of when it is nothing else (spaces aside), up to `most`; otherwise 0. */
export function countOnlyEmoji(text: string, most = 6): number {
  // Nearly every message has a letter; looking for graphemes is dear.
  if (/\p{L}/u.test(text)) return 0;
  const bare = text.replace(/\s+/g, "");
  if (bare === "" || bare.length > most * 32) return 0;
  const parts = splitGraphemes(bare);
  return parts.length <= most && parts.every((part) => EMOJI.test(part)) ? parts.length : 0;
}

/** Bytes of UTF-8 in one emoji at most. */
const MAX_EMOJI = 64;
const SHOWS_EMOJI = /\p{Extended_Pictographic}|\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3/u;

/** Whether a text is one emoji, as a reaction has it (docs/protocol-encryption.md, 8.10). */
export function isEmoji(text: string, useSegmenter = true): boolean {
  if (text.length > MAX_EMOJI || !SHOWS_EMOJI.test(text)) return false;
  return splitGraphemes(text, useSegmenter).length === 1 && new TextEncoder().encode(text).length <= MAX_EMOJI;
}

/** Somebody's words as they stand in one line: without white space that is not seen, and without what turns their surroundings around. */
export const inOneLine = (text: string): string => text.normalize("NFC").replace(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, "").trim().replace(/\s+/g, " ");

/** Letters and signs that look like nothing. */
const BLANKS = /[\u115f\u1160\u2800\u3164\uffa0]/g;

/** Whether anything of a text is seen. */
export const isSeen = (text: string): boolean => /[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replace(BLANKS, ""));

/** Up to two letters for an avatar without a picture. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const chosen = words.length > 1 ? [words[0]!, words[words.length - 1]!] : words;
  const letters = chosen.map((word) => splitGraphemes(word.replace(/^[^\p{L}\p{N}]+/u, "").slice(0, 24))[0] ?? "");
  return letters.join("").toLocaleUpperCase() || "?";
}
