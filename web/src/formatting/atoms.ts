// What in lines is found before any marks: code and links.
import { linkify, MAXIMUM_LINKS } from "../lib/linkify.ts";
import type { Code, Inline, Reading } from "./tree.ts";

/** What marks stand around, and none in. */
export interface Atom {
  start: number;
  end: number;
  node: Exclude<Inline, string>;
}

/** Code, and the links between, in order. */
export function findAtoms(text: string, reading: Reading): Atom[] {
  const atoms: Atom[] = [];
  let from = 0;
  const links = (to: number): void => {
    for (const piece of linkify(text.slice(from, to), MAXIMUM_LINKS - reading.links)) {
      const { length } = typeof piece === "string" ? piece : piece.text;
      if (typeof piece !== "string") {
        atoms.push({ start: from, end: from + length, node: piece });
        reading.links += 1;
      }
      from += length;
    }
    reading.steps += 1;
  };
  for (const code of findCode(text, reading)) {
    links(code.start);
    atoms.push(code);
    from = code.end;
  }
  links(text.length);
  return atoms;
}

/** Code begins with a run of ticks and ends with the next one as long, in the same line. */
export function findCode(text: string, reading: Reading): Atom[] {
  if (!text.includes("`")) return [];
  const runs = Array.from(text.matchAll(/`+|\n/g), ({ 0: run, index }) => ({ run, index, end: -1 }));
  let next = new Map<number, number>();
  for (let at = runs.length - 1; at >= 0; at -= 1) {
    const { run } = runs[at]!;
    if (run === "\n") next = new Map();
    else {
      runs[at]!.end = next.get(run.length) ?? -1;
      next.set(run.length, at);
    }
  }
  reading.steps += runs.length;
  const found: Atom[] = [];
  for (let at = 0; at < runs.length; at += 1) {
    const { run, index, end } = runs[at]!;
    if (end < 0) continue;
    const after = runs[end]!.index;
    found.push({ start: index, end: after + run.length, node: makeCode(run, text.slice(index + run.length, after)) });
    at = end;
  }
  return found;
}

/** One space at both sides keeps ticks of the code apart from its markers: it is no code. */
function makeCode(run: string, text: string): Code {
  const isApart = /^ .* $/.test(text) && text.trim() !== "";
  return isApart ? { type: "code", open: `${run} `, text: text.slice(1, -1), close: ` ${run}` } : { type: "code", open: run, text, close: run };
}
