// Reads the blocks of a text; what stands in their lines is inline.ts.
//
//   > quote     in front of every line; in it all blocks again, three deep
//   - item      1. item     items of one line
//   ```js       code, up to the next line that ends with ``` (it may begin beside the first marker, and end before the last)
//
// Every other line is a line, and ends where it ends. Quotes, items and code with nothing in them are lines as they were typed, and so is all
// that bars hide over several lines, unless a quote has the whole of it: blocks would show what is in them. So a text with bars is read twice,
// first for what is code and what may be bars, then for what it is.
import { linkify } from "../lib/linkify.ts";
import { Bars } from "./bars.ts";
import { readInline } from "./inline.ts";
import { type Block, type Fence, type Inline, type List, type Quote, Reading } from "./tree.ts";

/** A quote in a quote in a quote. */
const DEEPEST = 3;
/** What no text with a marker is without. */
const MARKER = /[*_`]|~~|\|\||^(?:>|- |\d+\. )/m;
const TICKS = "```";
const LANGUAGE = /^[\w+#.-]{1,20}[ \t]*$/;
const ITEMS = [/^- (?=.*\S)/, /^(?:0|[1-9]\d{0,8})\. (?=.*\S)/];

/** A block that stands from one line up to another one, to be read when it is its turn; none if these lines are none. */
interface Found {
  read: (() => Block) | null;
  end: number;
}

/** Whether anything in a text may be a marker. Most have none, and then this is all they cost. */
export const hasMarker = (text: string): boolean => MARKER.test(text);

/** Reads what stands in lines, of which the first is the `first` of the text. */
type ReadLines = (text: string, first: number) => Inline[];

export function parse(text: string, reading = new Reading()): Block[] {
  if (!hasMarker(text)) return [{ type: "lines", children: linkify(text) }];
  const lines = text.split("\n");
  const bars = new Bars();
  const take: ReadLines = (part, first) => (bars.take(part, first, reading), []);
  if (text.includes("||")) new Blocks(reading, new Bars(), take).read(lines, 0, 0);
  return new Blocks(reading, bars, (part, first) => readInline(part, bars.locate(part, first), reading)).read(lines, 0, 0);
}

class Blocks {
  readonly #reading: Reading;
  readonly #bars: Bars;
  readonly #readLines: ReadLines;

  /** In lines that are hidden together, by these bars, there are no blocks. */
  constructor(reading: Reading, bars: Bars, readLines: ReadLines) {
    this.#reading = reading;
    this.#bars = bars;
    this.#readLines = readLines;
  }

  /** `first` is which line of the text the first is, at all depths. */
  read(lines: string[], first: number, depth: number): Block[] {
    const blocks: Block[] = [];
    const fences = findEnds(lines);
    this.#reading.steps += lines.length;
    let from = 0;
    const flush = (to: number): void => {
      if (to > from) blocks.push({ type: "lines", children: this.#readLines(lines.slice(from, to).join("\n"), first + from) });
    };
    for (let at = 0; at < lines.length; ) {
      const isHeld = this.#bars.findHeld(first + at) !== undefined;
      const found = (isHeld ? null : readFence(lines, at, fences)) ?? this.#readQuote(lines, at, first, depth) ?? this.#readList(lines, at, first);
      this.#reading.steps += 1;
      if (found?.read) {
        flush(at);
        blocks.push(found.read());
        from = found.end;
      }
      at = found?.end ?? at + 1;
    }
    flush(lines.length);
    return blocks;
  }

  #readQuote(lines: string[], at: number, first: number, depth: number): Found | null {
    if (depth === DEEPEST || (this.#bars.findHeld(first + at)?.first ?? Infinity) < first + at) return null;
    const markers: string[] = [];
    for (let line = at; line < lines.length; line += 1) {
      const marker = /^>(?: |\s*$)/.exec(lines[line]!)?.[0];
      if (marker === undefined) break;
      markers.push(marker);
      this.#reading.steps += 1;
    }
    // What is hidden is in it whole, or not at all.
    const held = this.#bars.findHeld(first + at + markers.length - 1);
    if (held && held.last >= first + at + markers.length) markers.length = Math.max(0, held.first - first - at);
    const end = at + markers.length;
    if (end === at) return null;
    const inner = markers.map((marker, line) => lines[at + line]!.slice(marker.length));
    if (inner.every((line) => line.trim() === "")) return { read: null, end };
    return { read: (): Quote => ({ type: "quote", markers, children: this.read(inner, first + at, depth + 1) }), end };
  }

  #readList(lines: string[], at: number, first: number): Found | null {
    const kind = ITEMS.findIndex((item) => item.test(lines[at]!));
    if (kind < 0) return null;
    const items: { marker: string; text: string }[] = [];
    let end = at;
    for (; end < lines.length && this.#bars.findHeld(first + end) === undefined; end += 1) {
      const line = lines[end]!;
      const marker = ITEMS[kind]!.exec(line)?.[0];
      if (marker === undefined) break;
      this.#reading.steps += 1;
      items.push({ marker, text: line.slice(marker.length) });
    }
    const read = (): List => ({ type: "list", isOrdered: kind === 1, items: items.map(({ marker, text }, item) => ({ marker, children: this.#readLines(text, first + at + item) })) });
    return end === at ? null : { read, end };
  }
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
  return { read: () => block, end: ends[at]! + 1 };
}
