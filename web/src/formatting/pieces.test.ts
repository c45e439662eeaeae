import { expect, test } from "vitest";

import { parse } from "./parse.ts";
import { boundPieces, MOST_PIECES } from "./pieces.ts";
import type { Block, Inline, Marked, Name } from "./tree.ts";

/** Every `@x` names somebody. */
const split = (text: string): (string | Name)[] => text.split(/(@\w+)/).filter((one) => one !== "").map((one) => (one.startsWith("@") ? { type: "name", text: one, user: 2 } : one));

const inline = (nodes: Inline[]): Inline[] => nodes.flatMap((node) => [node, ...(typeof node === "object" && "children" in node ? inline(node.children) : [])]);
const list = (blocks: Block[]): (Inline | Block)[] =>
  blocks.flatMap((block) => {
    if (block.type === "lines") return inline(block.children);
    if (block.type === "list") return block.items.flatMap(({ children }) => inline(children));
    return block.type === "quote" ? list(block.children) : [block];
  });
const isReached = (one: Inline | Block): boolean => typeof one === "object" && ["name", "link", "spoiler", "fence"].includes(one.type) && !("isPassed" in one);
const say = (blocks: Block[]): string => list(blocks).map((one) => (typeof one === "string" ? one : "text" in one ? one.text : "")).join("");

test.each(["@bob ", "https://x.org ", "||a|| ", "```\na\n```\n", "@bob https://x.org ||a **@bob** b|| - \n```\na\n```\n", "> ||a||\n- @bob\n"])("keys come to no more than so many of %j", (unit) => {
  const text = unit.repeat(150);
  const bounded = boundPieces(parse(text), split);
  const reached = list(bounded).filter(isReached).length;
  expect(reached).toBeGreaterThanOrEqual(MOST_PIECES);
  expect(reached).toBeLessThanOrEqual(MOST_PIECES + 1);
  expect(say(bounded)).toBe(say(parse(text)));
});

test("of what is hidden nothing is shown for being too much: one button opens all the rest", () => {
  const spoilers = (text: string): Marked[] => list(boundPieces(parse(text))).filter((one): one is Marked => typeof one === "object" && one.type === "spoiler");
  const found = spoilers(Array.from({ length: 105 }, (_, at) => `||${at}|| `).join(""));
  expect(found).toHaveLength(105);
  expect(new Set(found.map(({ key }) => key)).size).toBe(101);
  expect(found.map(({ isPassed }) => isPassed === true).lastIndexOf(false)).toBe(100);
  const edited = spoilers(Array.from({ length: 106 }, (_, at) => `||${at}|| `).join(""));
  expect(edited[100]!.key).not.toBe(found[100]!.key);
});

test("names are found in lines and lists, in marks, too; not in quotes, code, links", () => {
  const named = (text: string): number => list(boundPieces(parse(text), split)).filter((one) => typeof one === "object" && one.type === "name").length;
  expect(named("@bob **@bob** ||_@bob_||\n- @bob")).toBe(4);
  expect(named("> @bob\n`@bob` https://x.org/@bob\n```\n@bob\n```\n> > - **@bob**")).toBe(0);
});

test("what is hidden has another key where other words stand, or the same ones elsewhere", () => {
  const keys = (text: string) => list(parse(text)).flatMap((one) => (typeof one === "object" && one.type === "spoiler" ? [one.key] : []));
  expect(keys("a ||b||")).toEqual(keys("c d ||b|| e"));
  expect(keys("a ||c|| ||b||")[0]).not.toBe(keys("a ||b||")[0]);
  expect(new Set(keys("||a|| ||a||")).size).toBe(2);
});
