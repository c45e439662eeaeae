import { expect, test } from "vitest";

import { countOnlyEmoji } from "../lib/text.ts";
import { EMOJI } from "./emoji.ts";

const all = EMOJI.flatMap((group) => group.emoji);

test("every one is one emoji, and stands in the picker once", () => {
  expect(all.filter((emoji) => countOnlyEmoji(emoji) !== 1)).toEqual([]);
  expect(new Set(all).size).toBe(all.length);
});
