// X-Wing (draft-connolly-cfrg-xwing-kem, section 5): ML-KEM-768 and X25519 from one seed of 32 bytes. Private keys, the randomness that
// they are made of and shared secrets on the way are overwritten. Lengths are checked by who calls.
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { ml_kem768 as mlKem } from "@noble/post-quantum/ml-kem.js";

import type { Bytes } from "../../lib/bytes.ts";
import { join, ProtocolError, text } from "./codec.ts";
import { random, wipe } from "./primitives.ts";
import { multiply, multiplyBase } from "./x25519.ts";

const ML_KEM_PUBLIC_BYTES = 1184;
const ML_KEM_CIPHERTEXT_BYTES = 1088;
/** XWingLabel. */
const LABEL = text("\\.//^\\");

interface KeyPair {
  mlKemSecret: Uint8Array;
  mlKemPublic: Uint8Array;
  x25519Secret: Bytes;
  x25519Public: Bytes;
}

/** Hands the key pair of a seed to `use`, and overwrites it then. */
async function withKeyPair<T>(seed: Bytes, use: (pair: KeyPair) => Promise<T> | T): Promise<T> {
  const expanded = new Uint8Array(shake256(seed, { dkLen: 96 }));
  const x25519Secret = expanded.subarray(64);
  const { secretKey: mlKemSecret, publicKey: mlKemPublic } = mlKem.keygen(expanded.subarray(0, 64));
  try {
    return await use({ mlKemSecret, mlKemPublic, x25519Secret, x25519Public: await multiplyBase(x25519Secret) });
  } finally {
    wipe(expanded, mlKemSecret);
  }
}

/** `Combiner`. Overwrites both shared secrets. */
function combine(mlKemShared: Uint8Array, x25519Shared: Uint8Array, x25519Ciphertext: Uint8Array, x25519Public: Uint8Array): Bytes {
  const all = join(mlKemShared, x25519Shared, x25519Ciphertext, x25519Public, LABEL);
  const shared = new Uint8Array(sha3_256(all));
  wipe(all, mlKemShared, x25519Shared);
  return shared;
}

function encapsulateMlKem(publicKey: Bytes, randomness: Bytes): { cipherText: Uint8Array; sharedSecret: Uint8Array } {
  try {
    return mlKem.encapsulate(publicKey, randomness);
  } catch {
    throw new ProtocolError("bad_key", "not a key of ML-KEM");
  }
}

export const publicKeyOf = (seed: Bytes): Promise<Bytes> => withKeyPair(seed, ({ mlKemPublic, x25519Public }) => join(mlKemPublic, x25519Public));

/** `given` is 64 bytes of randomness. Throws ProtocolError `bad_key`: no key of ML-KEM, or an X25519 part of low order. */
export async function encapsulate(publicKey: Bytes, given?: Bytes): Promise<{ ciphertext: Bytes; sharedSecret: Bytes }> {
  const x25519Public = publicKey.subarray(ML_KEM_PUBLIC_BYTES);
  const ekm = given?.slice() ?? random(64);
  const ephemeral = ekm.subarray(32);
  try {
    const [x25519Ciphertext, x25519Shared] = [await multiplyBase(ephemeral), await multiply(ephemeral, x25519Public)];
    const { cipherText, sharedSecret } = encapsulateMlKem(publicKey.subarray(0, ML_KEM_PUBLIC_BYTES), ekm.subarray(0, 32));
    return { ciphertext: join(cipherText, x25519Ciphertext), sharedSecret: combine(sharedSecret, x25519Shared, x25519Ciphertext, x25519Public) };
  } finally {
    wipe(ekm);
  }
}

/** Throws ProtocolError `bad_key`: an ephemeral X25519 key of low order. */
export function decapsulate(seed: Bytes, ciphertext: Bytes): Promise<Bytes> {
  const x25519Ciphertext = ciphertext.subarray(ML_KEM_CIPHERTEXT_BYTES);
  return withKeyPair(seed, async ({ mlKemSecret, x25519Secret, x25519Public }) => {
    const x25519Shared = await multiply(x25519Secret, x25519Ciphertext);
    const mlKemShared = mlKem.decapsulate(ciphertext.subarray(0, ML_KEM_CIPHERTEXT_BYTES), mlKemSecret);
    return combine(mlKemShared, x25519Shared, x25519Ciphertext, x25519Public);
  });
}
