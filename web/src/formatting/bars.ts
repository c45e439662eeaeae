// Which bars hide what is between them: two, and the next two with anything between that is seen; none in code. They are paired over a whole
// text before its blocks are read, and what they hide over several lines has none, so that nothing shows it.
import { findCode } from "./atoms.ts";
import type { Reading } from "./tree.ts";

/** How far before the end of its line a bar stands: what stands in front of it may be taken off. */
interface Bar {
  line: number;
  back: number;
}

/** Lines in which something hidden begins in one and ends in another, or several such things that have a line in common. */
export interface Held {
  first: number;
  last: number;
}

export class Bars {
  readonly #found = new Map<number, { back: number; isBeginning: boolean }[]>();
  readonly #held = new Map<number, Held>();
  #begun: Bar | null = null;
  #saysSomething = false;
  /** The line after the last that was taken. */
  #next = 0;

  /** Takes what stands in lines, of which the first is the `first` of the text, without what they begin with. In order; lines that are left out are code. */
  take(text: string, first: number, reading: Reading): void {
    if (first > this.#next) this.#saysSomething = true;
    const lines = text.split("\n");
    for (const [at, line] of lines.entries()) this.#takeLine(line, first + at, reading);
    this.#next = first + lines.length;
  }

  /** Where in such a text something hidden begins (true) and where it ends. */
  locate(text: string, first: number): ReadonlyMap<number, boolean> {
    const places = new Map<number, boolean>();
    if (this.#found.size === 0) return places;
    let end = -1;
    for (const [at, { length }] of text.split("\n").entries()) {
      end += 1 + length;
      for (const { back, isBeginning } of this.#found.get(first + at) ?? []) places.set(end - back, isBeginning);
    }
    return places;
  }

  /** The lines that this one is hidden with. */
  findHeld(line: number): Held | undefined {
    return this.#held.get(line);
  }

  #takeLine(text: string, line: number, reading: Reading): void {
    const passed = findCode(text, reading).values();
    let code = passed.next().value;
    let from = 0;
    const hear = (to: number): void => void (this.#saysSomething ||= text.slice(from, to).trim() !== "");
    for (const { 0: run, index } of text.matchAll(/\|+/g)) {
      while (code && code.end <= index) code = passed.next().value;
      if (run.length !== 2 || (code && code.start < index)) continue;
      hear(index);
      from = index + run.length;
      this.#pair({ line, back: text.length - index });
    }
    hear(text.length);
    reading.steps += 1;
  }

  #pair(bar: Bar): void {
    const begun = this.#saysSomething ? this.#begun : null;
    this.#saysSomething = false;
    this.#begun = begun === null ? bar : null;
    if (begun === null) return;
    this.#put(begun, true);
    this.#put(bar, false);
    if (begun.line === bar.line) return;
    const held = this.#held.get(begun.line) ?? { first: begun.line, last: bar.line };
    held.last = bar.line;
    for (let { line } = begun; line <= bar.line; line += 1) this.#held.set(line, held);
  }

  #put({ line, back }: Bar, isBeginning: boolean): void {
    const bars = this.#found.get(line) ?? [];
    this.#found.set(line, bars);
    bars.push({ back, isBeginning });
  }
}
