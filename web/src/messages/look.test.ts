import { expect, test } from "vitest";

import type { Block } from "../formatting/tree.ts";
import { readLook } from "./look.ts";
import { SIGNS } from "./signs.ts";

test("a text without a link is drawn as it is", () => {
  const look = readLook({ type: "text", text: "Hello\nyou" });
  expect(look).toEqual({ plain: "Hello\nyou", blocks: [{ type: "lines", children: ["Hello\nyou"] }], head: null, note: null, emoji: 0, isPiled: false, end: "ltr" });
});

test("a long text has a beginning and is drawn in pieces", () => {
  const look = readLook({ type: "text", text: "word ".repeat(2000) });
  expect(look.plain).toBeNull();
  expect(look.head).not.toBeNull();
  expect(look.end).toBeNull();
});

test.each([
  ["e" + "\u0301".repeat(5), true],
  ["h\u0335\u0321\u0322\u0327\u0328i", true],
  ["مُحَمَّدٌ", false],
  ["ที่นี่ น้ำ กู้", false],
  ["क्ष्म्य प्रि हिन्दी", false],
  ["וְהָאָ֗רֶץ", false],
  ["👩‍👩‍👧‍👦 ❤️ 1️⃣ 🏴", false],
])("%s: piled up %s", (text, isPiled) => expect(readLook({ type: "text", text }).isPiled).toBe(isPiled));

test("a text with a link is drawn in pieces", () => {
  const look = readLook({ type: "text", text: "see https://example.org" });
  expect(look.plain).toBeNull();
  expect(look.blocks).toMatchObject([{ type: "lines", children: ["see ", { type: "link" }] }]);
});

test("a text with a mark is drawn in pieces, one with a marker that marks nothing is not", () => {
  expect(readLook({ type: "text", text: "**yes**" })).toMatchObject({ plain: null, blocks: [{ children: [{ type: "strong" }] }], end: "ltr" });
  expect(readLook({ type: "text", text: "2 * 3\n> " }).plain).toBe("2 * 3\n> ");
});

test("below a block the time stands by itself", () => {
  expect(readLook({ type: "text", text: "שלום\n- שלום" }).end).toBeNull();
  expect(readLook({ type: "text", text: "- שלום\n**שלום**" }).end).toBe("rtl");
});

test("emoji alone are counted and run no way of their own", () => {
  expect(readLook({ type: "text", text: "🎉🔥" })).toMatchObject({ emoji: 2, end: null });
});

test("an empty text is plain; what only a newer Hearth can read has no text", () => {
  expect(readLook({ type: "text", text: "" }).plain).toBe("");
  expect(readLook({ type: "unknown" })).toMatchObject({ plain: null, blocks: null });
});

test("the same content is looked at once", () => {
  const content = { type: "text", text: "once" } as const;
  expect(readLook(content)).toBe(readLook(content));
});

test("every sign is an outline, two paths in the one of two ticks", () => {
  for (const sign of Object.values(SIGNS)) expect(sign).toMatch(/^M0 0[Mm]/);
  expect(SIGNS.read.match(/M0 0/g)).toHaveLength(2);
});

test("no message has hundreds of places where keys stop", () => {
  const stops = ({ blocks }: { blocks: Block[] | null }): number => blocks!.filter((block) => block.type === "fence" && !block.isPassed).length;
  expect(stops(readLook({ type: "text", text: "```\na\n```\n".repeat(300) }))).toBe(100);
});

test("a text that names somebody is drawn in pieces, one that only looks so is not", () => {
  expect(readLook({ type: "text", text: "@bob", mentions: [2] }).plain).toBeNull();
  expect(readLook({ type: "text", text: "look", everyone: true }).plain).toBeNull();
  expect(readLook({ type: "text", text: "@bob" }).plain).toBe("@bob");
});
