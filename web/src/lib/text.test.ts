import { describe, expect, test } from "vitest";

import { countGraphemes, countOnlyEmoji, cutGraphemes, initialsOf, isEmoji, splitGraphemes } from "./text.ts";

describe("graphemes", () => {
  test.each([
    ["", 0],
    ["hello", 5],
    ["👨‍👩‍👧‍👦", 1],
    ["🇮🇳🇬🇧", 2],
    ["é", 1],
    ["👍🏽!", 2],
  ])("%j has %i, with and without Intl.Segmenter", (text, count) => {
    expect(countGraphemes(text)).toBe(count);
    expect(splitGraphemes(text, false)).toHaveLength(count);
  });

  test("a cut never splits a grapheme and is bounded for a huge one", () => {
    expect(cutGraphemes("abc", 3)).toBe("abc");
    expect(cutGraphemes("ab👨‍👩‍👧‍👦cd", 3)).toBe("ab👨‍👩‍👧‍👦…");
    expect(cutGraphemes(`a${"\u0301".repeat(100_000)}`, 4).length).toBeLessThan(100);
  });
});

describe("emoji only", () => {
  test.each([
    ["😀", 1],
    ["❤️", 1],
    ["👍🏽 🎉", 2],
    ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", 1],
    ["1️⃣", 1],
    ["🇮🇳", 1],
    ["👩‍💻", 1],
    ["1", 0],
    ["hi 😀", 0],
    ["", 0],
    ["😀😀😀😀😀😀😀", 0],
  ])("%j counts %i", (text, count) => expect(countOnlyEmoji(text)).toBe(count));
});

test.each([
  ["Alice Smith", "AS"],
  ["bob", "B"],
  ["  ", "?"],
  ["आशा पटेल", "आप"],
  ["(x) Ann van Dyke", "XD"],
  ["🎉", "?"],
])("initials of %j are %j", (name, initials) => expect(initialsOf(name)).toBe(initials));

describe("one emoji", () => {
  test.each(["👍", "👍🏽", "❤️", "❤", "🇮🇳", "1️⃣", "👩‍💻", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨‍👩‍👧‍👦"])("%j is one, with and without Intl.Segmenter", (text) => {
    expect(isEmoji(text)).toBe(true);
    expect(isEmoji(text, false)).toBe(true);
  });
  test.each(["", "a", "1", "👍👍", "👍!", " 👍", "🇮", `👍${"\u0301".repeat(40)}`])("%j is none", (text) => {
    expect(isEmoji(text)).toBe(false);
    expect(isEmoji(text, false)).toBe(false);
  });
});
