// What the flows of an account ask of the server, in bytes (docs/protocol-encryption.md, 10 and 11). Each write is one request,
// carried out whole or not at all, and answered as before when the same bytes come again. Nothing that is read is believed.
import type { Bytes } from "../../lib/bytes.ts";
import type { Stretching } from "../derive.ts";

export interface SealedWay {
  kind: number;
  id: Bytes;
  wayIn: Bytes;
  /** SHA-256 of the proof; without it the server keeps the one that it has for this id. */
  proofHash: Bytes | null;
}

export interface NewVault {
  sealed: Bytes;
  passwordWrap: Bytes;
  ways: SealedWay[];
}

/** `device` is zeros for the vault's key. */
export interface PublicKey {
  device: Bytes;
  publicKey: Bytes;
}

/** `recipient` is zeros for the vault. */
export interface Wrap {
  recipient: Bytes;
  wrap: Bytes;
}

export interface NewGeneration {
  statement: Bytes;
  wraps: Wrap[];
  predecessor: Bytes | null;
}

export interface NewReceive {
  statement: Bytes;
  publicKey: Bytes;
}

export interface NewRow {
  g: number;
  kind: number;
  id: Bytes;
  sealed: Bytes;
}

export interface StoredRow extends NewRow {
  position: number;
  /** It came in the request of its generation. */
  isOfSet: boolean;
  /** Not told but judged: whoever was removed may have written it (6.3). */
  isDoubtful?: true;
}

/** A private row: `place` as hex, `sealed` under generation `g`. */
export interface SealedPrivateRow {
  kind: number;
  place: string;
  version: number;
  g: number;
  sealed: Bytes;
}

/** It takes the place of version `before`, 0 for none. */
export interface NewPrivateRow extends SealedPrivateRow {
  before: number;
}

export interface StoredPrivateRow extends SealedPrivateRow {
  position: number;
}

/** All that goes together when the vault's version rises. */
export interface VaultChange {
  statements: Bytes[];
  vault: NewVault;
  generation: NewGeneration;
  receive: NewReceive;
  publicKeys: PublicKey[];
  rows: NewRow[];
}

export interface Removal {
  statement: Bytes;
  generation: NewGeneration;
  receive: NewReceive;
  rows: NewRow[];
}

export interface Renewal {
  generation: NewGeneration | null;
  receive: NewReceive | null;
  rows: NewRow[];
}

export interface Addition {
  statement: Bytes;
  publicKey: Bytes;
  g: number;
  wrap: Bytes;
}

/** What signs in from now on. */
export interface NewPassword {
  authKey: Bytes;
  salt: Bytes;
  stretching: Stretching;
}

export interface StoredGeneration {
  statement: Bytes;
  predecessor: Bytes | null;
  /** For the asking device. */
  wrap: Bytes | null;
  vaultWrap: Bytes | null;
}

/** Version 0: there is none. */
export interface StoredVault {
  version: number;
  isListed: boolean;
  sealed: Bytes | null;
  passwordWrap: Bytes | null;
}

export interface ChainPage {
  n: number;
  statements: Bytes[];
}

export interface RecoveryStart {
  server: Bytes;
  user: number;
  ticket: string;
  /** The device that is to come. */
  device: Bytes;
  version: number;
  sealed: Bytes;
  kind: number;
  id: Bytes;
  wayIn: Bytes;
  chain: ChainPage;
  generation: StoredGeneration;
  receiveVersion: number;
}

export interface ResetStart {
  server: Bytes;
  user: number;
  username: string;
  device: Bytes;
  /** 0 and zeros without a chain. */
  n: number;
  hash: Bytes;
  receiveVersion: number;
}

export interface AccountServer {
  getVault(): Promise<StoredVault>;
  /** One's own user chain above n, a page. */
  readChain(after: number): Promise<ChainPage>;
  /** Newest first, a page, from below `before`. */
  listGenerations(before: number | null): Promise<StoredGeneration[]>;
  /** One's own newest receive statement. */
  readReceive(): Promise<NewReceive | null>;
  listPublicKeys(): Promise<PublicKey[]>;
  /** The ids of one's devices that are signed in, listed or not. */
  listSessions(): Promise<Bytes[]>;
  listRows(after: number): Promise<{ rows: StoredRow[]; position: number }>;
  appendRows(rows: NewRow[]): Promise<void>;
  /** A page by position, from above one; `position` is the newest there ever was. */
  listPrivate(after: number): Promise<{ rows: StoredPrivateRow[]; position: number }>;
  /** All of them or none; Refusal `row_moved` when another version stands there. */
  putPrivate(rows: NewPrivateRow[]): Promise<void>;
  setUp(authKey: Bytes, change: VaultChange): Promise<void>;
  addDevice(authKey: Bytes, addition: Addition): Promise<void>;
  retire(statement: Bytes): Promise<void>;
  setProfile(statement: Bytes): Promise<void>;
  removeDevices(authKey: Bytes, removal: Removal): Promise<void>;
  changePassword(authKey: Bytes, password: NewPassword, change: VaultChange): Promise<void>;
  changeWays(authKey: Bytes, change: VaultChange): Promise<void>;
  renew(renewal: Renewal): Promise<void>;
  /** By a device that is signed in. */
  resetHere(token: string, password: NewPassword, change: VaultChange): Promise<void>;
  askRecovery(username: string, proof: Bytes, after: number): Promise<RecoveryStart>;
  finishRecovery(username: string, proof: Bytes, ticket: string, password: NewPassword, change: VaultChange): Promise<void>;
  askReset(token: string): Promise<ResetStart>;
  finishReset(token: string, password: NewPassword, change: VaultChange): Promise<void>;
}

/** The server said no: `code` is the problem's. */
export class Refusal extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = "Refusal";
  }
}

/** Nothing came back: the request may have been carried out or not. */
export class NoAnswer extends Error {
  constructor() {
    super("no answer");
    this.name = "NoAnswer";
  }
}

const MOST_TRIES = 6;

/** Sends the same bytes until there is an answer; throws NoAnswer after a minute. `wait` takes milliseconds. */
export async function sendAgain(send: () => Promise<void>, wait: (ms: number) => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof NoAnswer) || tries + 1 >= MOST_TRIES) throw error;
      await wait(1000 * 2 ** tries);
    }
  }
}

const MOVED = new Set(["chain_moved", "vault_moved", "generation_moved", "receive_moved"]);

/** Another device was quicker: what was made must be made anew on what stands there now. */
export const isMoved = (error: unknown): boolean => error instanceof Refusal && MOVED.has(error.code);
