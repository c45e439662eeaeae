import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { fromHex, toHex } from "../lib/bytes.ts";
import { derivePasswordKeys } from "./derive.ts";

interface Vector {
  name: string;
  password: string;
  salt: string;
  memory: number;
  iterations: number;
  parallelism: number;
  auth_key: string;
  kek: string;
}

const file = new URL("../../../tests/vectors/derive.json", import.meta.url);
const vectors = (JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] }).vectors;

describe("the vectors shared with hearth/client", () => {
  test.each(vectors)("$name", { timeout: 30_000 }, async (vector) => {
    const { authKey, kek } = await derivePasswordKeys(vector.password, fromHex(vector.salt), vector);
    expect(toHex(authKey)).toBe(vector.auth_key);
    expect(toHex(kek)).toBe(vector.kek);
  });

  test("full cost is among them", () => {
    expect(vectors.some((vector) => vector.memory === 65_536 && vector.iterations === 3)).toBe(true);
  });
});
