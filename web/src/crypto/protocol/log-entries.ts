// Signed entries of the log that are not sealed, because the server acts on them (docs/protocol-encryption.md, 8.6).
import type { Bytes } from "../../lib/bytes.ts";
import { fixed, join, Reader, u64 } from "./codec.ts";
import type { Sign } from "./ed25519.ts";
import { encodeExtensions, type Extension, readExtensions, readSignature, readVersion, signStatement, VERSION_AND_SUITE } from "./statements.ts";

export interface Leave {
  server: Bytes;
  conversation: Bytes;
  epoch: number;
  recordHash: Bytes;
  user: number;
  device: Bytes;
  time: number;
  seen: { seq: number; hash: Bytes };
  extensions: Extension[];
}

export interface Restored {
  server: Bytes;
  conversation: Bytes;
  databaseGeneration: Bytes;
  epoch: number;
  recordHash: Bytes;
  old: { seq: number; hash: Bytes };
  user: number;
  device: Bytes;
  time: number;
  extensions: Extension[];
}

export const LEAVE = "hearth leave v1";
export const RESTORED = "hearth restored v1";

export function makeLeave(one: Leave, sign: Sign): Promise<Bytes> {
  const place = join(fixed(one.server, 16), fixed(one.conversation, 16), u64(one.epoch), fixed(one.recordHash, 32));
  const who = join(u64(one.user), fixed(one.device, 16), u64(one.time), u64(one.seen.seq), fixed(one.seen.hash, 32));
  return signStatement(LEAVE, join(VERSION_AND_SUITE, place, who, encodeExtensions(one.extensions)), sign);
}

/** Throws ProtocolError `malformed`, `unsupported`. */
export function readLeave(bytes: Bytes): Leave {
  const reader = new Reader(bytes);
  readVersion(reader);
  const [server, conversation, epoch, recordHash] = [reader.take(16), reader.take(16), reader.u64(), reader.take(32)];
  const [user, device, time] = [reader.u64(), reader.take(16), reader.u64()];
  const [seen, extensions] = [{ seq: reader.u64(), hash: reader.take(32) }, readExtensions(reader)];
  readSignature(reader);
  return { server, conversation, epoch, recordHash, user, device, time, seen, extensions };
}

export function makeRestored(one: Restored, sign: Sign): Promise<Bytes> {
  const place = join(fixed(one.server, 16), fixed(one.conversation, 16), fixed(one.databaseGeneration, 16));
  const head = join(u64(one.epoch), fixed(one.recordHash, 32), u64(one.old.seq), fixed(one.old.hash, 32));
  const who = join(u64(one.user), fixed(one.device, 16), u64(one.time));
  return signStatement(RESTORED, join(VERSION_AND_SUITE, place, head, who, encodeExtensions(one.extensions)), sign);
}

/** Throws ProtocolError `malformed`, `unsupported`. */
export function readRestored(bytes: Bytes): Restored {
  const reader = new Reader(bytes);
  readVersion(reader);
  const [server, conversation, databaseGeneration] = [reader.take(16), reader.take(16), reader.take(16)];
  const [epoch, recordHash, old] = [reader.u64(), reader.take(32), { seq: reader.u64(), hash: reader.take(32) }];
  const [user, device, time, extensions] = [reader.u64(), reader.take(16), reader.u64(), readExtensions(reader)];
  readSignature(reader);
  return { server, conversation, databaseGeneration, epoch, recordHash, old, user, device, time, extensions };
}
