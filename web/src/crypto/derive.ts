// From a password to the key that signs in and the key that will open the vault (e2ee.md section 2). The server sees
// auth_key only. hearth/client derives the same bytes; tests/vectors/derive.json holds both to it.
import { argon2id } from "hash-wasm";

import type { Bytes } from "../lib/bytes.ts";
import { encodePassword } from "../lib/password.ts";

/** memory in KiB. */
export interface Stretching {
  memory: number;
  iterations: number;
  parallelism: number;
}

export interface PasswordKeys {
  authKey: Bytes;
  kek: Bytes;
}

const utf8 = new TextEncoder();

async function expand(master: CryptoKey, label: string): Promise<Bytes> {
  const info = utf8.encode(`${label}\0`);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  return new Uint8Array(await crypto.subtle.deriveBits(how, master, 256));
}

/** Costs what `stretching` says: about a second at full cost. Call it in the worker (derive-keys.ts), not in the page. */
export async function derivePasswordKeys(password: string, salt: Bytes, stretching: Stretching): Promise<PasswordKeys> {
  const master = await argon2id({
    password: encodePassword(password),
    salt,
    memorySize: stretching.memory,
    iterations: stretching.iterations,
    parallelism: stretching.parallelism,
    hashLength: 32,
    outputType: "binary",
  });
  const key = await crypto.subtle.importKey("raw", new Uint8Array(master), "HKDF", false, ["deriveBits"]);
  master.fill(0);
  return { authKey: await expand(key, "hearth auth v1"), kek: await expand(key, "hearth kek v1") };
}
