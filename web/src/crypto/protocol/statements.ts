// What every signed format has in common (docs/protocol-encryption.md, 1.4).
import type { Bytes } from "../../lib/bytes.ts";
import { check, join, lp16, Reader, u16, u8 } from "./codec.ts";
import { requireSignature, type Sign } from "./ed25519.ts";
import { hash, label, type Name } from "./primitives.ts";

export interface Extension {
  id: number;
  critical: boolean;
  bytes: Bytes;
}

export const HEADS_EXTENSION = 4;
export const RIGHTS_EXTENSION = 5;
const MOST_EXTENSION_BYTES = 4096;
export const SIGNATURE_BYTES = 64;
export const VERSION_AND_SUITE = Uint8Array.of(1, 1);

export function encodeExtensions(extensions: readonly Extension[]): Bytes {
  return join(u8(extensions.length), ...extensions.map((one) => join(u16(one.id), u8(one.critical ? 1 : 0), lp16(one.bytes))));
}

/** Throws ProtocolError `malformed`, or `unsupported` for a critical one outside `known`. */
export function readExtensions(reader: Reader, known: readonly number[] = []): Extension[] {
  const start = reader.position;
  const read = (): Extension => ({ id: reader.u16(), critical: reader.choice(0, 1) === 1, bytes: reader.lp16() });
  const extensions = reader.sorted(reader.u8(), read, (one) => u16(one.id));
  check(reader.position - start <= MOST_EXTENSION_BYTES, "malformed", "extensions above 4,096 bytes");
  const isKnown = (one: Extension): boolean => !one.critical || known.includes(one.id);
  check(extensions.every(isKnown), "unsupported", "an unknown critical extension");
  return extensions;
}

/** Version and suite. Throws ProtocolError `unsupported`. */
export function readVersion(reader: Reader): void {
  check(reader.u8() === 1, "unsupported", "another version");
  check(reader.u8() === 1, "unsupported", "another suite");
}

export function readSignature(reader: Reader): Bytes {
  const signature = reader.take(SIGNATURE_BYTES);
  reader.end();
  return signature;
}

const unsigned = (statement: Bytes): Bytes => statement.slice(0, -SIGNATURE_BYTES);

/** Without the signature. */
export const hashStatement = (name: Name, statement: Bytes): Bytes => hash(name, unsigned(statement));

export async function signStatement(name: Name, bytes: Bytes, sign: Sign): Promise<Bytes> {
  return join(bytes, await sign(join(label(name), bytes)));
}

/** Throws ProtocolError `bad_signature`. */
export async function verifyStatement(name: Name, statement: Bytes, publicKey: Bytes): Promise<void> {
  await requireSignature(publicKey, statement.slice(-SIGNATURE_BYTES), join(label(name), unsigned(statement)));
}
