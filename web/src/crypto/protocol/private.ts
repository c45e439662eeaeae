// Private rows: what a person's devices keep for each other (docs/protocol-encryption.md, 6.4).
import type { Bytes } from "../../lib/bytes.ts";
import { check, decodeText, fixed, isZero, join, lp32, Reader, text, u64, u8, zeros } from "./codec.ts";
import { openBox, sealBox } from "./primitives.ts";
import { bucket, parseObject } from "./record.ts";

const PREFERENCES = 6;
const MOST_PADDED = 15_872;
const BOX = 33;

/** Where a row is stored: clear to the server, bound by the seal. */
export interface PrivatePlace {
  server: Bytes;
  user: number;
  g: number;
  kind: number;
  place: Bytes;
  version: number;
}

/** Throws ProtocolError `malformed`. */
function encodePlace(row: PrivatePlace): Bytes {
  check(row.kind >= 1 && row.kind <= PREFERENCES && row.version > 0, "malformed", "no such kind of row, or no version");
  check(isZero(row.place) === (row.kind === PREFERENCES), "malformed", "a kind of row that has no such place");
  return join(fixed(row.server, 16), u64(row.user), u64(row.g), u8(row.kind), fixed(row.place, 16), u64(row.version));
}

/** Without fields nothing is kept there. `salt` is given by vectors only. Throws ProtocolError `malformed` for more than there is room for. */
export async function sealPrivate(key: Bytes, row: PrivatePlace, fields: object, salt?: Bytes): Promise<Bytes> {
  const content = lp32(text(JSON.stringify(fields)));
  check(content.length <= MOST_PADDED, "malformed", "more than a row has room for");
  const padded = join(content, zeros(bucket(content.length) - content.length));
  return sealBox(key, "hearth private v1", encodePlace(row), padded, salt);
}

/** Throws ProtocolError `malformed`, `unsupported`, `cannot_open`, `bad_padding`. */
export async function openPrivate(key: Bytes, row: PrivatePlace, sealed: Bytes): Promise<Record<string, unknown>> {
  const [aad, length] = [encodePlace(row), sealed.length - BOX];
  check(length > 0 && length <= MOST_PADDED && bucket(length) === length, "malformed", "not the length of a row");
  const padded = await openBox(key, "hearth private v1", aad, sealed);
  const reader = new Reader(padded);
  const size = reader.u32();
  check(4 + size <= padded.length && bucket(4 + size) === padded.length, "bad_padding", "not the bucket of this length");
  const content = reader.take(size);
  check(isZero(padded.subarray(reader.position)), "bad_padding", "padding that is not zeros");
  return parseObject(decodeText(content));
}
