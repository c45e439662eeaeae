// The sealed record of a message (docs/protocol-encryption.md, 8.2 to 8.4).
import type { Bytes } from "../../lib/bytes.ts";
import { check, decodeText, fixed, isZero, join, lp32, Reader, text, u16, u64, u8, zeros } from "./codec.ts";
import { requireSignature, type Sign } from "./ed25519.ts";
import { aesOpen, aesSeal, hkdf, label, random, sha256 } from "./primitives.ts";
import { encodeExtensions, type Extension, readExtensions } from "./statements.ts";

/** What the server tells of an entry and the seal binds. */
export interface RecordPlace {
  suite: number;
  conversation: Bytes;
  epoch: number;
  /** Of the epoch record. */
  epochHash: Bytes;
  user: number;
  device: Bytes;
  clientId: Bytes;
  counter: number;
  kind: number;
  targetSeq: number;
}

export interface Inner {
  sentAt: number;
  /** Zeros without a target. */
  targetHash: Bytes;
  seen: { seq: number; hash: Bytes };
}

export interface Opened extends Inner {
  body: Bytes;
  salt: Bytes;
  signature: Bytes;
}

const INNER_BYTES = 80;
const AROUND_BODY = INNER_BYTES + 4 + 64;
const MOST_RECORD = 65_536;
/** In the largest bucket that a record has room for, 63,488 bytes. */
export const MOST_BODY = 63_488 - AROUND_BODY;

/** Padmé: at most 12 % more, few lengths. Exact below 2^31. */
export function padme(length: number): number {
  if (length < 2) return length;
  const e = 31 - Math.clz32(length);
  const step = 2 ** (e - (32 - Math.clz32(e)));
  return Math.ceil(length / step) * step;
}

export const bucket = (length: number): number => [256, 512, 1024].find((size) => length <= size) ?? padme(length);

export function encodeRecordPlace(place: RecordPlace): Bytes {
  const epoch = join(Uint8Array.of(1, place.suite), fixed(place.conversation, 16), u64(place.epoch), fixed(place.epochHash, 32));
  const sender = join(u64(place.user), fixed(place.device, 16), u8(0), fixed(place.clientId, 16), u64(place.counter));
  return join(epoch, sender, u16(place.kind), u64(place.targetSeq));
}

const encodeInner = (inner: Inner): Bytes =>
  join(u64(inner.sentAt), fixed(inner.targetHash, 32), u64(inner.seen.seq), fixed(inner.seen.hash, 32));

/** What the author signs. */
export const signedBytes = (aad: Bytes, salt: Bytes, inner: Bytes, body: Bytes): Bytes =>
  join(label("hearth record v1"), aad, salt, inner, sha256(body));

const recordKey = (epochKey: Bytes, salt: Bytes): Bytes => hkdf(epochKey, salt, label("hearth record key v1"));

/** Throws RangeError for a body above MOST_BODY bytes. */
export async function sealRecord(epochKey: Bytes, place: RecordPlace, inner: Inner, body: Bytes, sign: Sign, salt = random(16)): Promise<Bytes> {
  if (body.length > MOST_BODY) throw new RangeError(`a body is at most ${MOST_BODY} bytes`);
  const [aad, head] = [encodeRecordPlace(place), encodeInner(inner)];
  const content = join(head, lp32(body), await sign(signedBytes(aad, salt, head, body)));
  const padded = join(content, zeros(bucket(content.length) - content.length));
  return join(Uint8Array.of(1), salt, await aesSeal(recordKey(epochKey, salt), zeros(12), aad, padded));
}

function readPlaintext(plaintext: Bytes): Omit<Opened, "salt"> & { innerBytes: Bytes } {
  const reader = new Reader(plaintext);
  const [sentAt, targetHash, seen] = [reader.u64(), reader.take(32), { seq: reader.u64(), hash: reader.take(32) }];
  const length = reader.u32();
  const isRoom = length <= MOST_BODY && AROUND_BODY + length <= plaintext.length;
  check(isRoom && bucket(AROUND_BODY + length) === plaintext.length, "bad_padding", "not the bucket of this length");
  const [body, signature] = [reader.take(length), reader.take(64)];
  check(isZero(plaintext.subarray(reader.position)), "bad_padding", "padding that is not zeros");
  return { sentAt, targetHash, seen, body, signature, innerBytes: plaintext.slice(0, INNER_BYTES) };
}

