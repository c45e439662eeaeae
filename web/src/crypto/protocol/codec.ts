// Canonical bytes (docs/protocol-encryption.md, 1.4): big-endian, length-prefixed, nothing missing, nothing left over.
import type { Bytes } from "../../lib/bytes.ts";

export type Verdict =
  | "malformed" | "unsupported" | "wrong_place" | "wrong_link" | "bad_key" | "bad_signature" | "bad_roster" | "not_listed"
  | "not_allowed" | "unproven" | "rollback" | "fork" | "bad_commitment" | "cannot_open" | "bad_padding" | "repeated_counter"
  | "out_of_place" | "wrong_target" | "bad_file" | "withheld" | "mistyped" | "wrong_password" | "changed_identity" | "keyless" | "not_sealed";

/** What is wrong with bytes that somebody else made (section 12). */
export class ProtocolError extends Error {
  constructor(readonly verdict: Verdict, why: string) {
    super(`${verdict}: ${why}`);
    this.name = "ProtocolError";
  }
}

/** Throws ProtocolError `verdict` unless `holds`. */
export function check(holds: boolean, verdict: Verdict, why: string): asserts holds {
  if (!holds) throw new ProtocolError(verdict, why);
}

export function join(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const zeros = (length: number): Bytes => new Uint8Array(length);

/** Byte by byte, then the shorter one first. Not constant in time: for public bytes. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return a.length - b.length;
}

export const equal = (a: Uint8Array, b: Uint8Array): boolean => compare(a, b) === 0;
export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

function encodeNumber(value: number, length: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (length * 8)) throw new RangeError(`not a u${length * 8}`);
  const bytes = new Uint8Array(length);
  for (let at = length - 1, rest = value; at >= 0; at -= 1, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  return bytes;
}

export const u8 = (value: number): Bytes => encodeNumber(value, 1);
export const u16 = (value: number): Bytes => encodeNumber(value, 2);
export const u32 = (value: number): Bytes => encodeNumber(value, 4);
export const u64 = (value: number): Bytes => encodeNumber(value, 8);
export const lp8 = (bytes: Uint8Array): Bytes => join(u8(bytes.length), bytes);
export const lp16 = (bytes: Uint8Array): Bytes => join(u16(bytes.length), bytes);
export const lp32 = (bytes: Uint8Array): Bytes => join(u32(bytes.length), bytes);
/** One of each for all: a page of messages needs hundreds. */
const [encoder, decoder] = [new TextEncoder(), new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })];
export const text = (value: string): Bytes => encoder.encode(value);

/** A field of known length; throws RangeError when the caller brings another. */
export function fixed(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`must be ${length} bytes, is ${bytes.length}`);
  return bytes;
}

/** Reads what others wrote; throws ProtocolError `malformed`. */
export class Reader {
  private at = 0;
  constructor(private readonly bytes: Uint8Array) {}

  take(length: number): Bytes {
    check(this.at + length <= this.bytes.length, "malformed", "bytes are missing");
    this.at += length;
    return this.bytes.slice(this.at - length, this.at) as Bytes;
  }

  private number(length: number): number {
    const value = this.take(length).reduce((sum, byte) => sum * 256 + byte, 0);
    check(value <= Number.MAX_SAFE_INTEGER, "malformed", "a number above 2^53 - 1");
    return value;
  }

  u8 = (): number => this.number(1);
  u16 = (): number => this.number(2);
  u32 = (): number => this.number(4);
  u64 = (): number => this.number(8);

  private bounded(length: number, most: number): Bytes {
    check(length <= most, "malformed", "longer than its limit");
    return this.take(length);
  }

  lp8 = (most = 255): Bytes => this.bounded(this.u8(), most);
  lp16 = (most = 65_535): Bytes => this.bounded(this.u16(), most);
  lp32 = (most: number): Bytes => this.bounded(this.u32(), most);

  /** One of the values from `least` to `most`. */
  choice(least: number, most: number): number {
    const value = this.u8();
    check(value >= least && value <= most, "malformed", "an unknown value");
    return value;
  }

  /** `count` items whose keys ascend strictly. */
  sorted<T>(count: number, read: () => T, keyOf: (item: T) => Uint8Array): T[] {
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) {
      const item = read();
      const before = items.at(-1);
      check(before === undefined || compare(keyOf(before), keyOf(item)) < 0, "malformed", "a list that is not sorted");
      items.push(item);
    }
    return items;
  }

  get position(): number {
    return this.at;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  end(): void {
    check(this.at === this.bytes.length, "malformed", "bytes are left over");
  }
}

export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProtocolError("malformed", "not UTF-8");
  }
}
