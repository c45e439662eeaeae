// Which way the last line of a text runs, so that the time can stand at its end. First strong letter decides (UAX #9 P2).

const STRONG = /[\p{L}]/u;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Null without a letter: then it runs as the page does. */
export function findEndDirection(text: string): "ltr" | "rtl" | null {
  const lines = text.trimEnd().split("\n");
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const letter = STRONG.exec(lines[at]!)?.[0];
    if (letter) return RIGHT_TO_LEFT.test(letter) ? "rtl" : "ltr";
  }
  return null;
}
