// Runs vectors in a browser's page, with its engine (tests/e2e/test_vectors.py).
import { complete } from "./complete.ts";
import type { VectorFile } from "./form.ts";

Object.assign(globalThis, {
  async completeAll(text: string): Promise<string> {
    const { vectors } = JSON.parse(text) as VectorFile;
    const done = [];
    for (const vector of vectors) done.push(await complete(vector));
    return JSON.stringify(done);
  },
});
