import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { fromHex, toHex } from "../../lib/bytes.ts";
import { isGoodPoint, SMALL_ORDER, verifyWithoutCofactor } from "./ed25519.ts";
import type { VectorFile } from "./vectors/form.ts";

const file = new URL("../../../../tests/vectors/ed25519.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as VectorFile;
const part = (name: string, field: string): ReturnType<typeof fromHex> => fromHex(vectors.find((one) => one.name === name)!.in[field] as string);
const judge = (name: string): boolean => verifyWithoutCofactor(part(name, "public"), part(name, "signature"), part(name, "message"));

test("without an engine a good signature is good", () => expect(judge("a good one")).toBe(true));

test.each(["another message", "another key", "R changed", "a key with a small-order part"])("without an engine: %s", (name) => {
  expect(judge(name)).toBe(false);
});

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
