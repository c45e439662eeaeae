// What a device keeps of its person's keys between two starts. Secrets lie there wrapped by a key that no script can read
// (indexed-store.ts); this is the seam that the flows know.
import type { Bytes } from "../../lib/bytes.ts";
import type { Past } from "../account/past.ts";
import type { PublicKey, StoredRow } from "../account/server.ts";
import type { Sign } from "../protocol/ed25519.ts";

/** A device's own keys. `sign` never gives the key itself away. */
export interface DeviceKeys {
  device: Bytes;
  signKey: Bytes;
  sign: Sign;
  kemSeed: Bytes;
  kemPublicKey: Bytes;
}

export interface Remembered {
  statements: Bytes[];
  highestSeen: number;
  receives: Bytes[];
  generations: { statement: Bytes; hash: Bytes; key: Bytes }[];
  receiveSeeds: { version: number; seed: Bytes }[];
  rows: StoredRow[];
  rowPosition: number;
  carryFrom: number | null;
  /** By name: those of its rows; all of them where an older version wrote it, as for null. */
  carry?: string[] | null;
  /** By name: what of the keyring counted before a restore. Older stores have none. */
  counted?: string[];
  /** The n up to which the person has been told what others did; null before anything is known. */
  newsFrom: number | null;
  /** Statements above it that this device made itself. */
  made: number[];
  /** Devices, each with the identity key with which an incarnation began that lists it by its person's own act (hex). Older stores have none. */
  began?: string[];
  /** X-Wing keys of all devices that were listed last. Older stores have none. */
  deviceKeys?: PublicKey[];
  /** The newest sealed vault, for a server that lost it. */
  vault: { version: number; sealed: Bytes; passwordWrap: Bytes } | null;
}

/** A private row as it was last read or written (docs/protocol-encryption.md, 6.4): without fields nothing is kept. */
export interface KeptRow {
  kind: number;
  place: string;
  fields: Record<string, unknown>;
  version: number;
  g: number;
  incarnation: number;
}

export interface KeyStore {
  /** Keys of this device id, or null. */
  readDevice(device: Bytes): Promise<DeviceKeys | null>;
  /** Keys of this device id: those that are there, else fresh ones that are durable before this returns. */
  makeDevice(device: Bytes): Promise<DeviceKeys>;
  read(): Promise<Remembered | null>;
  /** All or nothing. */
  write(remembered: Remembered): Promise<void>;
  readPrivate(): Promise<KeptRow[]>;
  /** In the place of those that are there of the same kind and place. */
  writePrivate(rows: readonly KeptRow[]): Promise<void>;
  /** What was known before everything was wiped. */
  readPast(): Promise<Past | null>;
  writePast(past: Past): Promise<void>;
  /** Wipes everything, keys included, and leaves `past` at most: in one step, so that nothing comes between. */
  forget(past: Past | null): Promise<void>;
}
