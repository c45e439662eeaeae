// Sealing to a public key (docs/protocol-encryption.md, 1.2). It hides, it never authenticates: check what comes out.
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

import type { Bytes } from "../../lib/bytes.ts";
import { check, fixed, join, ProtocolError } from "./codec.ts";
import { hash } from "./primitives.ts";

export const PUBLIC_KEY_BYTES = 1216;
export const ENC_BYTES = 1120;
/** Of 32 sealed bytes. */
export const WRAP_BYTES = 1168;

const kem = new XWing();
const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });

export const hashKemKey = (publicKey: Uint8Array): Bytes => hash("hearth kem key v1", fixed(publicKey, PUBLIC_KEY_BYTES));

/** The public key of a 32-byte X-Wing seed. */
export async function kemPublicKey(seed: Bytes): Promise<Bytes> {
  const pair = await kem.generateKeyPairDerand(fixed(seed, 32) as Bytes);
  return new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey));
}

/**
 * `ekm` (64 bytes of randomness) is given by vectors only. Throws ProtocolError `malformed`, and `bad_key` for a key to which
 * nothing can be sealed.
 */
export async function sealTo(publicKey: Bytes, info: Bytes, plaintext: Bytes, ekm?: Bytes): Promise<Bytes> {
  check(publicKey.length === PUBLIC_KEY_BYTES, "malformed", "an X-Wing key has 1,216 bytes");
  const recipientPublicKey = await suite.kem.deserializePublicKey(publicKey);
  try {
    const { enc, ct } = await suite.seal({ recipientPublicKey, info, ...(ekm && { ekm }) }, plaintext);
    return join(new Uint8Array(enc), new Uint8Array(ct));
  } catch {
    throw new ProtocolError("bad_key", "not a key of ML-KEM, or an X25519 part of low order");
  }
}

/** Opens a wrap of 32 bytes. Throws ProtocolError `malformed`, `cannot_open`. */
export async function openWith(seed: Bytes, info: Bytes, wrap: Bytes): Promise<Bytes> {
  check(wrap.length === WRAP_BYTES, "malformed", "a wrap has 1,168 bytes");
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(seed);
    const opened = await suite.open({ recipientKey, enc: wrap.slice(0, ENC_BYTES), info }, wrap.slice(ENC_BYTES));
    return new Uint8Array(opened);
  } catch {
    throw new ProtocolError("cannot_open", "sealed to another key, or for another place");
  }
}
