import { ml_kem768_x25519 as noble } from "@noble/post-quantum/hybrid.js";
import { describe, expect, test, vi } from "vitest";

import { type Bytes, fromHex, toHex } from "../../lib/bytes.ts";
import { join, zeros } from "./codec.ts";
import { random, sha256 } from "./primitives.ts";
import { decapsulate, encapsulate, publicKeyOf } from "./x-wing.ts";

/** Of draft-connolly-cfrg-xwing-kem (appendix C since -06); of keys and ciphertexts the SHA-256. */
const VECTORS = [
  {
    seed: "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
    eseed: "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
    ss: "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
    pk: "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
    ct: "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
  },
  {
    seed: "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
    eseed: "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdefaee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
    ss: "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
    pk: "c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916",
    ct: "1661ea86d608a1924ba30840cb0a65f13ae051e3aec9cf0f064efc0bc92f2154",
  },
  {
    seed: "ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
    eseed: "22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b",
    ss: "953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f",
    pk: "6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95",
    ct: "d3ca5578500344b5896cffc4fd740c9311946b82951df155e6fd86a7966b43c6",
  },
];

describe("the draft's vectors", () => {
  test.each(VECTORS)("$seed", async (vector) => {
    const publicKey = await publicKeyOf(fromHex(vector.seed));
    const { ciphertext, sharedSecret } = await encapsulate(publicKey, fromHex(vector.eseed));
    const opened = await decapsulate(fromHex(vector.seed), ciphertext);
    expect([sha256(publicKey), sha256(ciphertext), sharedSecret, opened].map(toHex)).toEqual([vector.pk, vector.ct, vector.ss, vector.ss]);
  });
});

/** What the library makes of the same, which has a whole X-Wing: only too large a one. */
async function compareWithNoble(seed: Bytes, ekm: Bytes, edit: (ciphertext: Bytes) => void): Promise<void> {
  const publicKey = await publicKeyOf(seed);
  expect(toHex(publicKey)).toBe(toHex(noble.keygen(seed).publicKey));
  const { ciphertext, sharedSecret } = await encapsulate(publicKey, ekm);
  const theirs = noble.encapsulate(publicKey, ekm);
  expect([ciphertext, sharedSecret].map(toHex)).toEqual([theirs.cipherText, theirs.sharedSecret].map(toHex));
  edit(ciphertext);
  expect(toHex(await decapsulate(seed, ciphertext))).toBe(toHex(noble.decapsulate(ciphertext, seed)));
}

test("random keys and ciphertexts, whole and changed, are the library's own X-Wing", async () => {
  for (let tries = 0; tries < 12; tries += 1) {
    const at = Math.floor(Math.random() * 1120);
    await compareWithNoble(random(32), random(64), (ciphertext) => tries % 2 === 1 && (ciphertext[at]! ^= 1 << (tries % 8)));
  }
});

test("without randomness given, no two ciphertexts are alike", async () => {
  const publicKey = await publicKeyOf(zeros(32));
  const [one, other] = [await encapsulate(publicKey), await encapsulate(publicKey)];
  for (const part of [(all: Bytes) => all.subarray(0, 1088), (all: Bytes) => all.subarray(1088)]) {
    expect(toHex(part(one.ciphertext))).not.toBe(toHex(part(other.ciphertext)));
  }
});

test("what is overwritten is never the caller's", async () => {
  const [seed, ekm] = [random(32), random(64)];
  const before = [seed, ekm].map(toHex);
  const publicKey = await publicKeyOf(seed);
  const key = toHex(publicKey);
  await decapsulate(seed, (await encapsulate(publicKey, ekm)).ciphertext);
  expect([[seed, ekm].map(toHex), toHex(publicKey)]).toEqual([before, key]);
});

test("the randomness of an encapsulation is overwritten, also of one that fails", async () => {
  const publicKey = await publicKeyOf(random(32));
  const drawn = vi.spyOn(crypto, "getRandomValues");
  await encapsulate(publicKey);
  await expect(encapsulate(join(publicKey.subarray(0, 1184), zeros(32)))).rejects.toMatchObject({ verdict: "bad_key" });
  expect(drawn.mock.results.map(({ value }) => value as Bytes)).toEqual([zeros(64), zeros(64)]);
  drawn.mockRestore();
});

test("no key of ML-KEM, and X25519 parts of low order", async () => {
  const seed = random(32);
  const publicKey = await publicKeyOf(seed);
  const { ciphertext } = await encapsulate(publicKey);
  const unreduced = publicKey.slice();
  unreduced.fill(255, 0, 3);
  await expect(encapsulate(unreduced)).rejects.toMatchObject({ verdict: "bad_key" });
  await expect(encapsulate(join(publicKey.subarray(0, 1184), zeros(32)))).rejects.toMatchObject({ verdict: "bad_key" });
  await expect(decapsulate(seed, join(ciphertext.subarray(0, 1088), zeros(32)))).rejects.toMatchObject({ verdict: "bad_key" });
});
