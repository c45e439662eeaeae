// What this device knows of its own person: everything in it has been verified (docs/protocol-encryption.md, 5.2 and 6).
import { type Bytes, toHex } from "../../lib/bytes.ts";
import { check, equal, join, ProtocolError, u8 } from "../protocol/codec.ts";
import { kemPublicKey, hashKemKey } from "../protocol/hpke.ts";
import { encodeRow, hashSet, listCounting, openRow, type Row, rowId, rowKind } from "../protocol/keyring.ts";
import { KnownChain } from "../protocol/known-chain.ts";
import { OwnChain } from "../protocol/own-chain.ts";
import { listDisputed, type Pin } from "../protocol/pins.ts";
import { sha256 } from "../protocol/primitives.ts";
import { findDevice } from "../protocol/user-state.ts";
import type { DeviceKeys, KeyStore, Remembered } from "../keys/key-store.ts";
import type { Past } from "./past.ts";
import type { AccountServer, PublicKey, StoredRow } from "./server.ts";

/** What every flow is given. `device` is the session's; times in milliseconds. */
export interface Account {
  place: { server: Bytes; user: number; username: string };
  device: Bytes;
  server: AccountServer;
  store: KeyStore;
  now: () => number;
  wait: (ms: number) => Promise<void>;
}

export class Self {
  readonly chain: KnownChain;
  readonly own: OwnChain;
  /** Of receive statements, by version: those that the keyring or this device itself gave. */
  readonly receiveSeeds = new Map<number, Bytes>();
  /** Rows of kinds 2 to 4, sealed, by position. Those that count are under the newest generation. */
  rows: StoredRow[] = [];
  rowPosition = 0;
  /** A generation whose rows this device still has to carry over, because it could not read them when it made the next one. */
  carryFrom: number | null = null;
  /** Those rows (nameRow): what came under it since is not meant. Null for all, which this device had not read. */
  carry: string[] | null = null;
  /** Pins and heads (nameRow) that counted before a restore had all rows read anew, until no removed device has the newest key any more. */
  counted: string[] = [];
  vault: Remembered["vault"] = null;
  /** What rows say, by position: the same for ever. */
  readonly #opened = new Map<number, Row | null>();
  began: string[] = [];
  deviceKeys: PublicKey[] = [];
  newsFrom: number | null = null;
  made = new Set<number>();
  /** How far this person's chain had come on this device before everything of it was wiped. */
  past: Past | null = null;

  constructor(readonly account: Account) {
    this.chain = new KnownChain(account.place.server, account.place.user);
    this.own = new OwnChain(this.chain);
  }

  /** The chain has to have it, unless a restore was told. Throws ProtocolError `fork` where all this was on another server. */
  hold(past: Past): void {
    check(equal(past.server, this.account.place.server), "fork", "another server than this device knew this person on");
    this.past = past;
    if (past.isReleased) return;
    this.chain.expect(past);
    this.chain.highestSeen = Math.max(this.chain.highestSeen, past.highestSeen);
  }

  /** Takes statements that this device has just made. */
  async takeOwn(statements: readonly Bytes[]): Promise<void> {
    for (const statement of statements) this.made.add((await this.chain.take(statement)).n);
  }

  /** Takes a generation. One that begins the own chain anew leaves no rows: they are under keys that are over. Throws ProtocolError: 6.1. */
  async takeGeneration(statement: Bytes, key: Bytes): Promise<void> {
    const before = this.own.newest;
    const taken = await this.own.take(statement, key);
    if (before === null || taken.stated.incarnation === before.stated.incarnation) return;
    Object.assign(this, { rows: [], carryFrom: null, carry: null, counted: [] });
  }

  /** This device's keys, if they are those that the chain lists for it. */
  async findListedKeys(): Promise<DeviceKeys | null> {
    const keys = await this.account.store.readDevice(this.account.device);
    const listed = this.chain.state && findDevice(this.chain.state, this.account.device);
    return keys !== null && listed && equal(listed.signKey, keys.signKey) ? keys : null;
  }

  /** Before it is said: this device is to be listed in an incarnation that begins with this identity key, else with that of the chain's head. */
  async rememberBeginning(identityKey?: Bytes): Promise<void> {
    this.began.push(this.#nameBeginning(identityKey));
    await this.remember();
  }

  #nameBeginning(identityKey?: Bytes): string {
    const { account, chain: { states } } = this;
    const began = identityKey ?? states.find((one) => one.incarnation === this.chain.head.incarnation)!.identityKey;
    return toHex(account.device) + toHex(began);
  }

