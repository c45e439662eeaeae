import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parse } from "./parse.ts";
import { toPlain } from "./plain.ts";
import { type Block, type Inline, Reading } from "./tree.ts";

/** A tree as the text that it was read from. */
const write = (blocks: Block[]): string => blocks.map(writeBlock).join("\n");

function writeBlock(block: Block): string {
  if (block.type === "lines") return block.children.map(writeNode).join("");
  if (block.type === "fence") return block.open + block.text + block.close;
  if (block.type === "list") return block.items.map(({ marker, children }) => marker + children.map(writeNode).join("")).join("\n");
  return write(block.children).split("\n").map((line, at) => block.markers[at] + line).join("\n");
}

function writeNode(node: Inline): string {
  if (typeof node === "string") return node;
  if (node.type === "link" || node.type === "name") return node.text;
  return node.type === "code" ? node.open + node.text + node.close : node.marker + node.children.map(writeNode).join("") + node.marker;
}

/** A tree in short: [strong …], `…`, <link>; blocks one a line. */
const say = (text: string): string => parse(text).map(sayBlock).join("\n");

function sayBlock(block: Block): string {
  if (block.type === "lines") return sayNodes(block.children);
  if (block.type === "fence") return `[fence ${block.language}: ${block.text}]`;
  if (block.type === "quote") return `[quote ${block.children.map(sayBlock).join(" | ")}]`;
  return `[${block.isOrdered ? "ol" : "ul"} ${block.items.map(({ marker, children }) => (block.isOrdered ? marker : "") + sayNodes(children)).join(" | ")}]`;
}

function sayNodes(nodes: Inline[]): string {
  return nodes.map((node) => (typeof node === "string" ? node : node.type === "link" || node.type === "name" ? `<${node.text}>` : node.type === "code" ? `\`${node.text}\`` : `[${node.type} ${sayNodes(node.children)}]`)).join("");
}

