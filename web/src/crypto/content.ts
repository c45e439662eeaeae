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

export interface Poll {
  type: "poll";
  question: string;
  options: string[];
  /** One may choose more than one. */
  several?: true;
  /** Its author takes no more votes. */
  closed?: true;
}

/** What stands in the place of a message. */
export type Content =
  | Text
  | Poll
  /** A format or type made by a newer Hearth: the bytes are kept, the reader is told to update. */
  | { type: "unknown" }
  /** Its author, or somebody who may, has deleted it. */
  | { type: "deleted" }
  /** Sealed, and not open: why, or null while nobody has tried. */
  | { type: "closed"; why: Verdict | "lost" | null };

/** What is aimed at a message and is none. */
export type Reaction = { type: "reaction"; emoji: string };
/** Indices of what somebody chose in a poll, ascending; none at all takes a vote back. */
export type Vote = { type: "vote"; options: number[] };
export type Deletion = { type: "deletion" };
/** A message is to be found at the head of its conversation, or no longer. */
export type Pinning = { type: "pin" | "unpin" };
/** What is said of a group. A picture in base64. */
export type State = { type: "state"; title?: string; description?: string; picture?: string };
export type Said = Content | Reaction | Vote | Deletion | State | Pinning;

const PLAIN = 0;
/** One for all: hundreds of records are read in a second of scrolling. */
const utf8 = new TextDecoder("utf-8", { fatal: true });
const UNKNOWN: Content = { type: "unknown" };
const MALFORMED: Content = { type: "closed", why: "malformed" };

/** Characters (code points) of a text at most. */
export const MAX_TEXT = 10_000;
/** People whom one message names at most. */
const MAX_MENTIONS = 50;
/** Characters (code points) of a poll's question and of each of its options, and how many options it has. */
export const MAX_QUESTION = 500;
export const MAX_OPTION = 200;
export const MAX_OPTIONS = 12;

/** Who writes with another program may write anything: nothing is no text, and neither is a book. */
const isText = (text: unknown): text is string => isShort(text, MAX_TEXT) && text.trim() !== "";
const isShort = (text: unknown, most: number): text is string =>
  typeof text === "string" && text !== "" && (text.length <= most || Array.from(text).length <= most);

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
  return readFlags(read, { everyone, forwarded });
}

/** Each says true or is not there. */
function readFlags<C extends Text | Poll>(read: C, flags: Fields): Content {
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    if (value !== true) return MALFORMED;
    Object.assign(read, { [name]: true });
  }
  return read;
}

function readPoll({ question, options, several, closed }: Fields): Content {
  if (!isShort(question, MAX_QUESTION) || !Array.isArray(options) || options.length < 2 || options.length > MAX_OPTIONS) return MALFORMED;
  if (!options.every((option): option is string => isShort(option, MAX_OPTION))) return MALFORMED;
  return readFlags({ type: "poll", question, options }, { several, closed });
}

const readReaction = ({ emoji }: Fields): Said => (typeof emoji === "string" && isEmoji(emoji) ? { type: "reaction", emoji } : MALFORMED);

function readVote({ options }: Fields): Said {
  if (!Array.isArray(options) || options.length > MAX_OPTIONS) return MALFORMED;
  const isIndex = (one: unknown): one is number => Number.isSafeInteger(one) && (one as number) >= 0;
  if (!options.every(isIndex) || options.some((one, at) => at > 0 && one <= options[at - 1]!)) return MALFORMED;
  return { type: "vote", options };
}

/** By kind and type. A type that is not in the row of its kind is unknown. */
const READERS: Record<number, Record<string, (fields: Fields) => Said>> = {
  [KIND_MESSAGE]: { text: readText, poll: readPoll },
  [KIND_EDIT]: { text: readText, poll: readPoll },
  [KIND_REACTION]: { reaction: readReaction, vote: readVote },
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

const NO_MESSAGE: ReadonlySet<Said["type"]> = new Set(["reaction", "vote", "deletion", "state", "pin", "unpin"]);

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
