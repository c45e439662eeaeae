// The one seam between what people write and the record bytes that travel. This first format does not encrypt: a zero
// byte, then UTF-8 JSON. Both calls are asynchronous because the sealed formats to come are. hearth/client does the same.
import type { Bytes } from "../lib/bytes.ts";

export type Content =
  | { type: "text"; text: string }
  /** A format or type made by a newer Hearth: the bytes are kept, the reader is told to update. */
  | { type: "unknown" };

const PLAIN = 0;
const MAXIMUM_RECORD = 65_536;
/** One for all: hundreds of records are opened in a second of scrolling. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

export async function seal(content: { type: "text"; text: string }): Promise<Bytes> {
  const body = new TextEncoder().encode(JSON.stringify({ type: "text", text: content.text }));
  if (body.length + 1 > MAXIMUM_RECORD) throw new RangeError("a record is at most 64 KiB");
  const record = new Uint8Array(body.length + 1);
  record[0] = PLAIN;
  record.set(body, 1);
  return record;
}

/** Never throws: what cannot be read is unknown content. */
export async function open(record: Uint8Array): Promise<Content> {
  if (record[0] !== PLAIN) return { type: "unknown" };
  try {
    const body: unknown = JSON.parse(utf8.decode(record.subarray(1)));
    if (typeof body !== "object" || body === null) return { type: "unknown" };
    const { type, text } = body as { type?: unknown; text?: unknown };
    return type === "text" && typeof text === "string" ? { type, text } : { type: "unknown" };
  } catch {
    return { type: "unknown" };
  }
}
