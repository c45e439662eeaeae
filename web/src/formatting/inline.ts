// Reads what stands in lines: code, links, and what markers make bold, italic, struck or hidden.
//
//   **bold**  *italic*  _italic_  ~~strike~~  ||spoiler||  `code`  ``code with a ` in it``
//
// A marker stands at what it marks, without a space between. A single * or _ has no word and no sign of arithmetic or of a path at its other
// side, and marks more than signs: names_like_this, 2*3*4 and faces stay. Code ends in its line; bold, italic and strike end before an empty
// line. What is not closed is text. Nothing is read in code and links, and no mark stands within one of its own marker.
//
// What is meant to be hidden is hidden: spoilers are found before other marks (bars.ts), have spaces beside their markers and empty lines in
// them if one likes, and no other mark begins in one and ends outside.
//
// Own, and small: docs/decisions/0026. Linear: at most one mark of each marker is open at a time within and one around a spoiler, so no node
// is moved more often than there are such marks.
import { type Atom, findAtoms } from "./atoms.ts";
import type { Inline, Marked, Reading } from "./tree.ts";

/** A mark that is open, and what it has so far. */
interface Open extends Marked {
  /** Where the run of characters begins that opened it. */
  run: number;
  /** Up to where it has nothing that a single * or _ would mark. */
  empty: number;
}

const TYPES: Record<string, Marked["type"]> = { "**": "strong", "*": "em", _: "em", "~~": "s" };
/** Runs of characters that are a marker; of three stars, two. */
const RUN = /\*+|_+|~+|\|+|\n[^\S\n]*(?=\n)/g;
/** What a single * or _ has not at its outer side: what is in a word (of scripts that put spaces between words), a path or a sum. */
const NO_EDGE = /[a-zA-Z0-9\\/^<>=+\-#@$%&]/;
const IN_WORD = /(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}])[\p{L}\p{M}\p{N}]/u;
const SAYS_SOMETHING = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;
/** What makes a star of the text before it: a keycap. */
const KEYCAP = /^[\ufe0f\u20e3]$/;

/** `hidden` is where something hidden begins in the text (true), and where it ends. */
export function readInline(text: string, hidden: ReadonlyMap<number, boolean>, reading: Reading): Inline[] {
  return new Marks(text, hidden, reading).read();
}

class Marks {
  readonly #text: string;
  readonly #reading: Reading;
  readonly #atoms: Atom[];
  readonly #hidden: ReadonlyMap<number, boolean>;
  readonly #root: Inline[] = [];
  /** The innermost last. */
  readonly #open: Open[] = [];

  constructor(text: string, hidden: ReadonlyMap<number, boolean>, reading: Reading) {
    this.#text = text;
    this.#hidden = hidden;
    this.#reading = reading;
    this.#atoms = findAtoms(text, reading);
  }

