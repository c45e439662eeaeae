import { expect, test } from "vitest";

import { choose } from "./poll.ts";
import { count } from "./tally.ts";

const POLL = { type: "poll" as const, question: "When?", options: ["Friday", "Saturday"] };
const VOTES = [{ user: 2, options: [0] }, { user: 3, options: [0] }, { user: 4, options: [1] }];

test("shares are of those who voted", () => {
  const { choices, voters } = count({ ...POLL, several: true }, [...VOTES, { user: 1, options: [0, 1] }], 1);
  expect(voters).toBe(4);
  expect(choices).toEqual([
    { text: "Friday", users: [2, 3, 1], share: 0.75, isMine: true },
    { text: "Saturday", users: [4, 1], share: 0.5, isMine: true },
  ]);
  expect(count(POLL, [], 1).choices.map(({ share }) => share)).toEqual([0, 0]);
});

test("how it stands is told to who has voted, and to everybody once it is closed", () => {
  expect(count(POLL, VOTES, 1).isTold).toBe(false);
  expect(count(POLL, VOTES, 2).isTold).toBe(true);
  expect(count({ ...POLL, closed: true }, VOTES, 1).isTold).toBe(true);
});

test("another option takes the place of the one before, or stands beside it; pressed again it goes", () => {
  expect(choose([], 1, {})).toEqual([1]);
  expect(choose([1], 0, {})).toEqual([0]);
  expect(choose([0], 0, {})).toEqual([]);
  expect(choose([2], 0, { several: true })).toEqual([0, 2]);
  expect(choose([0, 2], 0, { several: true })).toEqual([2]);
});
