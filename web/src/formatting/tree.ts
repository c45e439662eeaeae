// What a text is made of, markers and all (docs/protocol-encryption.md, 8.10). Invariant: written out again, every node with its markers and
// blocks with a line's end between them, it is the text, character for character.
import type { Link } from "../lib/linkify.ts";

/** What stands in a line. */
export type Inline = string | Link | Code | Marked;

/** Read as it stands: no marker and no link is looked for in it. */
export interface Code {
  type: "code";
  open: string;
  text: string;
  close: string;
}

export interface Marked {
  type: "strong" | "em" | "s" | "spoiler";
  /** What stands before and after it. */
  marker: string;
  children: Inline[];
  /** Of spoilers: which one of the text it is. */
  number?: number;
}

export type Block = Lines | Quote | List | Fence;

/** Lines that are no other block. */
export interface Lines {
  type: "lines";
  children: Inline[];
}

export interface Quote {
  type: "quote";
  /** Of each of its lines. */
  markers: string[];
  children: Block[];
}

export interface List {
  type: "list";
  isOrdered: boolean;
  items: { marker: string; children: Inline[] }[];
}

export interface Fence {
  type: "fence";
  open: string;
  /** The word beside the opening marker. */
  language: string;
  text: string;
  close: string;
}

/** What reading one text has come to. */
export class Reading {
  /** Lines, markers and nodes that were looked at or moved, and characters looked at once more: as many as the text is long, some times over. */
  steps = 0;
  links = 0;
  spoilers = 0;
}