/**
 * Checks 1 and 5 to 8 of 8.3; where the entry stands and who may write it are the caller's. `signKey` is that of the
 * listed device. Throws ProtocolError `unsupported`, `malformed`, `cannot_open`, `bad_padding`, `bad_signature`.
 */
export async function openRecord(epochKey: Bytes, place: RecordPlace, signKey: Bytes, record: Bytes): Promise<Opened> {
  check(record.length > 0 && record[0] === 1, "unsupported", "not a record of format 1");
  const length = record.length - 33;
  check(length >= 256 && record.length <= MOST_RECORD && bucket(length) === length, "malformed", "not the length of a record");
  const [salt, aad] = [record.slice(1, 17), encodeRecordPlace(place)];
  const plaintext = await aesOpen(recordKey(epochKey, salt), zeros(12), aad, record.slice(17));
  const { innerBytes, ...opened } = readPlaintext(plaintext);
  await requireSignature(signKey, opened.signature, signedBytes(aad, salt, innerBytes, opened.body));
  check((place.targetSeq === 0) === isZero(opened.targetHash), "malformed", "a target without a hash, or a hash without one");
  return { ...opened, salt };
}

export interface GossipHead {
  conversation: Bytes;
  epoch: number;
  /** The first 16 bytes of the record hash. */
  hash: Bytes;
}

export function encodeHeads(heads: readonly GossipHead[]): Bytes {
  return join(u8(heads.length), ...heads.map((head) => join(fixed(head.conversation, 16), u64(head.epoch), fixed(head.hash, 16))));
}

/** Throws ProtocolError `malformed`. */
export function readHeads(bytes: Bytes): GossipHead[] {
  const reader = new Reader(bytes);
  const count = reader.u8();
  check(count <= 32, "malformed", "more than 32 heads");
  const read = (): GossipHead => ({ conversation: reader.take(16), epoch: reader.u64(), hash: reader.take(16) });
  const heads = reader.sorted(count, read, (head) => head.conversation);
  reader.end();
  return heads;
}

export const encodeBody = (content: object, extensions: readonly Extension[]): Bytes =>
  join(lp32(text(JSON.stringify(content))), encodeExtensions(extensions));

const MOST_DEPTH = 32;

/** How deep objects and lists lie in each other, without recursion: 0 for a plain value. */
function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= MOST_DEPTH; depth += 1) {
    const containers = level.filter((one): one is object => typeof one === "object" && one !== null);
    if (containers.length === 0) return true;
    level = containers.flatMap((one) => Object.values(one));
  }
  return false;
}

/** A JSON object that is not too deep. Throws ProtocolError `malformed`. */
export function parseObject(written: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    check(false, "malformed", "not JSON");
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  check(isObject && isShallow(value), "malformed", "no object, or one that is too deep");
  return value as Record<string, unknown>;
}

/** Throws ProtocolError `malformed`, `unsupported`. */
export function readBody(bytes: Bytes): { content: { type: string }; extensions: Extension[] } {
  const reader = new Reader(bytes);
  const json = reader.lp32(MOST_BODY);
  const extensions = readExtensions(reader);
  reader.end();
  const content = parseObject(decodeText(json));
  check(typeof content["type"] === "string", "malformed", "no object with a type");
  return { content: content as { type: string }, extensions };
}

/** H(0) and H(s), 8.5. */
export const chainLog = (previous: Bytes, seq: number, kind: number, user: number, recordHash: Bytes): Bytes =>
  sha256(join(fixed(previous, 32), u64(seq), u16(kind), u64(user), fixed(recordHash, 32)));

