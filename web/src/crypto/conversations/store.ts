// What a device keeps of conversations between two starts. Secrets in it lie wrapped where it is stored (keys/indexed-store.ts).
import type { Bytes } from "../../lib/bytes.ts";
import type { Verdict } from "../protocol/codec.ts";
import type { Pin } from "../protocol/pins.ts";
import type { RememberedEpoch } from "./judging/epochs.ts";
import type { LogPlace, Row } from "./judging/log.ts";
import type { EpochDraft } from "./acting/make-epoch.ts";
import type { RememberedPerson } from "./people/people.ts";

/** A seed for a record that is not known (yet): from the keyring, or of an epoch that a restored server has lost for good. It never vouches for it. */
export interface LooseSeed {
  n: number;
  recordHash: Bytes;
  seed: Bytes;
  /** Entries under it are kept, and another record has its n by now: it may be in no keyring. */
  isLost?: true;
}

/** A signed entry; without a record it has that of its epoch. `hash` is H there, where it was known; older stores have none. */
export type RememberedSigned = Omit<Row, "record"> & { record: Bytes | null; hash?: Bytes };

/** Which epoch of a group somebody named last in another conversation (8.4), by the first 16 bytes of its hash; `seq` is where, there. */
export interface Word {
  user: number;
  from: Bytes;
  seq: number;
  n: number;
  hash: Bytes;
}

export interface RememberedConversation {
  conversation: Bytes;
  epochs: RememberedEpoch[];
  loose: LooseSeed[];
  /** The highest place of the log that was seen: a log without it is another one. */
  head: LogPlace;
  /** Its signed entries; the record of an epoch's is that of the epoch. */
  signed: RememberedSigned[];
  hasHead: boolean;
  /** The epochs whose seeds are in the keyring. */
  inKeyring: number[];
  /** Of the own chain whose keyring that was. Missing where an older version wrote it: then it counts for nothing. */
  incarnation?: number;
  /** Epochs whose seeds the server lets nobody be asked for, each with the version of the receive key that it was asked with. */
  denied: [n: number, receiveVersion: number][];
  /** The newest epoch that a head row of this device names. */
  headRow: number;
  pending: EpochDraft | null;
  stopped: Verdict | null;
  /** Epochs that a restored server may have lost, until they are back or given up; nothing is sealed before `lostUntil` (ms), 0 when only another restore may bring them. */
  lost: RememberedEpoch[];
  lostUntil: number;
  /** Who was removed in what a restored server has lost: who is a member is to be removed anew, unless somebody has decided since. */
  removed: Removed[];
  /** What was said of it elsewhere, since the last restore. Missing where an older version wrote it. */
  words?: Word[];
}

/**
 * Epochs above n decide anew; not those (hashes as hex) that had added the person and were known when the removal was lost. Missing where an
 * older version wrote it.
 */
export type Removed = [user: number, n: number, added?: string[]];

/** A chain that a restored server showed shorter, or another one. */
export interface AwaitedChain {
  user: number;
  /** Up to which it may come back. */
  n: number;
  /** Of the statements that may, as hex: the last is that of n. */
  hashes: string[];
}

/** What may come back is waited for until a time (ms). */
export interface Awaited {
  people: AwaitedChain[];
  until: number;
}

export interface ConversationStore {
  readPeople(): Promise<RememberedPerson[]>;
  writePeople(people: readonly RememberedPerson[]): Promise<void>;
  readConversation(conversation: Bytes): Promise<RememberedConversation | null>;
  /** All or nothing. */
  writeConversation(remembered: RememberedConversation): Promise<void>;
  listConversations(): Promise<Bytes[]>;
  /** The database generation (hex) that all of this is about; null before the first was told. */
  readDatabase(): Promise<string | null>;
  writeDatabase(database: string): Promise<void>;
  /** Every one that was written: entries of after each restore count for good. */
  readDatabases(): Promise<string[]>;
  /** People whose chains a restored server has lost the end of. */
  readAwaited(): Promise<Awaited>;
  writeAwaited(awaited: Awaited): Promise<void>;
  /** Pins that the keyring had, or was given, and that it has not shown since. */
  readPins(): Promise<Pin[]>;
  writePins(pins: readonly Pin[]): Promise<void>;
  /** Fingerprints (hex) that links named, by person. */
  readLinks(): Promise<[user: number, named: string][]>;
  writeLinks(links: [user: number, named: string][]): Promise<void>;
  /** How far the keyring was read for seeds. */
  readPosition(): Promise<number>;
  writePosition(position: number): Promise<void>;
}
