// The seed of an epoch, its key, and every way a member gets it (docs/protocol-encryption.md, 7.3, 7.7 and 7.8).
import type { Bytes } from "../../lib/bytes.ts";
import { check, equal, fixed, join, Reader, u32, u64 } from "./codec.ts";
import type { Sign } from "./ed25519.ts";
import { openWith, sealTo } from "./hpke.ts";
import { hash, hkdf, label, openBox, sealBox } from "./primitives.ts";
import { encodeExtensions, type Extension, readExtensions, readSignature, readVersion, signStatement, VERSION_AND_SUITE } from "./statements.ts";

export function commitSeed(conversation: Bytes, n: number, seed: Bytes): Bytes {
  return hash("hearth epoch commitment v1", fixed(conversation, 16), u64(n), fixed(seed, 32));
}

/** K. */
export const epochKey = (seed: Bytes, recordHash: Bytes): Bytes => hkdf(fixed(seed, 32), fixed(recordHash, 32), label("hearth epoch key v1"));

/** What a seed must open: place and commitment of a verified record. */
export interface Committed {
  conversation: Bytes;
  n: number;
  commitment: Bytes;
}

export const opensCommitment = (seed: Bytes, epoch: Committed): boolean =>
  seed.length === 32 && equal(commitSeed(epoch.conversation, epoch.n, seed), epoch.commitment);

async function openSeed(receiveSeed: Bytes, info: Bytes, wrap: Bytes, epoch: Committed): Promise<Bytes> {
  const seed = await openWith(receiveSeed, info, wrap);
  check(opensCommitment(seed, epoch), "bad_commitment", "not the seed of this epoch");
  return seed;
}

const wrapInfo = (recordHash: Bytes, user: number): Bytes => join(label("hearth epoch wrap v1"), fixed(recordHash, 32), u64(user));

export const wrapSeed = (publicKey: Bytes, recordHash: Bytes, user: number, seed: Bytes, ekm?: Bytes): Promise<Bytes> =>
  sealTo(publicKey, wrapInfo(recordHash, user), seed, ekm);

/** Throws ProtocolError `malformed`, `cannot_open`, `bad_commitment`. */
export const unwrapSeed = (receiveSeed: Bytes, recordHash: Bytes, user: number, wrap: Bytes, epoch: Committed): Promise<Bytes> =>
  openSeed(receiveSeed, wrapInfo(recordHash, user), wrap, epoch);

const rewrapInfo = (recordHash: Bytes, receiveHash: Bytes): Bytes =>
  join(label("hearth rewrap v1"), fixed(recordHash, 32), fixed(receiveHash, 32));

export const rewrapSeed = (publicKey: Bytes, recordHash: Bytes, receiveHash: Bytes, seed: Bytes, ekm?: Bytes): Promise<Bytes> =>
  sealTo(publicKey, rewrapInfo(recordHash, receiveHash), seed, ekm);

export const openRewrap = (receiveSeed: Bytes, recordHash: Bytes, receiveHash: Bytes, wrap: Bytes, epoch: Committed): Promise<Bytes> =>
  openSeed(receiveSeed, rewrapInfo(recordHash, receiveHash), wrap, epoch);

export interface RewrapRequest {
  server: Bytes;
  conversation: Bytes;
  n: number;
  recordHash: Bytes;
  user: number;
  device: Bytes;
  receiveVersion: number;
  receiveHash: Bytes;
  time: number;
  extensions: Extension[];
}

export const REWRAP_REQUEST = "hearth rewrap request v1";

export async function makeRewrapRequest(one: RewrapRequest, sign: Sign): Promise<Bytes> {
  const place = join(fixed(one.server, 16), fixed(one.conversation, 16), u64(one.n), fixed(one.recordHash, 32));
  const who = join(u64(one.user), fixed(one.device, 16), u64(one.receiveVersion), fixed(one.receiveHash, 32), u64(one.time));
  return signStatement(REWRAP_REQUEST, join(VERSION_AND_SUITE, place, who, encodeExtensions(one.extensions)), sign);
}

/** Throws ProtocolError `malformed`, `unsupported`. */
export function readRewrapRequest(bytes: Bytes): RewrapRequest {
  const reader = new Reader(bytes);
  readVersion(reader);
  const [server, conversation, n, recordHash] = [reader.take(16), reader.take(16), reader.u64(), reader.take(32)];
  const [user, device, receiveVersion, receiveHash] = [reader.u64(), reader.take(16), reader.u64(), reader.take(32)];
  const [time, extensions] = [reader.u64(), readExtensions(reader)];
  readSignature(reader);
  return { server, conversation, n, recordHash, user, device, receiveVersion, receiveHash, time, extensions };
}

const historyInfo = (recordHash: Bytes, user: number): Bytes => join(label("hearth history wrap v1"), fixed(recordHash, 32), u64(user));

export const wrapHistoryKey = (publicKey: Bytes, recordHash: Bytes, user: number, key: Bytes, ekm?: Bytes): Promise<Bytes> =>
  sealTo(publicKey, historyInfo(recordHash, user), fixed(key, 32) as Bytes, ekm);

export const unwrapHistoryKey = (receiveSeed: Bytes, recordHash: Bytes, user: number, wrap: Bytes): Promise<Bytes> =>
  openWith(receiveSeed, historyInfo(recordHash, user), wrap);

export interface PastSeed {
  n: number;
  seed: Bytes;
}

export function sealHistory(key: Bytes, recordHash: Bytes, seeds: readonly PastSeed[], salt?: Bytes): Promise<Bytes> {
  const list = join(u32(seeds.length), ...seeds.map((one) => join(u64(one.n), fixed(one.seed, 32))));
  return sealBox(key, "hearth history v1", fixed(recordHash, 32) as Bytes, list, salt);
}

/** The seeds still have to open the commitments of their records. Throws ProtocolError `cannot_open`, `malformed`. */
export async function openHistory(key: Bytes, recordHash: Bytes, sealed: Bytes): Promise<PastSeed[]> {
  const reader = new Reader(await openBox(key, "hearth history v1", recordHash, sealed));
  const count = reader.u32();
  check(count <= 8192, "malformed", "more than 8,192 epochs");
  const seeds = reader.sorted(count, () => ({ n: reader.u64(), seed: reader.take(32) }), (one) => u64(one.n));
  reader.end();
  return seeds;
}
