// What a text is made of, markers and all (docs/protocol-encryption.md, 8.10). Invariant: written out again, every node with its markers and
// blocks with a line's end between them, it is the text, character for character.
import type { Link } from "../lib/linkify.ts";

/** What stands in a line. */
export type Inline = string | Link | Code | Marked | Name;

/** Read as it stands: no marker and no link is looked for in it. */
export interface Code {
  type: "code";
  open: string;
  text: string;
  close: string;
}

/** A word that names somebody whom the message tells, or everybody. Put in for those who are known (mentions/named.ts), not by the parser. */
export interface Name {
  type: "name";
  text: string;
  user: number | "all";
}

export interface Marked {
  type: "strong" | "em" | "s" | "spoiler";
  /** What stands before and after it. */
  marker: string;
  children: Inline[];
  /** Of spoilers: which one of the text it is, and what it hides, so that whoever has opened it has not opened another. */
  key?: string;
  /** Of spoilers: keys go by it. It is opened with others that have its key (pieces.ts). */
  isPassed?: true;
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
  /** Keys go by it (pieces.ts). */
  isPassed?: true;
}

/** What reading one text has come to. */
export class Reading {
  /** Lines, markers and nodes that were looked at or moved, and characters looked at once more: as many as the text is long, some times over. */
  steps = 0;
  links = 0;
  spoilers = 0;
}
