// What a record says, whatever way it came: the one seam between records and what pages show (docs/protocol-encryption.md, 8.10). Sealed
// records are opened by the keys' worker (keys/conversation-acts.ts); what was written before encryption is a zero byte, then UTF-8 JSON.
import { isEmoji } from "../lib/text.ts";
import { KIND_DELETION, KIND_EDIT, KIND_MESSAGE, KIND_PIN, KIND_REACTION } from "../wire/contract.ts";
import type { Verdict } from "./protocol/codec.ts";

export interface Text {
  type: "text";
  text: string;
  /** Ids of those whom the author wants to be told. */
  mentions?: number[];
  /** All members are to be told. */
  everyone?: true;
  /** Somebody else may have written it. */
  forwarded?: true;
}

/** What stands in the place of a message. */
export type Content =
  | Text
  /** A format or type made by a newer Hearth: the bytes are kept, the reader is told to update. */
  | { type: "unknown" }
  /** Its author, or somebody who may, has deleted it. */
  | { type: "deleted" }
  /** Sealed, and not open: why, or null while nobody has tried. */
  | { type: "closed"; why: Verdict | "lost" | null };

/** What is aimed at a message and is none. */
export type Reaction = { type: "reaction"; emoji: string };
export type Deletion = { type: "deletion" };
/** A message is to be found at the head of its conversation, or no longer. */
export type Pinning = { type: "pin" | "unpin" };
/** What is said of a group. A picture in base64. */
export type State = { type: "state"; title?: string; description?: string; picture?: string };
export type Said = Content | Reaction | Deletion | State | Pinning;

const PLAIN = 0;
/** One for all: hundreds of records are read in a second of scrolling. */
const utf8 = new TextDecoder("utf-8", { fatal: true });
const UNKNOWN: Content = { type: "unknown" };
const MALFORMED: Content = { type: "closed", why: "malformed" };

/** Characters (code points) of a text at most. */
export const MAX_TEXT = 10_000;
/** People whom one message names at most. */
const MAX_MENTIONS = 50;

/** Who writes with another program may write anything: nothing is no text, and neither is a book. */
const isText = (text: unknown): text is string =>
  typeof text === "string" && text.trim() !== "" && (text.length <= MAX_TEXT || Array.from(text).length <= MAX_TEXT);

const isUser = (id: unknown): boolean => Number.isSafeInteger(id) && (id as number) > 0;
const isMentions = (ids: unknown): ids is number[] =>
  Array.isArray(ids) && ids.length <= MAX_MENTIONS && ids.every(isUser) && new Set(ids).size === ids.length;

type Fields = Readonly<Record<string, unknown>>;

/** Of each field that stands there whether it has its form: what is not named here is kept by nobody and harms nobody. */
function readText({ text, mentions, everyone, forwarded }: Fields): Content {
  if (!isText(text)) return MALFORMED;
  const read: Text = { type: "text", text };
  if (mentions !== undefined) {
    if (!isMentions(mentions)) return MALFORMED;
    read.mentions = mentions;
  }
  for (const [name, value] of Object.entries({ everyone, forwarded })) {
    if (value === undefined) continue;
    if (value !== true) return MALFORMED;
    read[name as "everyone" | "forwarded"] = true;
  }
  return read;
}

const readReaction = ({ emoji }: Fields): Said => (typeof emoji === "string" && isEmoji(emoji) ? { type: "reaction", emoji } : MALFORMED);

/** By kind and type. A type that is not in the row of its kind is unknown. */
const READERS: Record<number, Record<string, (fields: Fields) => Said>> = {
  [KIND_MESSAGE]: { text: readText },
  [KIND_EDIT]: { text: readText },
  [KIND_REACTION]: { reaction: readReaction },
  [KIND_DELETION]: { deletion: () => ({ type: "deletion" }) },
  [KIND_PIN]: { pin: () => ({ type: "pin" }), unpin: () => ({ type: "unpin" }) },
};

/** What the decoded body of a record of this kind says. Never throws: it may be anything. */
export function readContent(body: unknown, kind: number): Said {
  if (typeof body !== "object" || body === null) return UNKNOWN;
  const { type } = body as { type?: unknown };
  const readers = READERS[kind];
  if (readers === undefined || typeof type !== "string" || !Object.hasOwn(readers, type)) return UNKNOWN;
  return readers[type]!(body as Fields);
}

const NO_MESSAGE: ReadonlySet<Said["type"]> = new Set(["reaction", "deletion", "state", "pin", "unpin"]);

/** Whether it may stand in the place of a message. */
export const isContent = (said: Said): said is Content => !NO_MESSAGE.has(said.type);

/** What was written before encryption: messages alone. Never throws: what cannot be read is unknown content. */
export function readPlain(record: Uint8Array): Content {
  if (record[0] !== PLAIN) return UNKNOWN;
  try {
    const said = readContent(JSON.parse(utf8.decode(record.subarray(1))), KIND_MESSAGE);
    return isContent(said) ? said : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}
