import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { fromHex } from "../../lib/bytes.ts";
import { isGoodPoint, verifyWithoutCofactor } from "./ed25519.ts";
import type { VectorFile } from "./vectors/form.ts";

const file = new URL("../../../../tests/vectors/ed25519.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as VectorFile;
const part = (name: string, field: string): ReturnType<typeof fromHex> => fromHex(vectors.find((one) => one.name === name)!.in[field] as string);
const judge = (name: string): boolean => verifyWithoutCofactor(part(name, "public"), part(name, "signature"), part(name, "message"));

test("without an engine a good signature is good", () => expect(judge("a good one")).toBe(true));

test.each(["another message", "another key", "R changed", "a key with a small-order part"])("without an engine: %s", (name) => {
  expect(judge(name)).toBe(false);
});

test("a key with a small-order part passes the list of points: only the missing cofactor refuses it", () => {
  expect(isGoodPoint(part("a key with a small-order part", "public"))).toBe(true);
});
