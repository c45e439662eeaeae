// Sealing to a public key (docs/protocol-encryption.md, 1.2): HPKE (RFC 9180) in base mode, one message for each key, no AAD, over
// X-Wing, HKDF-SHA256 and AES-256-GCM. It hides, it never authenticates: check what comes out.
import type { Bytes } from "../../lib/bytes.ts";
import { check, fixed, join, ProtocolError, text, zeros } from "./codec.ts";
import { aesOpen, aesSeal, hash, hkdfExpand, hkdfExtract } from "./primitives.ts";
import * as xWing from "./x-wing.ts";

export const PUBLIC_KEY_BYTES = 1216;
export const ENC_BYTES = 1120;
/** Of 32 sealed bytes. */
export const WRAP_BYTES = 1168;

const NONE = zeros(0);
const BASE_MODE = Uint8Array.of(0);
/** "HPKE" ‖ KEM 0x647a ‖ KDF 0x0001 ‖ AEAD 0x0002. */
const SUITE = join(text("HPKE"), Uint8Array.of(0x64, 0x7a, 0, 1, 0, 2));
const VERSION = text("HPKE-v1");

export const hashKemKey = (publicKey: Uint8Array): Bytes => hash("hearth kem key v1", fixed(publicKey, PUBLIC_KEY_BYTES));

/** The public key of a 32-byte X-Wing seed. */
export const kemPublicKey = (seed: Bytes): Promise<Bytes> => xWing.publicKeyOf(fixed(seed, 32) as Bytes);

const extract = (salt: Bytes, name: string, input: Bytes): Bytes => hkdfExtract(salt, join(VERSION, SUITE, text(name), input));

function expand(secret: Bytes, name: string, context: Bytes, length: number): Bytes {
  return hkdfExpand(secret, join(Uint8Array.of(0, length), VERSION, SUITE, text(name), context), length);
}

/** RFC 9180, 5.1, without a pre-shared key. */
function schedule(sharedSecret: Bytes, info: Bytes): { key: Bytes; nonce: Bytes } {
  const context = join(BASE_MODE, extract(NONE, "psk_id_hash", NONE), extract(NONE, "info_hash", info));
  const secret = extract(sharedSecret, "secret", NONE);
  return { key: expand(secret, "key", context, 32), nonce: expand(secret, "base_nonce", context, 12) };
}

/**
 * `ekm` (64 bytes of randomness) is given by vectors only. Throws ProtocolError `malformed`, and `bad_key` for a key to which
 * nothing can be sealed.
 */
export async function sealTo(publicKey: Bytes, info: Bytes, plaintext: Bytes, ekm?: Bytes): Promise<Bytes> {
  check(publicKey.length === PUBLIC_KEY_BYTES, "malformed", "an X-Wing key has 1,216 bytes");
  const { ciphertext, sharedSecret } = await xWing.encapsulate(publicKey, ekm);
  const { key, nonce } = schedule(sharedSecret, info);
  return join(ciphertext, await aesSeal(key, nonce, NONE, plaintext));
}

/** Opens a wrap of 32 bytes. Throws ProtocolError `malformed`, `cannot_open`. */
export async function openWith(seed: Bytes, info: Bytes, wrap: Bytes): Promise<Bytes> {
  check(wrap.length === WRAP_BYTES, "malformed", "a wrap has 1,168 bytes");
  const { key, nonce } = schedule(await decapsulate(fixed(seed, 32) as Bytes, wrap.slice(0, ENC_BYTES)), info);
  return aesOpen(key, nonce, NONE, wrap.slice(ENC_BYTES));
}

async function decapsulate(seed: Bytes, enc: Bytes): Promise<Bytes> {
  try {
    return await xWing.decapsulate(seed, enc);
  } catch (error) {
    throw error instanceof ProtocolError ? new ProtocolError("cannot_open", "an ephemeral X25519 key of low order") : error;
  }
}
