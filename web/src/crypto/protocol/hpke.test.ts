import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { expect, test } from "vitest";

import { fromHex, toHex } from "../../lib/bytes.ts";
import { ENC_BYTES, kemPublicKey, openWith, sealTo, WRAP_BYTES } from "./hpke.ts";
import { join } from "./codec.ts";
import { random } from "./primitives.ts";

const info = new TextEncoder().encode("info");

test("what is sealed to a seed's public key opens with the seed", async () => {
  const seed = random(32);
  const wrap = await sealTo(await kemPublicKey(seed), info, new Uint8Array(32).fill(7));
  expect(wrap.length).toBe(WRAP_BYTES);
  expect(toHex(await openWith(seed, info, wrap))).toBe("07".repeat(32));
});

test("another seed, another info, a changed or a short wrap do not open", async () => {
  const seed = random(32);
  const wrap = await sealTo(await kemPublicKey(seed), info, new Uint8Array(32));
  const changed = wrap.slice();
  changed[1167]! ^= 1;
  await expect(openWith(random(32), info, wrap)).rejects.toThrow("cannot_open");
  await expect(openWith(seed, fromHex("00"), wrap)).rejects.toThrow("cannot_open");
  await expect(openWith(seed, info, changed)).rejects.toThrow("cannot_open");
  await expect(openWith(seed, info, wrap.slice(1))).rejects.toThrow("malformed");
});

test("another library opens what is sealed here, and seals what opens here", async () => {
  const kem = new XWing();
  const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const [seed, plaintext, ekm] = [random(32), random(32), random(64)];
  const publicKey = await kemPublicKey(seed);
  const sealed = await sealTo(publicKey, info, plaintext, ekm);
  const { enc, ct } = await suite.seal({ recipientPublicKey: await kem.deserializePublicKey(publicKey), info, ekm }, plaintext);
  expect(toHex(join(new Uint8Array(enc), new Uint8Array(ct)))).toBe(toHex(sealed));
  const recipientKey = await kem.deserializePrivateKey(seed);
  const opened = await suite.open({ recipientKey, enc: sealed.slice(0, ENC_BYTES), info }, sealed.slice(ENC_BYTES));
  expect(toHex(new Uint8Array(opened))).toBe(toHex(plaintext));
});
