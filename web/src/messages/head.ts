// Of a text that would fill more than a screen, the beginning. Pure.
import type { Block, Inline } from "../formatting/tree.ts";
import { splitGraphemes } from "../lib/text.ts";

/** Characters and lines that a beginning has at most, and from how many on a text has one: so that what is hidden is worth a touch. */
const [CHARACTERS, LINES] = [1500, 24];
const [LONG_CHARACTERS, LONG_LINES] = [2400, 36];
/** Characters in which the end of a word is looked for. */
const WORD = 40;
const BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/g;

/** Null of a text that is short enough. Links are in it whole, or not at all, and what is marked is marked as far as it is in it. */
export function findHead(text: string, blocks: Block[]): Block[] | null {
  if (text.length <= LONG_LINES) return null;
  if (text.length <= LONG_CHARACTERS && listBreaks(text).length < LONG_LINES) return null;
  const head = new Head();
  const taken = head.take(blocks);
  return head.isFull ? taken : null;
}

const listBreaks = (text: string): number[] => Array.from(text.matchAll(BREAK), ({ index }) => index);

class Head {
  isFull = false;
  #characters = CHARACTERS;
  #lines = LINES;

  take(blocks: Block[]): Block[] {
    const taken: Block[] = [];
    for (const block of blocks) {
      if (this.#lines <= 0) {
        this.isFull = true;
        taken.push({ type: "lines", children: ["…"] });
      }
      if (this.isFull) break;
      taken.push(this.#takeBlock(block));
      this.#lines -= 1;
    }
    return taken;
  }

  #takeBlock(block: Block): Block {
    if (block.type === "lines") return { ...block, children: this.#takeInline(block.children) };
    if (block.type === "fence") return { ...block, text: this.#takeText(block.text) };
    if (block.type === "quote") return { ...block, children: this.take(block.children) };
    const items: typeof block.items = [];
    for (const item of block.items) {
      if (this.isFull || this.#lines <= 0) break;
      items.push({ ...item, children: this.#takeInline(item.children) });
      this.#lines -= 1;
    }
    return { ...block, items };
  }

  #takeInline(nodes: Inline[]): Inline[] {
    const taken: Inline[] = [];
    for (const node of nodes) {
      if (this.isFull) break;
      if (typeof node === "string") taken.push(this.#takeText(node));
      else if (node.type === "code") taken.push({ ...node, text: this.#takeText(node.text) });
      else if ("children" in node) taken.push({ ...node, children: this.#takeInline(node.children) });
      else if (node.text.length > this.#characters) taken.push(this.#end(""));
      else {
        taken.push(node);
        this.#characters -= node.text.length;
      }
    }
    return taken;
  }

  #takeText(text: string): string {
    const breaks = listBreaks(text);
    const end = Math.min(this.#characters, breaks[this.#lines - 1] ?? Infinity);
    if (text.length > end) return this.#end(cut(text, end).trimEnd());
    this.#characters -= text.length;
    this.#lines -= breaks.length;
    return text;
  }

  #end(text: string): string {
    this.isFull = true;
    return `${text}…`;
  }
}

/** Before a space, else between what people see as characters. */
function cut(text: string, length: number): string {
  const space = text.slice(0, length + 1).search(/\s\S*$/);
  if (space >= length - WORD && space > 0) return text.slice(0, space);
  let end = 0;
  for (const { length: wide } of splitGraphemes(text.slice(0, length + WORD))) {
    if (end + wide > length) break;
    end += wide;
  }
  return text.slice(0, end);
}
