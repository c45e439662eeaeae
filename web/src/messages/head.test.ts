import { expect, test } from "vitest";

import { parse } from "../formatting/parse.ts";
import { sayBlocks } from "../formatting/plain.ts";
import type { Block } from "../formatting/tree.ts";
import { findHead } from "./head.ts";

const find = (text: string): Block[] | null => findHead(text, parse(text));
const say = (blocks: Block[] | null): string => sayBlocks(blocks ?? []);

test.each(["", "short", "x".repeat(2400), "line\n".repeat(35), "a\n\n\nb"])("what fits a screen has no beginning", (text) => {
  expect(find(text)).toBeNull();
});

test("a long one begins with whole words, and says that it goes on", () => {
  const text = "Dear Grandma, this letter became rather long. ".repeat(200);
  const head = say(find(text));
  expect(head.length).toBeLessThan(1502);
  expect(head.length).toBeGreaterThan(1450);
  expect(text.startsWith(head.slice(0, -1))).toBe(true);
  expect(text[head.length - 1]).toBe(" ");
  expect(head.at(-1)).toBe("…");
});

test("many lines begin with some of them, whatever ends a line", () => {
  for (const end of ["\n", "\r\n", "\u2028"]) expect(say(find(`line${end}`.repeat(40)))).toBe(`${`line${end}`.repeat(23)}line…`);
});

test("thousands of empty lines are none", () => expect(say(find(`a${"\n".repeat(5000)}b`))).toBe("a…"));

test("a link is in it whole, or not at all", () => {
  const link = `https://example.org/${"x".repeat(100)}`;
  const text = `${"word ".repeat(290)}${link} ${"and more ".repeat(200)}`;
  const head = find(text)!;
  expect(say(head)).not.toContain("https");
  expect(find(`${link} ${text}`)![0]).toHaveProperty("children.0.href", link);
  expect(say(find(`${"https://example.org/".padEnd(2000, "x")} ${text}`))).toBe("…");
});

test("what people see as one character is not taken apart", () => {
  const family = "👩‍👩‍👧‍👦";
  const head = say(find(family.repeat(400)));
  expect(head.slice(0, -1).replaceAll(family, "")).toBe("");
  expect(head.length).toBeGreaterThan(1400);
});

test("what is hidden stays hidden, and what is marked marked, where a text is cut", () => {
  const words = "word ".repeat(1000);
  expect(find(`a ||${words}|| b`)).toMatchObject([{ children: ["a ", { type: "spoiler", children: [expect.stringMatching(/^word .* word…$/)] }] }]);
  expect(find(`**a _${words}b_**`)).toMatchObject([{ children: [{ type: "strong", children: ["a ", { type: "em" }] }] }]);
  expect(find(`\`${words}\``)).toMatchObject([{ children: [{ type: "code", text: expect.stringMatching(/ word…$/) }] }]);
});

test("blocks are cut as lines are", () => {
  const lines = (marker: string): string => `${marker}a\n`.repeat(50);
  expect(find(lines("- "))).toMatchObject([{ type: "list", items: { length: 24 } }, { children: ["…"] }]);
  expect(say(find(lines("> ")))).toBe(`${"a\n".repeat(23)}a…`);
  expect(say(find(`\`\`\`\n${lines("")}\`\`\``))).toBe(`${"a\n".repeat(23)}a…`);
  expect(say(find("- a\n\n".repeat(40))).split("\n").length).toBeLessThanOrEqual(26);
});
