// What a message says, whatever way it came: the one seam between records and what pages show. Sealed records are opened by the keys'
// worker (keys/conversation-acts.ts); what was written before encryption is a zero byte, then UTF-8 JSON.
import type { Verdict } from "./protocol/codec.ts";

export type Content =
  | { type: "text"; text: string }
  /** A format or type made by a newer Hearth: the bytes are kept, the reader is told to update. */
  | { type: "unknown" }
  /** Its author, or somebody who may, has deleted it. */
  | { type: "deleted" }
  /** Sealed, and not open: why, or null while nobody has tried. */
  | { type: "closed"; why: Verdict | "lost" | null };

const PLAIN = 0;
/** One for all: hundreds of records are read in a second of scrolling. */
const utf8 = new TextDecoder("utf-8", { fatal: true });
const UNKNOWN: Content = { type: "unknown" };
const MALFORMED: Content = { type: "closed", why: "malformed" };

/** Characters (code points) of a text at most. */
export const MAX_TEXT = 10_000;

/** Who writes with another program may write anything: nothing is no text, and neither is a book. */
const isText = (text: unknown): text is string =>
  typeof text === "string" && text.trim() !== "" && (text.length <= MAX_TEXT || Array.from(text).length <= MAX_TEXT);

/** What a decoded body says. Never throws: it may be anything. */
export function readContent(body: unknown): Content {
  if (typeof body !== "object" || body === null) return UNKNOWN;
  const { type, text } = body as { type?: unknown; text?: unknown };
  if (type !== "text") return UNKNOWN;
  return isText(text) ? { type, text } : MALFORMED;
}

/** Never throws: what cannot be read is unknown content. */
export function readPlain(record: Uint8Array): Content {
  if (record[0] !== PLAIN) return UNKNOWN;
  try {
    return readContent(JSON.parse(utf8.decode(record.subarray(1))));
  } catch {
    return UNKNOWN;
  }
}