  read(): Inline[] {
    const text = this.#text;
    const atoms = this.#atoms.values();
    const run = new RegExp(RUN);
    let atom = atoms.next().value;
    let at = 0;
    for (let found = run.exec(text); found || atom; ) {
      if (atom && (!found || atom.start <= found.index)) {
        this.#addText(at, atom.start);
        this.#add(atom.node);
        at = atom.end;
        atom = atoms.next().value;
        if (!found || found.index >= at) continue;
        run.lastIndex = at;
      } else if (found) {
        this.#addText(at, found.index);
        at = found.index + this.#mark(found[0], found.index);
      }
      found = run.exec(text);
    }
    this.#addText(at, text.length);
    while (this.#open.length > 0) this.#drop(this.#open.length - 1);
    return this.#root;
  }

  /** Reads a run of characters; returns how many of them are no text. */
  #mark(run: string, at: number): number {
    this.#reading.steps += run.length;
    if (run[0] === "\n") {
      for (let one = this.#open.length - 1; one >= 0; one -= 1) if (this.#open[one]!.type !== "spoiler") this.#drop(one);
      return 0;
    }
    if (run[0] === "|") return this.#hide(run, at);
    const markers = run === "***" ? ["**", "*"] : run in TYPES ? [run] : [];
    const after = findAfter(this.#text, at + run.length);
    if (markers.length === 0 || KEYCAP.test(after)) return 0;
    const before = findBefore(this.#text, at);
    const isSingle = run.length === 1;
    const mayEnd = isSolid(before) && !(isSingle && isNoEdge(after));
    const mayBegin = isSolid(after) && !(isSingle && isNoEdge(before));
    const left = mayEnd ? this.#close(markers, at) : markers;
    if (!mayBegin) return run.length - left.join("").length;
    for (const marker of left) this.#begin(marker, at, at + run.length);
    return run.length;
  }

  #hide(run: string, at: number): number {
    const isBeginning = this.#hidden.get(at);
    if (isBeginning === undefined) return 0;
    if (isBeginning) this.#open.push({ type: "spoiler", marker: run, children: [], run: at, empty: at + run.length });
    else {
      const from = this.#inSpoiler() - 1;
      this.#open[from]!.key = `${this.#reading.spoilers++} ${this.#text.slice(this.#open[from]!.empty, at)}`;
      this.#end(from);
    }
    return run.length;
  }

  /** How many marks are open up to the spoiler that is, with it: none of these ends in it. */
  #inSpoiler(): number {
    return this.#open.findLastIndex(({ type }) => type === "spoiler") + 1;
  }

  /** Ends what these markers have opened, the innermost first. Returns those that ended nothing. */
  #close(markers: string[], at: number): string[] {
    let left = markers;
    for (let one = this.#open.length - 1; one >= this.#inSpoiler() && left.length > 0; one -= 1) {
      const open = this.#open[one]!;
      if (!left.includes(open.marker)) continue;
      if (open.marker.length === 1) {
        this.#reading.steps += at - open.empty;
        const saysNothing = !SAYS_SOMETHING.test(this.#text.slice(open.empty, at));
        open.empty = at;
        if (saysNothing) continue;
      }
      this.#end(one);
      left = left.filter((marker) => marker !== open.marker);
    }
    return left;
  }

  #begin(marker: string, run: number, end: number): void {
    const from = this.#inSpoiler();
    const earlier = this.#open.findIndex((open, at) => at >= from && open.marker === marker);
    if (earlier >= 0) this.#drop(earlier);
    this.#open.push({ type: TYPES[marker]!, marker, children: [], run, empty: end });
  }

  #end(at: number): void {
    const outer = this.#open[at]!;
    const inner = this.#open[at + 1];
    if (inner?.run === outer.run) {
      // Of three stars the two may end before the one.
      this.#open.splice(at, 2, { ...outer, type: inner.type, marker: inner.marker }, { ...inner, type: outer.type, marker: outer.marker });
      return this.#end(at + 1);
    }
    while (this.#open.length > at + 1) this.#drop(this.#open.length - 1);
    const { type, marker, children, key } = this.#open.pop()!;
    this.#add({ type, marker, children, ...(key !== undefined && { key }) });
  }

  /** What was opened was none: its marker is text. */
  #drop(at: number): void {
    const [open] = this.#open.splice(at, 1);
    const into = this.#open[at - 1]?.children ?? this.#root;
    this.#put(open!.marker, into);
    for (const child of open!.children) this.#put(child, into);
  }

  #addText(from: number, to: number): void {
    if (to > from) this.#add(this.#text.slice(from, to));
  }

  #add(node: Inline): void {
    this.#put(node, this.#open.at(-1)?.children ?? this.#root);
  }

  #put(node: Inline, into: Inline[]): void {
    this.#reading.steps += 1;
    const last = into.at(-1);
    if (typeof node === "string" && typeof last === "string") into[into.length - 1] = last + node;
    else into.push(node);
  }
}

const isSolid = (character: string): boolean => /\S/.test(character);
const isNoEdge = (character: string): boolean => (character <= "\x7f" ? NO_EDGE : IN_WORD).test(character);

/** Characters, not halves of them; nothing at the ends of the text. */
const findAfter = (text: string, at: number): string => (at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : "");
const findBefore = (text: string, at: number): string => text.slice(Math.max(0, at - (/[\udc00-\udfff]/.test(text[at - 1] ?? "") ? 2 : 1)), at);