describe("in a line", () => {
  test.each([
    ["**bold** *italic* _italic_ ~~strike~~ ||spoiler|| `code`", "[strong bold] [em italic] [em italic] [s strike] [spoiler spoiler] `code`"],
    ["***both***", "[strong [em both]]"],
    ["***a* b**", "[strong [em a] b]"],
    ["***a** b*", "[em [strong a] b]"],
    ["*a **b***", "[em a [strong b]]"],
    ["**a *b***", "[strong a [em b]]"],
    ["**a _b ~~c ||d||~~_**", "[strong a [em b [s c [spoiler d]]]]"],
    ["_*both*_ and *_both_*", "[em [em both]] and [em [em both]]"],
    ["**Note:** a (*b*), \"_c_\".", "[strong Note:] a ([em b]), \"[em c]\"."],
    ["un**believ**able", "un[strong believ]able"],
    ["这是**重点**和*斜体*内容", "这是[strong 重点]和[em 斜体]内容"],
    ["**गुजराती** *العربية*", "[strong गुजराती] [em العربية]"],
    ["**one\ntwo**", "[strong one\ntwo]"],
    ["||a\n\nb||", "[spoiler a\n\nb]"],
    ["|| a || b", "[spoiler  a ] b"],
    ["**🎉** *❤️*", "[strong 🎉] [em ❤️]"],
  ])("%j is %j", (text, said) => expect(say(text)).toBe(said));

  test.each([
    "snake_case_name and __init__",
    "2 * 3 * 4",
    "2*3*4 = 24",
    "a_b_c_d",
    "**bold",
    "bold**",
    "** bold **",
    "*a**",
    "**a*",
    "~~a",
    "~a~",
    "a | b | c",
    "||||",
    "|| ||",
    "****a****",
    "*one\n\ntwo*",
    "~~one\n \ntwo~~",
    "¯\\_(ツ)_/¯",
    "^_^ and ^_^",
    ">_< no >_<",
    "(*_*)",
    "/usr/_local_/bin",
    "*️⃣ and *️⃣",
    "5* 4*",
    "# no heading",
    "## none",
    "[text](x)",
    "![picture](x)",
    "| a | b |",
    "<b>no</b>",
    "---",
    "\\*",
    "&amp;",
    "`a\nb`",
    "``a`",
    "``",
  ])("%j stays", (text) => expect(say(text)).toBe(text));

  test("of marks that cross, the one that ends first is one", () => {
    expect(say("*a **b* c**")).toBe("[em a **b] c**");
    expect(say("**a *b** c*")).toBe("[strong a *b] c*");
  });

  test("what is hidden is hidden, whatever crosses it", () => {
    expect(say("**a ||b** c||")).toBe("**a [spoiler b** c]");
    expect(say("||a **b|| c**")).toBe("[spoiler a **b] c**");
    expect(say("**a ||**b|| c**")).toBe("[strong a [spoiler **b] c]");
    expect(say("**a ||**b**|| c**")).toBe("[strong a [spoiler [strong b]] c]");
    expect(say("**if a || b** then")).toBe("[strong if a || b] then");
    expect(say("||a `||` b||")).toBe("[spoiler a `||` b]");
  });

  test("a marker begins anew what it had begun before", () => {
    expect(say("**a **b** c")).toBe("**a [strong b] c");
    expect(say("||a **b ||c|| d**")).toBe("[spoiler a **b ]c|| d**");
    expect(say("~~a *b ~~c~~ d*")).toBe("~~a [em b [s c] d]");
  });

  test("nothing is read in code", () => {
    expect(say("`**a** https://x.org ||b||` **c `d** e`")).toBe("`**a** https://x.org ||b||` **c `d** e`");
    expect(parse("`**a**`")[0]).toMatchObject({ children: [{ type: "code", text: "**a**" }] });
    expect(say("`` a ` b ``")).toBe("`a ` b`");
    expect(say("```a```")).toBe("`a`");
    expect(say("**`a`**")).toBe("[strong `a`]");
  });

  test("nothing is read in links, and marks around them are", () => {
    const links = ["https://x.org/a_b_c", "https://x.org/a*b*c", "https://x.org/~~a~~b", "www.x.org/**a**b"];
    for (const link of links) expect(say(`${link} *a*`)).toBe(`<${link}> [em a]`);
    expect(say("**https://x.org** _https://x.org/_ ||https://x.org||")).toBe("[strong <https://x.org>] [em <https://x.org/>] [spoiler <https://x.org>]");
    expect(say("[a](https://x.org)")).toBe("[a](<https://x.org>)");
    expect(say(`*a* ${"https://x.org ".repeat(150)}`).match(/</g)).toHaveLength(100);
  });
});

describe("blocks", () => {
  test.each([
    ["> a\n> b\nc", "[quote a\nb]\nc"],
    ["> a\n>\n> > b", "[quote a\n | [quote b]]"],
    ["> **a\n> b**", "[quote [strong a\nb]]"],
    ["> - a\n> ```\n> b\n> ```", "[quote [ul a] | [fence : b]]"],
    ["- a\n- **b**\n1. c", "[ul a | [strong b]]\n[ol 1. c]"],
    ["3. a\n7. b", "[ol 3. a | 7. b]"],
    ["a\n- b\n\nc", "a\n[ul b]\n\nc"],
    ["```js\nlet a = **b**;\n\n- c\n```", "[fence js: let a = **b**;\n\n- c]"],
    ["```\na\n```\nb\n```\nc\n```", "[fence : a]\nb\n[fence : c]"],
    ["```let a\nlet b```", "[fence : let a\nlet b]"],
    ["**a\n- b**", "**a\n[ul b**]"],
    ["> > > > a", "[quote [quote [quote > a]]]"],
  ])("%j is %j", (text, said) => expect(say(text)).toBe(said));

  test.each([">a", ">", ">\n> ", "-a", "- ", "-", "1.a", "1. ", "01. a", "1) a", "* a", "+ a", " - a", "2026.5", "```\na", "```", "```\n```", "```\n\n```", "a ```\nb\n```c"])("%j stays", (text) =>
    expect(parse(text)).toEqual([{ type: "lines", children: [text] }]),
  );

  test("a message that is a code block, beside what has none", () => {
    expect(say("a\r\n```\r\nb\r\n```\r\nc")).toBe("a\r\n[fence : b\r]\nc");
  });
});

