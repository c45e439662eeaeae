// Every file of tests/vectors that this folder makes says what this code does, and every refusal is the one that is written.
// HEARTH_WRITE_VECTORS=1 (scripts/vectors) writes them.
import { readFileSync, writeFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { complete } from "./complete.ts";
import { FILES } from "./files.ts";
import type { Vector, VectorFile } from "./form.ts";
import { run } from "./ops.ts";

const isWriting = process.env["HEARTH_WRITE_VECTORS"] === "1";
const path = (name: string): URL => new URL(`../../../../../tests/vectors/${name}.json`, import.meta.url);

describe.each(Object.keys(FILES))("%s", (name) => {
  test("is what the code does", { timeout: 120_000 }, async () => {
    const { about, vectors } = await FILES[name]!();
    const done: Vector[] = [];
    for (const vector of vectors) {
      const completed = await complete(vector);
      expect({ name: vector.name, error: completed.error }).toEqual({ name: vector.name, error: vector.error });
      done.push(completed);
    }
    expect(new Set(done.map((vector) => vector.name)).size).toBe(done.length);
    const made = `${JSON.stringify({ about, vectors: done } satisfies VectorFile, null, 1)}\n`;
    if (isWriting) writeFileSync(path(name), made);
    else expect(made).toBe(readFileSync(path(name), "utf8"));
  });
});

test("who may do what is what the table says that tests/rights writes out", async () => {
  const { vectors } = JSON.parse(readFileSync(path("rights"), "utf8")) as VectorFile;
  expect(vectors.length).toBeGreaterThan(500);
  for (const vector of vectors) expect(await run(vector.op, vector.in), vector.name).toEqual(vector.out);
});
