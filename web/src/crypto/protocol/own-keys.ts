// Generations and receive statements (docs/protocol-encryption.md, 6.1 and 6.2).
import type { Bytes } from "../../lib/bytes.ts";
import { check, equal, fixed, join, Reader, u64 } from "./codec.ts";
import type { Sign } from "./ed25519.ts";
import { openWith, sealTo } from "./hpke.ts";
import { hash, label, openBox, sealBox } from "./primitives.ts";
import { encodeExtensions, type Extension, readExtensions, readSignature, readVersion, signStatement, VERSION_AND_SUITE } from "./statements.ts";

export const GENERATION = "hearth generation statement v1";
export const RECEIVE = "hearth receive v1";

export interface ChainHead {
  n: number;
  hash: Bytes;
}

export interface Generation {
  server: Bytes;
  user: number;
  g: number;
  previous: Bytes;
  chain: ChainHead;
  commitment: Bytes;
  set: Bytes;
  time: number;
  device: Bytes;
  extensions: Extension[];
}

export interface Receive {
  server: Bytes;
  user: number;
  version: number;
  kemHash: Bytes;
  chain: ChainHead;
  device: Bytes;
  time: number;
  extensions: Extension[];
}

const person = (server: Bytes, user: number): Bytes => join(fixed(server, 16), u64(user));
export const encodeHead = (head: ChainHead): Bytes => join(u64(head.n), fixed(head.hash, 32));
export const readHead = (reader: Reader): ChainHead => ({ n: reader.u64(), hash: reader.take(32) });

export function commitGeneration(server: Bytes, user: number, g: number, key: Bytes): Bytes {
  return hash("hearth generation v1", person(server, user), u64(g), fixed(key, 32));
}

export async function makeGeneration(one: Generation, sign: Sign): Promise<Bytes> {
  const place = join(VERSION_AND_SUITE, person(one.server, one.user), u64(one.g), fixed(one.previous, 32), encodeHead(one.chain));
  const rest = join(fixed(one.commitment, 32), fixed(one.set, 32), u64(one.time), fixed(one.device, 16), encodeExtensions(one.extensions));
  return signStatement(GENERATION, join(place, rest), sign);
}

/** Throws ProtocolError `malformed`, `unsupported`. */
export function readGeneration(bytes: Bytes): Generation {
  const reader = new Reader(bytes);
  readVersion(reader);
  const [server, user, g, previous, chain] = [reader.take(16), reader.u64(), reader.u64(), reader.take(32), readHead(reader)];
  const [commitment, set, time, device] = [reader.take(32), reader.take(32), reader.u64(), reader.take(16)];
  const extensions = readExtensions(reader);
  readSignature(reader);
  return { server, user, g, previous, chain, commitment, set, time, device, extensions };
}

/** `recipient` is a device, or zeros for the vault. */
const generationInfo = (statementHash: Bytes, recipient: Bytes): Bytes =>
  join(label("hearth generation wrap v1"), fixed(statementHash, 32), fixed(recipient, 16));

export function wrapGeneration(publicKey: Bytes, statementHash: Bytes, recipient: Bytes, key: Bytes, ekm?: Bytes): Promise<Bytes> {
  return sealTo(publicKey, generationInfo(statementHash, recipient), key, ekm);
}

/** Throws ProtocolError `cannot_open`, `bad_commitment`. `statement` has been verified, `statementHash` is its hash. */
export async function unwrapGeneration(seed: Bytes, statement: Generation, statementHash: Bytes, recipient: Bytes, wrap: Bytes): Promise<Bytes> {
  const key = await openWith(seed, generationInfo(statementHash, recipient), wrap);
  check(equal(commitGeneration(statement.server, statement.user, statement.g, key), statement.commitment), "bad_commitment", "not this generation");
  return key;
}

export function sealPredecessor(key: Bytes, server: Bytes, user: number, g: number, previousKey: Bytes, salt?: Bytes): Promise<Bytes> {
  return sealBox(key, "hearth predecessor v1", join(person(server, user), u64(g)), fixed(previousKey, 32) as Bytes, salt);
}

/** Returns the key of `statement.g - 1`, checked against that generation's statement. */
export async function openPredecessor(key: Bytes, statement: Generation, previous: Generation, box: Bytes): Promise<Bytes> {
  const place = join(person(statement.server, statement.user), u64(statement.g));
  const opened = await openBox(key, "hearth predecessor v1", place, box);
  const isRight = opened.length === 32 && equal(commitGeneration(previous.server, previous.user, previous.g, opened), previous.commitment);
  check(isRight, "bad_commitment", "not the generation before");
  return opened;
}

export async function makeReceive(one: Receive, sign: Sign): Promise<Bytes> {
  const place = join(VERSION_AND_SUITE, person(one.server, one.user), u64(one.version), fixed(one.kemHash, 32), encodeHead(one.chain));
  return signStatement(RECEIVE, join(place, fixed(one.device, 16), u64(one.time), encodeExtensions(one.extensions)), sign);
}

/** Throws ProtocolError `malformed`, `unsupported`. */
export function readReceive(bytes: Bytes): Receive {
  const reader = new Reader(bytes);
  readVersion(reader);
  const [server, user, version] = [reader.take(16), reader.u64(), reader.u64()];
  check(version > 0, "malformed", "receive versions begin with 1");
  const [kemHash, chain] = [reader.take(32), readHead(reader)];
  const [device, time, extensions] = [reader.take(16), reader.u64(), readExtensions(reader)];
  readSignature(reader);
  return { server, user, version, kemHash, chain, device, time, extensions };
}