describe("what bars hide over several lines", () => {
  test.each([
    ["||the killer is\n- bob\n- alice||", "[spoiler the killer is\n- bob\n- alice]"],
    ["||a\n> I did it||", "[spoiler a\n> I did it]"],
    ["||x\n1. push her||", "[spoiler x\n1. push her]"],
    ["- a\n- ||b\n- c||\n- d", "[ul a]\n- [spoiler b\n- c]\n[ul d]"],
    ["> a\n> ||b\nc||\n> d", "[quote a]\n> [spoiler b\nc]\n[quote d]"],
    ["> ||a\n> b||", "[quote [spoiler a\nb]]"],
    ["> ||a\n> > b||\n> - c", "[quote [spoiler a\n> b] | [ul c]]"],
    ["> > ||a\n> b||", "[quote > [spoiler a\nb]]"],
    ["||a\n```\n||\n```\n> b||", "[spoiler a\n```\n||\n```\n> b]"],
    ["||a\nb|| ||c\n- d||\n- e", "[spoiler a\nb] [spoiler c\n- d]\n[ul e]"],
    ["||a\n```\nb||\n```", "||a\n[fence : b||]"],
    ["||a\n> ```\n> b||\n> ```", "||a\n[quote [fence : b||]]"],
    ["- ||\n- ||a||", "[ul || | [spoiler a]]"],
    ["- ||a|| b\n- c", "[ul [spoiler a] b | c]"],
    ["||a\n- b", "||a\n[ul b]"],
    ["- ```||a||```\n- ||b||", "[ul `||a||` | [spoiler b]]"],
  ])("%j is %j", (text, said) => expect(say(text)).toBe(said));

  test("is never said: whatever stands between bars outside code", () => {
    // Pieces of which it is known what is code and what is not; each has a word of its own.
    const bar = fc.constantFrom("||");
    const words = fc.constantFrom("", " ", "\n", "\n\n", "\n> ", "\n> > ", "\n- ", "\n1. ", "\n> - ", "**", " _", "~~", " | ", "\n>\n");
    const code = fc.constantFrom(["`", "`"], ["``", "``"], ["\n```\n", "\n```\n"], ["\n> ```js\n> ", "\n> ```\n"], ["\n> > ```\n> > ", " ```\n"], ["`||", "||`"], ["\n```\n||\n", "||\n```\n> "]);
    const piece = fc.oneof(bar, words, words, code);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const bars = pieces.flatMap((one, at) => (one === "||" ? [at] : []));
        const isHidden = (at: number): boolean => bars.some((begin, nth) => nth % 2 === 0 && begin <= at && at < (bars[nth + 1] ?? -1));
        const typed = pieces.map((one, at) => (typeof one === "string" ? `${one}w${at}w` : `${one[0]}w${at}w${one[1]} `)).join("");
        const plain = toPlain(typed);
        expect(pieces.flatMap((_, at) => (plain.includes(`w${at}w`) === isHidden(at) ? [at] : []))).toEqual([]);
        expect(write(parse(typed))).toBe(typed);
      }),
      { numRuns: 3000 },
    );
  });
});

/** Texts of what may be markers, in all orders. */
const part = fc.constantFrom("*", "**", "***", "_", "__", "~~", "||", "`", "``", "```", "\n", "\n\n", "> ", ">", "- ", "1. ", " ", "a", "bc", "é", "字", "🎉", "\ufe0f", "\r", "https://x.org/a_b", "www.x.org", "<img src=x onerror=alert(1)>", "\\", "\u202e", "\ud800");
const text = fc.oneof({ weight: 4, arbitrary: fc.array(part, { maxLength: 40 }).map((parts) => parts.join("")) }, { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 100 }) });

