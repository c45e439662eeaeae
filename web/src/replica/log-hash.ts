// The chain over a conversation's log (docs/protocol.md, "The log hash"): H(0) from the conversation's id, then
// H(s) = SHA-256(H(s−1) ‖ s u64 ‖ kind u16 ‖ from_user u64 ‖ SHA-256(record)), big-endian. It checks the server's.
import { fromBase64, fromHex, type Bytes } from "../lib/bytes.ts";
import { sha256 } from "../lib/sha256.ts";

const LABEL = new TextEncoder().encode("hearth log v1\0");

export interface Link {
  seq: number;
  kind: number;
  from_user: number;
  record: Uint8Array;
  /** What an emptied record had, in base64. */
  record_hash?: string;
}

/** H(0) of a conversation. */
export function startHash(conversation: string): Bytes {
  const id = fromHex(conversation);
  const input = new Uint8Array(LABEL.length + id.length);
  input.set(LABEL);
  input.set(id, LABEL.length);
  return sha256(input);
}

/** H(entry.seq) from H(entry.seq − 1). Undefined of an emptied entry without the hash that its record had. */
export function chainHash(before: Uint8Array, entry: Link): Bytes | undefined {
  if (entry.record.length === 0 && entry.record_hash === undefined) return undefined;
  const hash = entry.record.length > 0 ? sha256(entry.record) : fromBase64(entry.record_hash!);
  const input = new Uint8Array(32 + 8 + 2 + 8 + hash.length);
  const view = new DataView(input.buffer);
  input.set(before);
  view.setBigUint64(32, BigInt(entry.seq));
  view.setUint16(40, entry.kind);
  view.setBigUint64(42, BigInt(entry.from_user));
  input.set(hash, 50);
  return sha256(input);
}
