// A text without its markers: for lists, quotes, and what is said aloud. What a spoiler hides is hidden there, too.
import { hasMarker, parse } from "./parse.ts";
import type { Block, Inline } from "./tree.ts";

const HIDDEN = "■■■";

export const toPlain = (text: string): string => (hasMarker(text) ? sayBlocks(parse(text)) : text);

export const sayBlocks = (blocks: Block[]): string => blocks.map(sayBlock).join("\n");

function sayBlock(block: Block): string {
  if (block.type === "lines") return sayInline(block.children);
  if (block.type === "quote") return sayBlocks(block.children);
  if (block.type === "fence") return block.text;
  return block.items.map(({ marker, children }) => (block.isOrdered ? marker : "• ") + sayInline(children)).join("\n");
}

const sayInline = (nodes: Inline[]): string => nodes.map(sayNode).join("");

function sayNode(node: Inline): string {
  if (typeof node === "string") return node;
  if (!("children" in node)) return node.text;
  return node.type === "spoiler" ? HIDDEN : sayInline(node.children);
}
