import { expect, test } from "vitest";

import { type Bytes } from "../../lib/bytes.ts";
import { join } from "./codec.ts";
import { openFile, sealFile } from "./file.ts";
import { sha256 } from "./primitives.ts";

const CHUNK = 65_552;
const content = Uint8Array.from({ length: 200_000 }, (_, at) => at % 251);

/** The sender of a file lies about nothing but the chunks: their hash is that of what is stored. */
async function openChanged(change: (stored: Bytes) => Bytes): Promise<Bytes> {
  const { stored, facts } = await sealFile(content);
  const changed = change(stored);
  return openFile(changed, { ...facts, storedHash: sha256(changed) });
}

test("a file of several chunks comes back", async () => expect(await openChanged((stored) => stored)).toEqual(content));

test.each<[name: string, change: (stored: Bytes) => Bytes]>([
  ["cut at a chunk", (stored) => stored.slice(0, 17 + CHUNK * 2)],
  ["two chunks swapped", (s) => join(s.slice(0, 17), s.slice(17 + CHUNK, 17 + 2 * CHUNK), s.slice(17, 17 + CHUNK), s.slice(17 + 2 * CHUNK))],
  ["a chunk twice", (s) => join(s.slice(0, 17 + CHUNK), s.slice(17))],
  ["nothing", (s) => s.slice(0, 17)],
])("%s is refused", async (_name, change) => {
  await expect(openChanged(change)).rejects.toThrow("bad_file");
});
