// How a poll stands: what a person sees of it. Pure.
import type { Poll } from "../crypto/content.ts";
import type { VoteMark } from "../replica/marks.ts";

export interface Choice {
  text: string;
  /** Who chose it, in the order in which they did. */
  users: number[];
  /** Of all who voted, from 0 to 1. */
  share: number;
  isMine: boolean;
}

export interface Tally {
  choices: Choice[];
  voters: number;
  mine: number[];
  /** How it stands is told to who has voted, and to all once it is closed: nobody follows the others. */
  isTold: boolean;
}

export function count({ options, closed }: Poll, votes: readonly VoteMark[], me: number): Tally {
  const mine = votes.find(({ user }) => user === me)?.options ?? [];
  const choices = options.map((text, at): Choice => {
    const users = votes.filter((vote) => vote.options.includes(at)).map(({ user }) => user);
    return { text, users, share: votes.length === 0 ? 0 : users.length / votes.length, isMine: mine.includes(at) };
  });
  return { choices, voters: votes.length, mine, isTold: closed === true || mine.length > 0 };
}
