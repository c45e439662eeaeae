// Ed25519 that judges alike in every engine (docs/protocol-encryption.md, 1.1): strict checks, then no cofactor.
import { type Bytes, toHex } from "../../lib/bytes.ts";
import { check } from "./codec.ts";
import { loadCurve25519 } from "./load-curve25519.ts";

export const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The canonical encodings of the eight points whose order divides 8. */
export const SMALL_ORDER: ReadonlySet<string> = new Set([
  `01${"00".repeat(31)}`,
  `ec${"ff".repeat(30)}7f`,
  "00".repeat(32),
  `${"00".repeat(31)}80`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]);

/** Besides: x = 0 with a sign, at y = 1 and y = -1. */
const REFUSED: ReadonlySet<string> = new Set([...SMALL_ORDER, `01${"00".repeat(30)}80`, `ec${"ff".repeat(31)}`]);

export const littleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.slice().reverse())}`);

/** Whether y is below 2^255 - 19: not all bits above the lowest byte are set, or that one is below 0xed. */
const isReduced = (bytes: Uint8Array): boolean => (bytes[31]! & 0x7f) !== 0x7f || bytes[0]! < 0xed || bytes.subarray(1, 31).some((byte) => byte !== 0xff);

/** Rules 1 and 2: canonical and not of small order. */
export const isGoodPoint = (bytes: Uint8Array): boolean => bytes.length === 32 && isReduced(bytes) && !REFUSED.has(toHex(bytes));

/** Rule 3: S < L, which is a little above 2^252. */
const isGoodScalar = (bytes: Uint8Array): boolean => bytes[31]! < 0x10 || littleEndian(bytes) < L;

/** Keys that were used last: a page of messages is signed by few. */
const imported = new Map<string, Promise<CryptoKey>>();
const MOST_IMPORTED = 64;

function importOnce(publicKey: Bytes): Promise<CryptoKey> {
  const name = toHex(publicKey);
  const there = imported.get(name);
  if (there !== undefined) return there;
  const key = crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  if (imported.size >= MOST_IMPORTED) imported.clear();
  imported.set(name, key);
  return key;
}

async function verifyInEngine(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  let key: CryptoKey;
  try {
    key = await importOnce(publicKey);
  } catch {
    // No Ed25519 in this engine, or it refuses the key: noble has the last word on both.
    return (await loadCurve25519()).verifyWithoutCofactor(publicKey, signature, message);
  }
  return crypto.subtle.verify("Ed25519", key, signature, message);
}

export async function verify(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  if (signature.length !== 64 || !isGoodPoint(publicKey) || !isGoodPoint(signature.subarray(0, 32))) return false;
  if (!isGoodScalar(signature.subarray(32))) return false;
  return verifyInEngine(publicKey, signature, message);
}

/** Throws ProtocolError `bad_signature`. */
export async function requireSignature(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<void> {
  check(await verify(publicKey, signature, message), "bad_signature", "not signed by this key");
}

/** Signs with a key that the caller holds: a seed, or a CryptoKey that cannot be read. */
export type Sign = (message: Bytes) => Promise<Bytes>;

export const signWithSeed = (seed: Bytes): Sign => async (message) => (await loadCurve25519()).sign(seed, message);
export const publicKeyOf = async (seed: Bytes): Promise<Bytes> => (await loadCurve25519()).publicKeyOf(seed);
