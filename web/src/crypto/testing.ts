// Records as they were written before encryption, for tests.
import type { Bytes } from "../lib/bytes.ts";

/** A zero byte, then UTF-8 JSON. */
export const writePlain = (content: { type: "text"; text: string }): Bytes =>
  Uint8Array.from([0, ...new TextEncoder().encode(JSON.stringify({ type: "text", text: content.text }))]);
