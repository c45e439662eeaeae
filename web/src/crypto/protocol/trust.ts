// Numbers and links that people compare or hand over themselves (docs/protocol-encryption.md, 9.3 and 9.4).
import { type Bytes, toBase64Url } from "../../lib/bytes.ts";
import { fixed, join, u64, zeros } from "./codec.ts";
import { publicKeyOf, signWithSeed, verify } from "./ed25519.ts";
import { hash, hkdf, label, sha256 } from "./primitives.ts";

export const ITERATIONS = 5200;

/** One side of a safety number. */
export interface Person {
  server: Bytes;
  user: number;
  identityKey: Bytes;
}

const encodePerson = (one: Person): Bytes => join(fixed(one.server, 16), u64(one.user), fixed(one.identityKey, 32));

export const fingerprint = (one: Person): Bytes => hash("hearth fingerprint v1", encodePerson(one)).slice(0, 16);

function iterate(start: Bytes, salt: Bytes): Bytes {
  let value = start;
  for (let round = 0; round < ITERATIONS; round += 1) value = sha256(join(value, salt));
  return value;
}

/** 30 digits of the first 30 bytes. */
export function digits(bytes: Bytes): string {
  const group = (at: number): number => [0, 1, 2, 3, 4].reduce((sum, offset) => sum * 256 + bytes[at + offset]!, 0) % 100_000;
  return [0, 5, 10, 15, 20, 25].map((at) => String(group(at)).padStart(5, "0")).join("");
}

export const halfOfSafetyNumber = (one: Person): Bytes => iterate(hash("hearth safety number v1", encodePerson(one)), fixed(one.identityKey, 32) as Bytes);

/** 60 digits, the same from both sides. */
export function safetyNumber(a: Person, b: Person): string {
  return [digits(halfOfSafetyNumber(a)), digits(halfOfSafetyNumber(b))].sort().join("");
}

const QR_PREFIX = "hearth-safety:1:";

/** The text of the QR code that `shower` shows to `other`, who expects exactly this. */
export function safetyCode(shower: Person, other: Person): string {
  return QR_PREFIX + toBase64Url(join(halfOfSafetyNumber(shower), halfOfSafetyNumber(other)));
}

/** 30 digits. `seq` is that of the epoch's entry, `logHash` H(seq). */
export function conversationCode(conversation: Bytes, n: number, recordHash: Bytes, seq: number, logHash: Bytes): string {
  const start = hash("hearth conversation code v1", fixed(conversation, 16), u64(n), fixed(recordHash, 32), u64(seq), fixed(logHash, 32));
  return digits(iterate(start, start));
}

const linkSeed = (secret: Bytes): Bytes => hkdf(fixed(secret, 32), zeros(0), label("hearth link v1"));
const joinBytes = (conversation: Bytes, one: Person): Bytes =>
  join(label("hearth join v1"), fixed(one.server, 16), fixed(conversation, 16), u64(one.user), fixed(one.identityKey, 32));

/** What stands in the settings for an invite link with this secret. */
export const linkPublicKey = (secret: Bytes): Promise<Bytes> => publicKeyOf(linkSeed(secret));
export const signJoin = (secret: Bytes, conversation: Bytes, one: Person): Promise<Bytes> => signWithSeed(linkSeed(secret))(joinBytes(conversation, one));
export const verifyJoin = (publicKey: Bytes, conversation: Bytes, one: Person, signature: Bytes): Promise<boolean> =>
  verify(publicKey, signature, joinBytes(conversation, one));
