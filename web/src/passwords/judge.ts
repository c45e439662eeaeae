// Whether a new password is good enough, and if not, why, as a kind that there are words for.
import { normalisePassword } from "../lib/password.ts";
import { ProblemError } from "../wire/http.ts";

/** The least score of zxcvbn: 10^8 guesses and more, each of which costs Argon2id. */
const LEAST = 3;

export type Weakness = "common" | "word" | "name" | "pattern" | "repeat" | "date" | "own" | "guessable";

const WHY: Record<string, Weakness> = {
  topTen: "common",
  topHundred: "common",
  common: "common",
  similarToCommon: "common",
  pwned: "common",
  wordByItself: "word",
  namesByThemselves: "name",
  commonNames: "name",
  straightRow: "pattern",
  keyPattern: "pattern",
  sequences: "pattern",
  simpleRepeat: "repeat",
  extendedRepeat: "repeat",
  dates: "date",
  recentYears: "date",
  userInputs: "own",
};

/** Fetches what judging needs, so that it is there when it is asked. */
export function prepare(): void {
  import("./weigh.ts").catch(() => undefined);
}

/** Null for a good one. `own` is what others know of the person: names. Throws ProblemError when the lists could not be fetched. */
export async function findWeakness(password: string, own: string[]): Promise<Weakness | null> {
  const { weigh } = await import("./weigh.ts").catch((error: unknown) => {
    console.warn(error);
    throw new ProblemError({ code: "network", status: 0, title: "The lists could not be fetched" });
  });
  const known = own.flatMap((name) => [name, ...name.split(/[\s._-]+/)]).filter((name) => name.length > 2);
  const { score, warning } = weigh(normalisePassword(password), known);
  return score >= LEAST ? null : (WHY[warning ?? ""] ?? "guessable");
}
