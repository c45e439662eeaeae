// The parts of suite 1 (docs/protocol-encryption.md, 1): labels, hashes, HKDF, and the box for all that is sealed symmetrically.
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac as nobleHmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

import type { Bytes } from "../../lib/bytes.ts";
import { check, join, ProtocolError, text, zeros } from "./codec.ts";

/** Every label there is (1.5). */
export type Name =
  | "hearth recovery auth v1" | "hearth recovery kem v1" | "hearth recovery tag v1" | "hearth recovery check v1"
  | "hearth kem key v1" | "hearth fingerprint v1" | "hearth vault key v1" | "hearth vault v1" | "hearth vault wrap v1"
  | "hearth vault way v1" | "hearth vault way tag v1" | "hearth user chain v1" | "hearth identity v1"
  | "hearth generation statement v1" | "hearth generation v1" | "hearth generation wrap v1" | "hearth predecessor v1"
  | "hearth set v1" | "hearth row set v1" | "hearth pin v1" | "hearth private v1" | "hearth receive v1" | "hearth row v1" | "hearth direct v1" | "hearth self v1" | "hearth group v1"
  | "hearth epoch v1" | "hearth roster v1" | "hearth epoch commitment v1" | "hearth epoch key v1" | "hearth epoch wrap v1"
  | "hearth rewrap request v1" | "hearth rewrap v1" | "hearth history wrap v1" | "hearth history v1" | "hearth leave v1"
  | "hearth restored v1" | "hearth record v1" | "hearth record key v1" | "hearth log v1" | "hearth file v1" | "hearth call v1"
  | "hearth join v1" | "hearth link v1" | "hearth conversation code v1" | "hearth safety number v1";

export const label = (name: Name): Bytes => text(`${name}\0`);
export const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(nobleSha256(bytes));
export const hash = (name: Name, ...parts: Uint8Array[]): Bytes => sha256(join(label(name), ...parts));
export const hmac = (key: Uint8Array, message: Uint8Array): Bytes => new Uint8Array(nobleHmac(nobleSha256, key, message));

/** RFC 5869, 2.2. */
export const hkdfExtract = (salt: Uint8Array, input: Uint8Array): Bytes => new Uint8Array(extract(nobleSha256, input, salt));
/** RFC 5869, 2.3; `length` in bytes. */
export const hkdfExpand = (key: Uint8Array, info: Uint8Array, length: number): Bytes => new Uint8Array(expand(nobleSha256, key, info, length));

/** 32 bytes. */
export const hkdf = (key: Uint8Array, salt: Uint8Array, info: Uint8Array): Bytes => hkdfExpand(hkdfExtract(salt, key), info, 32);

export const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/** Overwrites: an engine may have copies, we keep none. */
export function wipe(...secrets: Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}

/** In a time that does not depend on where they differ. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) difference |= a[at]! ^ (b[at] ?? 0);
  return difference === 0;
}

async function aesKey(key: Bytes, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, [usage]);
}

export async function aesSeal(key: Bytes, nonce: Bytes, aad: Bytes, plaintext: Bytes): Promise<Bytes> {
  const how = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return new Uint8Array(await crypto.subtle.encrypt(how, await aesKey(key, "encrypt"), plaintext));
}

/** Throws ProtocolError `cannot_open`. */
export async function aesOpen(key: Bytes, nonce: Bytes, aad: Bytes, ciphertext: Bytes): Promise<Bytes> {
  const how = { name: "AES-GCM", iv: nonce, additionalData: aad };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, await aesKey(key, "decrypt"), ciphertext));
  } catch {
    throw new ProtocolError("cannot_open", "another key, or the bytes were changed");
  }
}

/** 1.3. `salt` is given by vectors only. */
export async function sealBox(key: Bytes, name: Name, aad: Bytes, plaintext: Bytes, salt = random(16)): Promise<Bytes> {
  return join(Uint8Array.of(1), salt, await aesSeal(hkdf(key, salt, label(name)), zeros(12), aad, plaintext));
}

/** Throws ProtocolError `malformed`, `unsupported`, `cannot_open`. */
export async function openBox(key: Bytes, name: Name, aad: Bytes, box: Uint8Array): Promise<Bytes> {
  check(box.length > 0, "malformed", "an empty box");
  check(box[0] === 1, "unsupported", "a box of another version");
  check(box.length >= 33, "malformed", "a box that is too short");
  return aesOpen(hkdf(key, box.subarray(1, 17), label(name)), zeros(12), aad, box.slice(17) as Bytes);
}
