// What a record of kind 6 says of a group: title, description and picture (docs/protocol-encryption.md, 8.10).
import { type Bytes, fromBase64 } from "../lib/bytes.ts";

/** As it is kept. */
export interface GroupState {
  title: string | null;
  description: string | null;
  /** SHA-256 as hex of one of the pictures of the local copy. */
  picture: string | null;
}

export interface StateRow extends GroupState {
  /** Its author may change what it says, and not only say it again. */
  maySet: boolean;
  /** In what it differs from the state before it, if it counts; kept by replica/states.ts. */
  changes: (keyof GroupState)[];
}

export interface ReadState {
  title: string | null;
  description: string | null;
  picture: Bytes | null;
}

/** Characters (code points). */
export const MAX_TITLE = 100;
export const MAX_DESCRIPTION = 1000;
/** Bytes. */
export const MAX_PICTURE = 45_000;
const STARTS = { jpeg: [0xff, 0xd8, 0xff], png: [0x89, 0x50, 0x4e, 0x47], webp: [0x52, 0x49, 0x46, 0x46] };
const LINE_BREAK = /[\n\v\f\r\u0085\u2028\u2029]/;

/** Of a picture by its first bytes; null for another. */
export function typeOfPicture(bytes: Uint8Array): string | null {
  const begins = ([name, start]: [string, number[]]): boolean =>
    start.every((byte, at) => bytes[at] === byte) && (name !== "webp" || new TextDecoder().decode(bytes.subarray(8, 12)) === "WEBP");
  const found = Object.entries(STARTS).find(begins);
  return found ? `image/${found[0]}` : null;
}

const isText = (value: unknown, most: number): value is string =>
  typeof value === "string" && value !== "" && value.length <= 2 * most && Array.from(value).length <= most;

export const isTitle = (value: unknown): value is string => isText(value, MAX_TITLE) && !LINE_BREAK.test(value);

export const isDescription = (value: unknown): value is string => isText(value, MAX_DESCRIPTION);

function readPicture(value: unknown): Bytes | null {
  if (typeof value !== "string" || value.length > Math.ceil(MAX_PICTURE / 3) * 4) return null;
  try {
    const bytes = fromBase64(value);
    return bytes.length <= MAX_PICTURE && typeOfPicture(bytes) !== null ? bytes : null;
  } catch {
    return null;
  }
}

/** A field that is not there is empty. Null for what does not have the form. */
export function readState(body: object): ReadState | null {
  const { type, title, description, picture } = body as Record<string, unknown>;
  if (type !== "state") return null;
  const bytes = picture === undefined ? null : readPicture(picture);
  const fits = (title === undefined || isTitle(title)) && (description === undefined || isDescription(description));
  if (!fits || (picture !== undefined && bytes === null)) return null;
  return { title: (title as string | undefined) ?? null, description: (description as string | undefined) ?? null, picture: bytes };
}
