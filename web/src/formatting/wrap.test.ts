import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Marker, toggleMarker } from "./wrap.ts";

/** Of a text in which what is selected stands between [ and ], the same after the key. */
function press(text: string, marker: Marker): string {
  const start = text.indexOf("[");
  const end = text.indexOf("]") - 1;
  return apply(text.replace(/[[\]]/g, ""), start, end, marker);
}

function apply(value: string, start: number, end: number, marker: Marker): string {
  const change = toggleMarker(value, start, end, marker);
  const after = value.slice(0, change.from) + change.text + value.slice(change.to);
  return `${after.slice(0, change.start)}[${after.slice(change.start, change.end)}]${after.slice(change.end)}`;
}

describe("what is selected", () => {
  test.each([
    ["a [word] b", "**", "a **[word]** b"],
    ["a [word ]b", "*", "a *[word]* b"],
    ["a **[word]** b", "**", "a [word] b"],
    ["a [**word**] b", "**", "a [word] b"],
    ["a **[word]** b", "*", "a ***[word]*** b"],
    ["a ***[word]*** b", "*", "a **[word]** b"],
    ["a ***[word]*** b", "**", "a *[word]* b"],
    ["~~[x]~~", "~~", "[x]"],
    ["[a()]", "`", "`[a()]`"],
    ["[]", "**", "**[]**"],
    ["**[]**", "**", "[]"],
    ["a [ ] b", "**", "a [ ] b"],
    ["[one\n\n- two \n> 3. three]", "**", "[**one**\n\n- **two** \n> 3. **three**]"],
    ["x [a\nb] y", "`", "x [\n```\na\nb\n```\n] y"],
    ["[a\nb]", "`", "[```\na\nb\n```]"],
  ] as const)("%j with %s is %j", (before, marker, after) => expect(press(before, marker)).toBe(after));

  test("is as it was after the same key again", () => {
    const words = fc.stringMatching(/^[a-z .]{0,10}$/);
    const word = fc.stringMatching(/^[a-z](?:[a-z ]{0,8}[a-z])?$/);
    fc.assert(
      fc.property(words, word, words, fc.constantFrom<Marker>("**", "*", "~~", "`"), (before, selected, after, marker) => {
        const typed = `${before}[${selected}]${after}`;
        expect(press(press(typed, marker), marker)).toBe(typed);
      }),
    );
  });

  test("is nothing that a text cannot have", () => {
    const any = fc.array(fc.constantFrom("*", "**", "`", "~~", "\n", " ", "a", "> ", "- "), { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(fc.property(any, fc.nat(), fc.nat(), fc.constantFrom<Marker>("**", "*", "~~", "`"), (value, one, other, marker) => {
      const [start, end] = [one % (value.length + 1), other % (value.length + 1)].sort((a, b) => a - b) as [number, number];
      const { from, to, text, ...after } = toggleMarker(value, start, end, marker);
      const length = value.length - (to - from) + text.length;
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeLessThanOrEqual(value.length);
      expect(after.start).toBeLessThanOrEqual(after.end);
      expect(after.end).toBeLessThanOrEqual(length);
    }));
  });
});
