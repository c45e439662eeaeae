import { expect, test } from "vitest";

import { fromHex, toHex } from "../../lib/bytes.ts";
import { kemPublicKey, openWith, sealTo, WRAP_BYTES } from "./hpke.ts";
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
