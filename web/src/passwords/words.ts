// Passwords of five words that a person can remember: each of 7,776, so 64 bits (the EFF's long list, CC BY 3.0).
import { drawBelow } from "../lib/draw.ts";

const COUNT = 5;

/** The list is fetched at the first time. */
export async function suggestPassword(): Promise<string> {
  const { default: words } = await import("@zxcvbn-ts/language-common/dist/diceware.json.mjs");
  return Array.from({ length: COUNT }, () => words[drawBelow(words.length)]!).join(" ");
}
