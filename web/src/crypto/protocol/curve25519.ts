// Ed25519 and X25519 by noble, for engines without them and for whoever holds an Ed25519 seed, which no engine turns into a public key.
// load-curve25519.ts fetches it when it is first needed.
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

import type { Bytes } from "../../lib/bytes.ts";
import { equal, join } from "./codec.ts";
import { L, littleEndian } from "./ed25519.ts";

/** Rule 4 of docs/protocol-encryption.md, 1.1: [S]B - [k]A, encoded, is R. */
export function verifyWithoutCofactor(publicKey: Bytes, signature: Bytes, message: Bytes): boolean {
  try {
    const A = ed25519.Point.fromBytes(publicKey);
    const k = littleEndian(sha512(join(signature.subarray(0, 32), publicKey, message))) % L;
    const S = littleEndian(signature.subarray(32));
    const sB = S === 0n ? ed25519.Point.ZERO : ed25519.Point.BASE.multiply(S);
    return equal(sB.subtract(k === 0n ? ed25519.Point.ZERO : A.multiplyUnsafe(k)).toBytes(), signature.subarray(0, 32));
  } catch {
    return false;
  }
}

export const sign = (seed: Bytes, message: Bytes): Bytes => new Uint8Array(ed25519.sign(message, seed));
export const publicKeyOf = (seed: Bytes): Bytes => new Uint8Array(ed25519.getPublicKey(seed));

const isBasePoint = (u: Bytes): boolean => equal(u, x25519.GuBytes);

/** RFC 7748, 5. Throws for a point of low order. */
export const multiply = (scalar: Bytes, u: Bytes): Bytes =>
  new Uint8Array(isBasePoint(u) ? x25519.getPublicKey(scalar) : x25519.getSharedSecret(scalar, u));
