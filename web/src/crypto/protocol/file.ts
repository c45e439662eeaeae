// Files in sealed chunks (docs/protocol-encryption.md, 8.7): truncated, swapped or doubled chunks do not open.
import type { Bytes } from "../../lib/bytes.ts";
import { check, equal, isZero, join, ProtocolError, u32, zeros } from "./codec.ts";
import { aesOpen, aesSeal, hkdf, label, random, sha256 } from "./primitives.ts";
import { padme } from "./record.ts";

const CHUNK = 65_536;
const SEALED_CHUNK = CHUNK + 16;
const HEADER = 17;

/** What the record that sends a file names. */
export interface FileFacts {
  key: Bytes;
  length: number;
  storedHash: Bytes;
  contentHash: Bytes;
}

const nonce = (index: number, isLast: boolean): Bytes => join(zeros(7), u32(index), Uint8Array.of(isLast ? 1 : 0));
const chunkKey = (key: Bytes, salt: Bytes): Bytes => hkdf(key, salt, label("hearth file v1"));
const paddedLength = (length: number): number => Math.max(1024, padme(length));

export async function sealFile(content: Bytes, key = random(32), salt = random(16)): Promise<{ stored: Bytes; facts: FileFacts }> {
  const padded = join(content, zeros(paddedLength(content.length) - content.length));
  const count = Math.ceil(padded.length / CHUNK);
  const pieces: Bytes[] = [Uint8Array.of(1), salt];
  for (let index = 0; index < count; index += 1) {
    const piece = padded.slice(index * CHUNK, (index + 1) * CHUNK);
    pieces.push(await aesSeal(chunkKey(key, salt), nonce(index, index === count - 1), zeros(0), piece));
  }
  const stored = join(...pieces);
  return { stored, facts: { key, length: content.length, storedHash: sha256(stored), contentHash: sha256(content) } };
}

async function openChunks(stored: Bytes, key: Bytes): Promise<Bytes> {
  const [salt, count] = [stored.slice(1, HEADER), Math.ceil((stored.length - HEADER) / SEALED_CHUNK)];
  const pieces: Bytes[] = [];
  for (let index = 0; index < count; index += 1) {
    const piece = stored.slice(HEADER + index * SEALED_CHUNK, HEADER + (index + 1) * SEALED_CHUNK);
    pieces.push(await aesOpen(chunkKey(key, salt), nonce(index, index === count - 1), zeros(0), piece));
  }
  return join(...pieces);
}

/** Throws ProtocolError `bad_file`, whatever is wrong. */
export async function openFile(stored: Bytes, facts: FileFacts): Promise<Bytes> {
  check(equal(sha256(stored), facts.storedHash), "bad_file", "not the bytes that were sent");
  check(stored[0] === 1 && stored.length > HEADER, "bad_file", "another version, or nothing in it");
  const padded = await openChunks(stored, facts.key).catch(() => {
    throw new ProtocolError("bad_file", "a chunk does not open");
  });
  check(padded.length === paddedLength(facts.length), "bad_file", "another length");
  const content = padded.slice(0, facts.length);
  check(isZero(padded.subarray(facts.length)) && equal(sha256(content), facts.contentHash), "bad_file", "other content");
  return content;
}
