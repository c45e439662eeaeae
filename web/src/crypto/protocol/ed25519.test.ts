import { readFileSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { fromHex, toHex } from "../../lib/bytes.ts";
import type * as Ed25519 from "./ed25519.ts";
import { isGoodPoint, publicKeyOf, signWithSeed, SMALL_ORDER, verify } from "./ed25519.ts";
import { random } from "./primitives.ts";
import type { VectorFile } from "./vectors/form.ts";

const file = new URL("../../../../tests/vectors/ed25519.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as VectorFile;
const part = (name: string, field: string): ReturnType<typeof fromHex> => fromHex(vectors.find((one) => one.name === name)!.in[field] as string);

const littleEndian = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
const encode = (number: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, at) => Number((number >> BigInt(8 * at)) & 255n));

test("a point is good when its number says so, at every edge and by chance", () => {
  const P = 2n ** 255n - 19n;
  const isGood = (bytes: Uint8Array): boolean => {
    const [sign, y] = [bytes[31]! >> 7, littleEndian(bytes) & (2n ** 255n - 1n)];
    return y < P && !(sign === 1 && (y === 1n || y === P - 1n)) && !SMALL_ORDER.has(toHex(bytes));
  };
  const edges = [0n, 1n, 2n, P - 2n, P - 1n, P, P + 1n, P + 18n, 2n ** 255n - 1n, 2n ** 247n, P - 2n ** 8n, P - 2n ** 200n];
  const chosen = [...edges, ...edges.map((y) => y + 2n ** 255n)].map(encode).concat([...SMALL_ORDER].map(fromHex));
  const drawn = Array.from({ length: 500 }, () => crypto.getRandomValues(new Uint8Array(32)));
  for (const bytes of [...chosen, ...drawn]) expect([toHex(bytes), isGoodPoint(bytes)]).toEqual([toHex(bytes), isGood(bytes)]);
});

test("a key with a small-order part passes the list of points: only the missing cofactor refuses it", () => {
  expect(isGoodPoint(part("a key with a small-order part", "public"))).toBe(true);
});

test("what a seed signs is good to the engine", async () => {
  const [seed, message] = [random(32), random(100)];
  expect(await verify(await publicKeyOf(seed), await signWithSeed(seed)(message), message)).toBe(true);
});

describe("in an engine without Ed25519", () => {
  let ed25519: typeof Ed25519;
  beforeEach(async () => {
    vi.resetModules();
    vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(new DOMException("", "NotSupportedError"));
    ed25519 = await import("./ed25519.ts");
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.doUnmock("./curve25519.ts");
  });
  const verifyIn = (name: string): Promise<boolean> => ed25519.verify(part(name, "public"), part(name, "signature"), part(name, "message"));

  test.each(vectors)("$name", async ({ name, out }) => expect({ valid: await verifyIn(name) }).toEqual(out));

  test("a key that is no point signs nothing", async () => {
    const noPoint = fromHex(`02${"00".repeat(31)}`);
    expect(isGoodPoint(noPoint)).toBe(true);
    expect(await ed25519.verify(noPoint, part("a good one", "signature"), part("a good one", "message"))).toBe(false);
  });

  test("that our own did not come is no verdict", async () => {
    vi.doMock("./curve25519.ts", () => {
      throw new TypeError("no network");
    });
    await expect(verifyIn("a good one")).rejects.toMatchObject({ name: "NotFetched" });
  });
});
