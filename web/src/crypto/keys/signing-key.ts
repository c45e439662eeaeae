// A device's Ed25519 key. Where the engine has Ed25519 in WebCrypto (Chromium 137, Firefox 129, Safari 17 and later) it is a
// CryptoKey that no script can read. Older ones (down to Chrome 109, Firefox 115, Safari 16.4) have none: there the seed
// lies wrapped like the other secrets, and signs in our own code.
import type { Bytes } from "../../lib/bytes.ts";
import { publicKeyOf, type Sign, signWithSeed } from "../protocol/ed25519.ts";
import { random } from "../protocol/primitives.ts";
import { unwrapSecret, type Wrapped, wrapSecret } from "./sealed-box.ts";

export type StoredSigningKey = { kind: "engine"; key: CryptoKey; publicKey: Bytes } | { kind: "seed"; wrapped: Wrapped; publicKey: Bytes };

const NAME = "signing key";

async function makeInEngine(): Promise<StoredSigningKey | null> {
  try {
    const pair = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return { kind: "engine", key: pair.privateKey, publicKey };
  } catch {
    // No Ed25519 in this engine.
    return null;
  }
}

/** Never in the engine when `mayUseEngine` is false: its database cannot keep such keys. */
export async function makeSigningKey(wrappingKey: CryptoKey, mayUseEngine = true): Promise<StoredSigningKey> {
  const made = mayUseEngine ? await makeInEngine() : null;
  if (made !== null) return made;
  const seed = random(32);
  return { kind: "seed", wrapped: await wrapSecret(wrappingKey, NAME, seed), publicKey: await publicKeyOf(seed) };
}

export async function openSigningKey(wrappingKey: CryptoKey, stored: StoredSigningKey): Promise<Sign> {
  if (stored.kind === "seed") return signWithSeed(await unwrapSecret(wrappingKey, NAME, stored.wrapped));
  return async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", stored.key, message));
}
