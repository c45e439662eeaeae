// Secrets as they lie in a device's storage: each under AES-256-GCM with a key that the browser holds and no script can read.
import type { Bytes } from "../../lib/bytes.ts";
import { text } from "../protocol/codec.ts";
import { random } from "../protocol/primitives.ts";

/** Bound to the name under which it lies. */
export interface Wrapped {
  iv: Bytes;
  sealed: Bytes;
}

export const makeWrappingKey = (): Promise<CryptoKey> =>
  crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

export async function wrapSecret(key: CryptoKey, name: string, secret: Bytes): Promise<Wrapped> {
  const iv = random(12);
  const how = { name: "AES-GCM", iv, additionalData: text(name) };
  return { iv, sealed: new Uint8Array(await crypto.subtle.encrypt(how, key, secret)) };
}

/** Throws Error when it was not wrapped under this key and name. */
export async function unwrapSecret(key: CryptoKey, name: string, wrapped: Wrapped): Promise<Bytes> {
  const how = { name: "AES-GCM", iv: wrapped.iv, additionalData: text(name) };
  return new Uint8Array(await crypto.subtle.decrypt(how, key, wrapped.sealed));
}
