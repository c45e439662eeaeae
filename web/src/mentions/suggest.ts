// What is offered while somebody types a mention, and what comes of choosing it. Pure.
import type { NamedCard } from "../accounts/names.ts";
import { fold, matchesName } from "../friends/match.ts";
import { ALL, type Callable, isAll, toName } from "./named.ts";

/** What is being typed: an @ and what stands between it and the caret. */
export interface Asked {
  from: number;
  to: number;
  wanted: string;
}

/** Somebody, or everybody. */
export type Suggestion = NamedCard | typeof ALL;

/** More than a username has; and suggestions that are more than anybody looks through. */
const [LONGEST, MOST] = [64, 30];
const BEGUN = /(?<![a-z\d/@+-])@([\p{L}\p{M}\p{N}._-]*)$/iu;
const GOES_ON = /^[\p{L}\p{M}\p{N}]/u;

/** Null where no mention is being typed. In the middle of a word nobody is asked for. */
export function findAsked(text: string, caret: number): Asked | null {
  if (GOES_ON.test(text.slice(caret, caret + 2))) return null;
  const wanted = BEGUN.exec(text.slice(Math.max(0, caret - LONGEST), caret))?.[1];
  return wanted === undefined ? null : { from: caret - wanted.length - 1, to: caret, wanted };
}

/** Whether what was asked for stands there still. */
export const isStill = (text: string, { from, to, wanted }: Asked): boolean => text.slice(from, to) === `@${wanted}`;

/** `allName` is what everybody is called on screen. Of equals those come first who come first among the people. */
export function listSuggestions(wanted: string, { people, isAllowed }: Callable, allName: string): Suggestion[] {
  const [name, start] = [toName(wanted), fold(wanted)];
  const rank = ({ username, display_name }: NamedCard): number => {
    if (toName(username) === name) return 0;
    return fold(username).startsWith(start) || fold(display_name).startsWith(start) ? 1 : 2;
  };
  const found = people.filter(({ username, display_name }) => matchesName(wanted, display_name, username));
  const shown: Suggestion[] = found.sort((one, other) => rank(one) - rank(other)).slice(0, MOST);
  if (!isAllowed || !matchesName(wanted, ALL, "everyone", allName)) return shown;
  // Nobody calls everybody by a hasty touch: only who has typed all of it finds it first.
  return isAll(name) ? [ALL, ...shown] : [...shown, ALL];
}

/** Whether it is typed to its end already. */
export const isWhole = ({ wanted }: Asked, suggestion: Suggestion): boolean =>
  suggestion === ALL ? isAll(toName(wanted)) : toName(suggestion.username) === toName(wanted);

/** The text with a suggestion in the place of what was typed, and where the caret stands then. */
export function complete(text: string, { from, to }: Asked, suggestion: Suggestion): { text: string; caret: number } {
  const word = `@${suggestion === ALL ? ALL : suggestion.username}`;
  const rest = text.slice(to);
  const gap = /^\s/.test(rest) ? "" : " ";
  return { text: `${text.slice(0, from)}${word}${gap}${rest}`, caret: from + word.length + 1 };
}
