import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { fromHex, toHex } from "../../lib/bytes.ts";
import { join, zeros } from "./codec.ts";
import * as own from "./curve25519.ts";
import { random } from "./primitives.ts";
import type * as X25519 from "./x25519.ts";

const NINE = join(Uint8Array.of(9), zeros(31));

/** RFC 7748, 5.2: scalar, u, product. The last is one turn of its iteration. */
const KNOWN = [
  ["a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"],
  ["4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"],
  [toHex(NINE), toHex(NINE), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"],
] as const;

/** Each point whose order divides 8, on the curve or its twist, and encodings that are not reduced. */
const LOW_ORDER = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
  `${"00".repeat(31)}80`,
];

const ENGINES: [string, () => void, boolean][] = [
  ["X25519 of the engine", () => undefined, true],
  ["our own: the engine has none", () => vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(new DOMException("", "NotSupportedError")), false],
  ["our own: the engine's is wrong", () => vi.spyOn(crypto.subtle, "deriveBits").mockImplementation(() => Promise.resolve(random(32).buffer)), false],
];

let x25519: typeof X25519;

beforeEach(async () => {
  vi.resetModules();
  x25519 = await import("./x25519.ts");
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.doUnmock("./curve25519.ts");
});

describe.each(ENGINES)("%s", (_, prepare, isInEngine) => {
  // In braces: a function that comes back is called afterwards, and a spy is one.
  beforeEach(() => {
    prepare();
  });

  test("gives what the standard says", async () => {
    for (const [scalar, u, product] of KNOWN) expect(toHex(await x25519.multiply(fromHex(scalar), fromHex(u)))).toBe(product);
    expect(toHex(await x25519.multiplyBase(NINE))).toBe(KNOWN[2][2]);
  });

  test("gives what the others give, for points that are not reduced, too", async () => {
    const points = [...Array.from({ length: 12 }, () => random(32)), fromHex(`f0${"ff".repeat(31)}`), NINE];
    for (const u of points) {
      const scalar = random(32);
      expect(toHex(await x25519.multiply(scalar, u))).toBe(toHex(own.multiply(scalar, u)));
      expect(toHex(await x25519.multiplyBase(scalar))).toBe(toHex(own.multiply(scalar, NINE)));
    }
  });

  test.each(LOW_ORDER)("refuses %s", async (u) => {
    await expect(x25519.multiply(random(32), fromHex(u))).rejects.toMatchObject({ verdict: "bad_key" });
  });

  test("is what is used", async () => {
    vi.doMock("./curve25519.ts", () => ({ multiply: () => NINE }));
    expect(toHex(await x25519.multiply(random(32), random(32))) === toHex(NINE)).toBe(!isInEngine);
  });
});

test("a product of zeros is refused where the engine does not look", async () => {
  await x25519.multiplyBase(NINE);
  vi.spyOn(crypto.subtle, "deriveBits").mockResolvedValue(new ArrayBuffer(32));
  await expect(x25519.multiply(random(32), random(32))).rejects.toMatchObject({ verdict: "bad_key" });
});

test("that our own did not come says nothing about the key", async () => {
  vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(new DOMException("", "NotSupportedError"));
  vi.doMock("./curve25519.ts", () => {
    throw new TypeError("no network");
  });
  await expect(x25519.multiply(random(32), NINE)).rejects.toMatchObject({ name: "NotFetched" });
});
