// How hard a password is to guess, by zxcvbn with its lists of passwords, words and names. Loaded when one is chosen: the lists
// weigh more than everything else of the client.
import { type FeedbackType, ZxcvbnFactory } from "@zxcvbn-ts/core";
import graphs from "@zxcvbn-ts/language-common/dist/adjacencyGraphs.json.mjs";
import diceware from "@zxcvbn-ts/language-common/dist/diceware.json.mjs";
import passwords from "@zxcvbn-ts/language-common/dist/passwords.json.mjs";
import commonWords from "@zxcvbn-ts/language-en/dist/commonWords.json.mjs";
import firstNames from "@zxcvbn-ts/language-en/dist/firstnames.json.mjs";

/** Characters that are looked at: beyond, looking takes long and nothing gets weaker. */
const MOST = 100;
const judge = new ZxcvbnFactory({ graphs, dictionary: { passwords, commonWords, firstNames, diceware }, maxLength: MOST });

/**
 * From 0 (the first that anybody tries) to 4, and zxcvbn's reason. `own` is what others know of the person. What stands between
 * words makes nothing harder to guess, though zxcvbn may see one long unknown word in "ann.ann": the weaker of both counts.
 */
export function weigh(password: string, own: string[]): { score: number; warning: FeedbackType["warning"] } {
  const [whole, joined] = [password, password.replace(/[\s._-]+/g, "")].map((one) => judge.check(one, own));
  const { score, feedback } = joined!.score < whole!.score ? joined! : whole!;
  return { score, warning: feedback.warning };
}