  /**
   * Throws ProtocolError `fork` where the chain lists this device under an identity that is not its person's: anybody can list public
   * keys, and whoever resets a person lists only the device that does it.
   */
  async requireOwnIdentity(): Promise<void> {
    if ((await this.findListedKeys()) === null) return;
    const { account } = this;
    const name = this.#nameBeginning();
    // Written by a version that kept none.
    if (!this.began.some((one) => one.startsWith(toHex(account.device)))) this.began.push(name);
    // Another tab may have begun it.
    if (!this.began.includes(name)) this.began = (await account.store.read())?.began ?? [];
    check(this.began.includes(name), "fork", "this device is listed under an identity that is not its person's");
  }

  /** Throws ProtocolError `not_listed`. */
  async requireKeys(): Promise<DeviceKeys> {
    const keys = await this.findListedKeys();
    check(keys !== null, "not_listed", "this device is not in the list");
    return keys;
  }

  /** What a row says; null for what does not open. */
  async #open({ g, kind, id, sealed, position }: StoredRow): Promise<Row | null> {
    const { server, user } = this.account.place;
    const { key } = this.own.find(g)!;
    const known = this.#opened.get(position);
    const row = known === undefined ? await openOrSkip(openRow(key, { server, user, g, kind, id }, sealed)) : known;
    this.#opened.set(position, row);
    return row;
  }

  async #openRows(g: number): Promise<{ row: Row | null; stored: StoredRow }[]> {
    const opened = [];
    for (const stored of this.own.find(g) === undefined ? [] : this.rows.filter((row) => row.g === g)) opened.push({ row: await this.#open(stored), stored });
    return opened;
  }

  /** Takes rows that came. What may be of a removed device, which has the newest key, does not count, now or later. */
  async takeRows(rows: readonly StoredRow[]): Promise<void> {
    const { newest, isLeftBehind, isByListed } = this.own;
    const counted = new Set(this.counted);
    for (const stored of rows) {
      const isOpen = !isLeftBehind || stored.g !== newest!.statement.g || (stored.isOfSet && isByListed);
      const row = isOpen ? null : await this.#open(stored);
      const isDoubtful = row !== null && (row.kind === "pin" || row.kind === "head") && !counted.has(nameRow(row));
      this.rows.push(isDoubtful ? { ...stored, isDoubtful } : stored);
    }
    if (!isLeftBehind) this.counted = [];
  }

  /** Before all rows are read anew: what counts, and these pins, counts on. */
  async noteCounted(pins: readonly Pin[]): Promise<void> {
    const rows = [...pins, ...(await this.#readEvery(this.own.newest?.statement.g ?? 0)), ...(await this.readNoted())];
    const said = rows.filter(({ kind }) => kind === "pin" || kind === "head");
    this.counted = [...new Set([...this.counted, ...said.map(nameRow)])];
  }

  /** Throws ProtocolError `withheld` unless the rows that are said to have come with the newest generation are those that it states (6.3). */
  async requireSet(): Promise<void> {
    const { statement } = this.own.newest!;
    const told = (await this.#openRows(statement.g)).filter((one) => one.stored.isOfSet).map((one) => one.row);
    const rows = told.filter((row) => row !== null);
    const isWhole = rows.length === told.length && isSetOf(rows, statement.set);
    check(isWhole, "withheld", "rows of the newest generation's set are missing, or are others");
  }

  /** Rows of kinds 2 to 4 that count under generation `g`, one for each kind and id, and opened. */
  async readRows(g = this.own.newest?.statement.g ?? 0): Promise<Row[]> {
    return listCounting(await this.#readEvery(g));
  }

  /** Every pin under a generation, in the order of the list. */
  async readPins(g = this.own.newest?.statement.g ?? 0): Promise<Pin[]> {
    return (await this.#readEvery(g)).filter((row) => row.kind === "pin");
  }

  /** Those of these pins, in their order, that are of somebody of whom one is under no generation that is known. */
  async listMissing(pins: readonly Pin[]): Promise<Pin[]> {
    const shown = new Set<string>();
    for (const { statement } of this.own.generations) for (const pin of await this.readPins(statement.g)) shown.add(nameRow(pin));
    const users = new Set(pins.filter((pin) => !shown.has(nameRow(pin))).map((pin) => pin.user));
    return pins.filter((pin) => users.has(pin.user));
  }

  /** What goes on under the next generation: rows that count, and after them the pins that are in doubt with others of theirs. */
  async readCarried(g?: number): Promise<Row[]> {
    return [...(await this.readRows(g)), ...listDisputed(await this.readPins(g))];
  }

  /** Of an older generation what has still to be carried over: not what came under it since. */
  async readNoted(): Promise<Row[]> {
    const noted = this.carry && new Set(this.carry);
    return (await this.#readEvery(this.carryFrom ?? 0)).filter((row) => noted === null || noted.has(nameRow(row)));
  }

  async #readEvery(g: number): Promise<Row[]> {
    return (await this.#openRows(g)).flatMap(({ row, stored }) => (row === null || stored.isDoubtful ? [] : [row]));
  }

  /** Takes the seeds of receive statements out of the rows. A seed that does not fit its statement is no seed. */
  async learnReceiveSeeds(): Promise<void> {
    const known = new Map(this.chain.receives.map((one) => [one.statement.version, one]));
    for (const row of await this.readRows()) {
      if (row.kind !== "receive" || this.receiveSeeds.has(row.version)) continue;
      const receive = known.get(row.version);
      const fits = receive === undefined || (equal(receive.hash, row.statementHash) && equal(hashKemKey(await kemPublicKey(row.seed)), receive.statement.kemHash));
      if (fits) this.receiveSeeds.set(row.version, row.seed);
    }
  }

  /** Writes all of it, so that a later start knows at least as much. What another tab has begun meanwhile stays begun. */
  async remember(): Promise<void> {
    this.began = [...new Set([...((await this.account.store.read())?.began ?? []), ...this.began])];
    await this.account.store.write({
      statements: this.chain.statements,
      highestSeen: this.chain.highestSeen,
      receives: this.chain.receives.map((one) => one.bytes),
      generations: this.own.generations.map(({ bytes, hash, key }) => ({ statement: bytes, hash, key })),
      receiveSeeds: [...this.receiveSeeds].map(([version, seed]) => ({ version, seed })),
      rows: this.rows,
      rowPosition: this.rowPosition,
      carryFrom: this.carryFrom,
      carry: this.carry,
      counted: this.counted,
      newsFrom: this.newsFrom,
      made: [...this.made],
      began: this.began,
      deviceKeys: this.deviceKeys,
      vault: this.vault,
    });
  }
}

/** By which a device knows a row again. */
export const nameRow = (row: Row): string => toHex(sha256(join(u8(rowKind(row)), rowId(row), encodeRow(row))));

/** Whether rows have this hash; two of one kind and id are no set. */
function isSetOf(rows: readonly Row[], set: Bytes): boolean {
  try {
    return equal(hashSet(rows), set);
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

/** A row that does not open is no row: whoever wrote it, it says nothing. */
async function openOrSkip(opening: Promise<Row>): Promise<Row | null> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** What this device remembers, verified anew: storage is believed as to what was seen, not as to what is right. */
export async function recall(account: Account): Promise<Self> {
  const self = new Self(account);
  const [remembered, past] = [await account.store.read(), await account.store.readPast()];
  if (past !== null) self.hold(past);
  if (remembered === null) return self;
  for (const statement of remembered.statements) await self.chain.take(statement);
  self.chain.highestSeen = Math.max(self.chain.highestSeen, remembered.highestSeen);
  for (const receive of remembered.receives) await self.chain.takeReceive(receive);
  for (const [at, one] of remembered.generations.entries()) {
    if (at === 0) await self.own.anchor(one.statement, one.hash, one.key);
    else await self.own.take(one.statement, one.key);
  }
  for (const { version, seed } of remembered.receiveSeeds) self.receiveSeeds.set(version, seed);
  self.rows = remembered.rows;
  self.rowPosition = remembered.rowPosition;
  self.carryFrom = remembered.carryFrom;
  self.carry = remembered.carry ?? null;
  self.counted = remembered.counted ?? [];
  self.newsFrom = remembered.newsFrom;
  self.made = new Set(remembered.made);
  self.vault = remembered.vault;
  self.began = remembered.began ?? [];
  self.deviceKeys = remembered.deviceKeys ?? [];
  return self;
}
