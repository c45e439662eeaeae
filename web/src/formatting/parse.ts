// Reads the blocks of a text; what stands in their lines is inline.ts.
//
//   > quote     in front of every line; in it all blocks again, three deep
//   - item      1. item     items of one line
//   ```js       code, up to the next line that ends with ``` (it may begin beside the first marker, and end before the last)
//
// Every other line is a line, and ends where it ends. Quotes, items and code with nothing in them are lines as they were typed.
import { linkify } from "../lib/linkify.ts";
import { readInline } from "./inline.ts";
import { type Block, type Fence, type List, type Quote, Reading } from "./tree.ts";

/** A quote in a quote in a quote. */
const DEEPEST = 3;
/** What no text with a marker is without. */
const MARKER = /[*_`]|~~|\|\||^(?:>|- |\d+\. )/m;
const TICKS = "```";
const LANGUAGE = /^[\w+#.-]{1,20}[ \t]*$/;
const ITEMS = [/^- (?=.*\S)/, /^(?:0|[1-9]\d{0,8})\. (?=.*\S)/];

/** Blocks that stand from one line up to another one; none if these lines are none. */
interface Found {
  block: Block | null;
  end: number;
}

/** Whether anything in a text may be a marker. Most have none, and then this is all they cost. */
export const hasMarker = (text: string): boolean => MARKER.test(text);

export function parse(text: string, reading = new Reading()): Block[] {
  return hasMarker(text) ? readBlocks(text.split("\n"), 0, reading) : [{ type: "lines", children: linkify(text) }];
}

function readBlocks(lines: string[], depth: number, reading: Reading): Block[] {
  const blocks: Block[] = [];
  const fences = findEnds(lines);
  reading.steps += lines.length;
  let from = 0;
  const flush = (to: number): void => {
    if (to > from) blocks.push({ type: "lines", children: readInline(lines.slice(from, to).join("\n"), reading) });
  };
  for (let at = 0; at < lines.length; ) {
    const found = readFence(lines, at, fences) ?? readQuote(lines, at, depth, reading) ?? readList(lines, at, reading);
    reading.steps += 1;
    if (found?.block) {
      flush(at);
      blocks.push(found.block);
      from = found.end;
    }
    at = found?.end ?? at + 1;
  }
  flush(lines.length);
  return blocks;
}

/** Of each line the next one below that ends with ticks, and has no others. */
function findEnds(lines: string[]): number[] {
  const ends: number[] = [];
  for (let at = lines.length - 1, next = -1; at >= 0; at -= 1) {
    ends[at] = next;
    const line = lines[at]!.trimEnd();
    if (line.endsWith(TICKS) && line.indexOf(TICKS) === line.length - TICKS.length) next = at;
  }
  return ends;
}

function readFence(lines: string[], at: number, ends: number[]): Found | null {
  const [first, last] = [lines[at]!, lines[ends[at]!]];
  const beside = first.slice(TICKS.length);
  if (last === undefined || !first.startsWith(TICKS) || beside.includes("`")) return null;
  const hasOwnLine = beside.trim() === "" || LANGUAGE.test(beside);
  const ticks = last.lastIndexOf(TICKS);
  const code = [...(hasOwnLine ? [] : [beside]), ...lines.slice(at + 1, ends[at]), ...(ticks > 0 ? [last.slice(0, ticks)] : [])];
  const text = code.join("\n");
  if (text.trim() === "") return null;
  const block: Fence = {
    ...{ type: "fence", text, language: hasOwnLine ? beside.trim() : "" },
    open: hasOwnLine ? `${first}\n` : TICKS,
    close: ticks > 0 ? last.slice(ticks) : `\n${last}`,
  };
  return { block, end: ends[at]! + 1 };
}

function readQuote(lines: string[], at: number, depth: number, reading: Reading): Found | null {
  if (depth === DEEPEST) return null;
  const markers: string[] = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const marker = /^>(?: |\s*$)/.exec(lines[end]!)?.[0];
    if (marker === undefined) break;
    markers.push(marker);
    reading.steps += 1;
  }
  if (end === at) return null;
  const inner = markers.map((marker, line) => lines[at + line]!.slice(marker.length));
  if (inner.every((line) => line.trim() === "")) return { block: null, end };
  const block: Quote = { type: "quote", markers, children: readBlocks(inner, depth + 1, reading) };
  return { block, end };
}

function readList(lines: string[], at: number, reading: Reading): Found | null {
  const kind = ITEMS.findIndex((item) => item.test(lines[at]!));
  if (kind < 0) return null;
  const items: List["items"] = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end]!;
    const marker = ITEMS[kind]!.exec(line)?.[0];
    if (marker === undefined) break;
    reading.steps += 1;
    items.push({ marker, children: readInline(line.slice(marker.length), reading) });
  }
  return { block: { type: "list", isOrdered: kind === 1, items }, end };
}
