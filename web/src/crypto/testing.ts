// Records as they were written before encryption, for tests.
import type { Bytes } from "../lib/bytes.ts";
import type { Said } from "./content.ts";

/** A zero byte, then UTF-8 JSON. */
export const writePlain = (content: Said): Bytes => Uint8Array.from([0, ...new TextEncoder().encode(JSON.stringify(content))]);