function listNodes(blocks: Block[]): { node: Inline; depth: number }[] {
  const inline = (nodes: Inline[], depth: number): { node: Inline; depth: number }[] =>
    nodes.flatMap((node) => [{ node, depth }, ...(typeof node === "object" && "children" in node ? inline(node.children, depth + 1) : [])]);
  return blocks.flatMap((block) => {
    if (block.type === "lines") return inline(block.children, 0);
    if (block.type === "list") return block.items.flatMap(({ children }) => inline(children, 0));
    return block.type === "quote" ? listNodes(block.children).map(({ node, depth }) => ({ node, depth: depth + 1 })) : [];
  });
}

describe("whatever is typed", () => {
  test("comes out as it went in", () => {
    fc.assert(fc.property(text, (typed) => void expect(write(parse(typed))).toBe(typed)), { numRuns: 2000 });
  });

  test("is as deep as marks are many, has no empty text, none beside another, and no spoiler's key twice", () => {
    fc.assert(
      fc.property(text, (typed) => {
        const nodes = listNodes(parse(typed));
        expect(Math.max(0, ...nodes.map(({ depth }) => depth))).toBeLessThanOrEqual(3 + 4 + 1 + 4);
        const keys = nodes.flatMap(({ node }) => (typeof node === "object" && node.type === "spoiler" ? [node.key] : []));
        expect(keys).not.toContain(undefined);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { node } of nodes) {
          if (typeof node === "string") expect(node).not.toBe("");
          else if ("children" in node) expect(node.children.some((child, at) => typeof child === "string" && typeof node.children[at + 1] === "string")).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("no marker in a link or in code is read", () => {
    const link = fc.constantFrom("https://x.org/a_b_c", "https://x.org/*a*b", "`**a**`", "`||a||`", "`` ` _a_ ``");
    const around = fc.constantFrom("", " ", "**", " *", "_", "~~", "||", "a ", "\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(around, link, fc.constantFrom(" ", "\n")), { minLength: 1, maxLength: 8 }), (parts) => {
        const nodes = listNodes(parse(parts.map((one) => one.join("")).join("")));
        const atoms = nodes.flatMap(({ node }) => (typeof node === "object" && (node.type === "link" || node.type === "code") ? [node.type === "link" ? node.text : node.open + node.text + node.close] : []));
        expect(atoms).toEqual(parts.map(([, one]) => one));
      }),
    );
  });

  test("of 10,000 characters costs steps by its length", () => {
    const unit = fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(""));
    const known = ["*a **", "_a ", "**a **", "||a ", "||", "***a ", "~~a||b**c_d*e ", "> ", "> > > > a\n", ">\n", "- ", "- a\n", "1. a\n", "```\n", "```a\n", "`a", "[", "*a\n\n", "https://x.org/*", "*_\ufe0f", "||a **b _c ~~d *e ", "||a\n> ", "> ||a\n", "> > ||a||\n", "||a||", "- ||a\n", "||\n"];
    const ticks = Array.from({ length: 140 }, (_, at) => `${"`".repeat(at + 1)} `).join("");
    const holds = (one: string): void => {
      const typed = one.repeat(Math.ceil(10_000 / one.length)).slice(0, 10_000);
      const reading = new Reading();
      expect(write(parse(typed, reading))).toBe(typed);
      expect(reading.steps).toBeLessThan(10 * typed.length);
    };
    for (const one of [...known, ticks]) holds(one);
    fc.assert(fc.property(unit, holds), { numRuns: 100 });
  });

  test("can be said without markers, and without what is hidden", () => {
    fc.assert(fc.property(text, (typed) => void toPlain(typed)));
    expect(toPlain("nothing here")).toBe("nothing here");
    expect(toPlain("> **a** _b_\n- ~~c~~\n2. `d`\n```js\n*e*\n```")).toBe("a b\n• c\n2. d\n*e*");
    expect(toPlain("It was ||the *butler*||! https://x.org/a_b_c")).toBe("It was ■■■! https://x.org/a_b_c");
  });
});
