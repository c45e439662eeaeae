// One person's public chain of statements as bytes (docs/protocol-encryption.md, 5). What follows from it: user-state.ts.
import type { Bytes } from "../../lib/bytes.ts";
import { check, decodeText, fixed, isZero, join, lp16, lp32, lp8, Reader, text, u64, u8 } from "./codec.ts";
import type { Sign } from "./ed25519.ts";
import { label } from "./primitives.ts";
import { encodeExtensions, type Extension, readExtensions, readSignature, readVersion, signStatement, VERSION_AND_SUITE } from "./statements.ts";

export interface ListedDevice {
  device: Bytes;
  signKey: Bytes;
  /** Hash of its X-Wing key. */
  kemHash: Bytes;
  formats: number[];
}

export interface VaultPointer {
  version: number;
  sealedHash: Bytes;
  commitment: Bytes;
  kemHash: Bytes;
}

export type Body =
  | { kind: "genesis"; identityKey: Bytes; username: string }
  | { kind: "devices"; devices: ListedDevice[] }
  | { kind: "identity"; identityKey: Bytes; proof: Bytes }
  | { kind: "vault"; vault: VaultPointer }
  | { kind: "profile"; displayName: string; avatar: Bytes }
  | { kind: "retire" };

export interface UserStatement {
  server: Bytes;
  user: number;
  n: number;
  previous: Bytes;
  body: Body;
  time: number;
  /** Zeros for the identity key. */
  signer: Bytes;
  extensions: Extension[];
}

const KINDS = ["genesis", "devices", "identity", "vault", "profile", "retire"] as const;
export const USER_CHAIN = "hearth user chain v1";
const MOST_BYTES = 16_384;
export const MOST_DEVICES = 50;

function encodeDevice(one: ListedDevice): Bytes {
  return join(fixed(one.device, 16), fixed(one.signKey, 32), fixed(one.kemHash, 32), lp8(Uint8Array.from(one.formats)));
}

function encodeBody(body: Body): Bytes {
  switch (body.kind) {
    case "genesis":
      return join(fixed(body.identityKey, 32), lp8(text(body.username)));
    case "devices":
      return join(u8(body.devices.length), ...body.devices.map(encodeDevice));
    case "identity":
      return join(fixed(body.identityKey, 32), fixed(body.proof, 64));
    case "vault":
      return join(u64(body.vault.version), fixed(body.vault.sealedHash, 32), fixed(body.vault.commitment, 32), fixed(body.vault.kemHash, 32));
    case "profile":
      return join(lp16(text(body.displayName)), fixed(body.avatar, 32));
    case "retire":
      return join();
  }
}

function readDevice(reader: Reader): ListedDevice {
  const [device, signKey, kemHash] = [reader.take(16), reader.take(32), reader.take(32)];
  check(!isZero(device), "malformed", "zeros are no device");
  const formats = reader.sorted(reader.u8(), () => reader.u8(), u8);
  return { device, signKey, kemHash, formats };
}

function readBody(kind: number, bytes: Bytes): Body {
  const reader = new Reader(bytes);
  const body = readKind(KINDS[kind - 1]!, reader);
  reader.end();
  return body;
}

function readDevices(reader: Reader): ListedDevice[] {
  const count = reader.u8();
  check(count <= MOST_DEVICES, "malformed", "more than 50 devices");
  return reader.sorted(count, () => readDevice(reader), (one) => one.device);
}

function readKind(kind: Body["kind"], reader: Reader): Body {
  switch (kind) {
    case "genesis": {
      const identityKey = reader.take(32);
      const username = reader.lp8(200);
      check(username.length > 0, "malformed", "no username");
      return { kind, identityKey, username: decodeText(username) };
    }
    case "devices":
      return { kind, devices: readDevices(reader) };
    case "identity":
      return { kind, identityKey: reader.take(32), proof: reader.take(64) };
    case "vault":
      return { kind, vault: { version: reader.u64(), sealedHash: reader.take(32), commitment: reader.take(32), kemHash: reader.take(32) } };
    case "profile": {
      const displayName = reader.lp16(512);
      check(displayName.length > 0, "malformed", "no display name");
      return { kind, displayName: decodeText(displayName), avatar: reader.take(32) };
    }
    case "retire":
      return { kind };
  }
}

/** What an identity statement's new key signs. */
export function identityProof(server: Bytes, user: number, n: number, previous: Bytes, identityKey: Bytes): Bytes {
  return join(label("hearth identity v1"), fixed(server, 16), u64(user), u64(n), fixed(previous, 32), fixed(identityKey, 32));
}

export async function makeUserStatement(one: UserStatement, sign: Sign): Promise<Bytes> {
  const kind = u8(KINDS.indexOf(one.body.kind) + 1);
  const place = join(VERSION_AND_SUITE, fixed(one.server, 16), u64(one.user), u64(one.n), fixed(one.previous, 32), kind);
  const rest = join(lp32(encodeBody(one.body)), u64(one.time), fixed(one.signer, 16), encodeExtensions(one.extensions));
  return signStatement(USER_CHAIN, join(place, rest), sign);
}

/** Throws ProtocolError `malformed`, `unsupported`. */
export function readUserStatement(bytes: Bytes): UserStatement {
  check(bytes.length <= MOST_BYTES, "malformed", "a statement above 16 KiB");
  const reader = new Reader(bytes);
  readVersion(reader);
  const [server, user, n, previous] = [reader.take(16), reader.u64(), reader.u64(), reader.take(32)];
  const [kind, content] = [reader.choice(1, KINDS.length), reader.lp32(MOST_BYTES)];
  const [time, signer, extensions] = [reader.u64(), reader.take(16), readExtensions(reader)];
  readSignature(reader);
  return { server, user, n, previous, body: readBody(kind, content), time, signer, extensions };
}
