// One person's user chain and receive statements as far as a client has verified them (docs/protocol-encryption.md, 5.2 and
// 6.2). What is learnt never changes, it only grows.
import { type Bytes, fromHex, toHex } from "../../lib/bytes.ts";
import { check, equal } from "./codec.ts";
import { hashKemKey } from "./hpke.ts";
import { type ChainHead, readReceive, RECEIVE, type Receive } from "./own-keys.ts";
import { hashStatement, verifyStatement } from "./statements.ts";
import { readUserStatement } from "./user-chain.ts";
import { applyUserStatement, findDevice, type UserState } from "./user-state.ts";

export interface KnownReceive {
  statement: Receive;
  hash: Bytes;
  bytes: Bytes;
}

export const headOf = (state: UserState): ChainHead => ({ n: state.n, hash: state.hash });

export class KnownChain {
  readonly server: Bytes;
  readonly user: number;
  /** After statement 1, 2, 3, … */
  readonly states: UserState[] = [];
  readonly statements: Bytes[] = [];
  /** The highest n that anybody stated. */
  highestSeen = 0;
  #least: ChainHead | null = null;
  readonly #incarnations = new Map<string, number>();
  readonly #lastListed = new Map<string, number>();
  /** Keys of devices by their hex: a page of messages asks for the same ones again and again. */
  readonly #keys = new Map<string, Bytes>();
  readonly #receive = new Map<number, KnownReceive>();

  constructor(server: Bytes, user: number) {
    this.server = server;
    this.user = user;
  }

  /** After the highest verified statement; null while nothing is known. */
  get state(): UserState | null {
    return this.states.at(-1) ?? null;
  }

  /** Throws Error for a chain without a statement, which the caller has ruled out. */
  get head(): UserState {
    if (this.state === null) throw new Error("nothing is known of this person");
    return this.state;
  }

  /** Takes the next statement, or one that is known. Throws ProtocolError: 5.1, and `fork` for a second n that verifies. */
  async take(bytes: Bytes): Promise<UserState> {
    const { n } = readUserStatement(bytes);
    const known = this.states[n - 1];
    if (known === undefined) return this.#append(bytes, await applyUserStatement(this.state, bytes, this.server, this.user));
    const state = await applyUserStatement(this.states[n - 2] ?? null, bytes, this.server, this.user);
    check(equal(state.hash, known.hash), "fork", "a second statement with this n");
    return known;
  }

  #append(bytes: Bytes, state: UserState): UserState {
    this.states.push(state);
    this.statements.push(bytes);
    this.highestSeen = Math.max(this.highestSeen, state.n);
    this.#incarnations.set(toHex(state.identityKey), state.incarnation);
    for (const { device } of state.devices) this.#lastListed.set(`${state.incarnation} ${toHex(device)}`, state.n);
    return state;
  }

  /** What the server gave was all there is. Throws ProtocolError `rollback` when more was seen anywhere, `fork` where another chain was. */
  requireWhole(): void {
    check((this.state?.n ?? 0) >= this.highestSeen, "rollback", "the chain ends below what was seen of it");
    if (this.#least !== null) this.at(this.#least);
  }

  /** A head that was verified once lies on the chain, though nothing else of that time is known any more. */
  expect(head: ChainHead): void {
    this.highestSeen = Math.max(this.highestSeen, head.n);
    this.#least = head;
  }

  /** Remembers a head that somebody stated. Throws ProtocolError `fork`. */
  see(head: ChainHead): void {
    this.highestSeen = Math.max(this.highestSeen, head.n);
    if (head.n >= 1 && head.n <= this.states.length) this.at(head);
  }

  /** The state at a stated head. Throws ProtocolError `unproven` (not fetched yet), `fork`. */
  at(head: ChainHead): UserState {
    check(head.n <= this.states.length, "unproven", "a head that is not known yet");
    const state = this.states[head.n - 1];
    check(state !== undefined && equal(state.hash, head.hash), "fork", "another statement at this head");
    return state;
  }

  /** Whether two identity keys are of one incarnation. Throws ProtocolError `unproven` for unknown ones. */
  isLinked(before: Bytes, after: Bytes): boolean {
    const [a, b] = [this.#incarnations.get(toHex(before)), this.#incarnations.get(toHex(after))];
    check(a !== undefined && b !== undefined, "unproven", "an identity key that is not known yet");
    return a === b;
  }

  /** Undefined for a key that was never an identity key here. */
  incarnationOf = (identityKey: Bytes): number | undefined => this.#incarnations.get(toHex(identityKey));

  /** The Ed25519 key that a device id names for ever. */
  deviceKey(device: Bytes): Bytes | undefined {
    const hex = this.state?.deviceKeys.get(`id ${toHex(device)}`);
    if (hex === undefined) return undefined;
    const key = this.#keys.get(hex) ?? fromHex(hex);
    this.#keys.set(hex, key);
    return key;
  }

  /** Whether a device is listed at a head, or at a later one of the same incarnation. */
  isListedFrom(head: ChainHead, device: Bytes): boolean {
    const last = this.#lastListed.get(`${this.at(head).incarnation} ${toHex(device)}`) ?? 0;
    return last >= head.n;
  }

  /**
   * Whether a device that was listed at a head, or at a later one of its incarnation, is not listed now: it had what was made
   * at that head, if not from then on then from one's other devices.
   */
  hasLostDevice(head: ChainHead): boolean {
    const { incarnation } = this.at(head);
    const now = new Set(this.head.devices.map((one) => `${incarnation} ${toHex(one.device)}`));
    return [...this.#lastListed].some(([name, last]) => name.startsWith(`${incarnation} `) && last >= head.n && !now.has(name));
  }

  /**
   * Whether a `devices` statement above a head takes devices off the list and adds none, of which none went by itself. A generation came with
   * it (10.4, 10.5): where none states it, a restore has lost that.
   */
  hasBareRemoval({ n }: ChainHead): boolean {
    return this.states.slice(n).some((after, at) => {
      const before = this.states[n - 1 + at]!;
      const isSmaller = after.incarnation === before.incarnation && after.devices.length < before.devices.length;
      const addsNone = after.devices.every(({ device }) => findDevice(before, device) !== undefined);
      return isSmaller && addsNone && !before.devices.some(({ device }) => after.retired.has(toHex(device)));
    });
  }

  /**
   * Verifies a receive statement, old or new. Throws ProtocolError `malformed`, `unsupported`, `wrong_place`, `unproven`, `fork`,
   * `not_listed`, `bad_signature`.
   */
  async takeReceive(bytes: Bytes): Promise<KnownReceive> {
    const statement = readReceive(bytes);
    check(equal(statement.server, this.server) && statement.user === this.user, "wrong_place", "of somebody else");
    const device = findDevice(this.at(statement.chain), statement.device);
    check(device !== undefined, "not_listed", "the signer was no device at the stated head");
    await verifyStatement(RECEIVE, bytes, device.signKey);
    const taken = { statement, hash: hashStatement(RECEIVE, bytes), bytes };
    const known = this.#receive.get(statement.version) ?? taken;
    check(equal(known.hash, taken.hash), "fork", "a second receive statement of this version");
    this.#receive.set(statement.version, known);
    return known;
  }

  /** What the server says is the newest. Throws ProtocolError as takeReceive, and `rollback` below a known one. */
  async takeNewestReceive(bytes: Bytes): Promise<KnownReceive> {
    const taken = await this.takeReceive(bytes);
    check(taken.statement.version >= this.receiveVersion, "rollback", "an older receive statement than is known");
    return taken;
  }

  /** The highest known, 0 for none. */
  get receiveVersion(): number {
    return Math.max(0, ...this.#receive.keys());
  }

  get receives(): KnownReceive[] {
    return [...this.#receive.values()];
  }

  /** A statement that a roster names. Throws ProtocolError `unproven` (not fetched yet), `fork`. */
  receiveAt(version: number, hash: Bytes): Receive {
    const known = this.#receive.get(version);
    check(known !== undefined, "unproven", "a receive statement that is not known yet");
    check(equal(known.hash, hash), "fork", "another receive statement of this version");
    return known.statement;
  }

  /** The highest known one that counts at a state. */
  newestReceive(state: UserState): KnownReceive | undefined {
    const versions = [...this.#receive.keys()].sort((a, b) => b - a);
    return versions.map((version) => this.#receive.get(version)!).find((known) => this.counts(known.statement, state));
  }

  /** Whether a verified receive statement counts at a chain head (6.2). */
  counts(statement: Receive, state: UserState): boolean {
    const stated = this.at(statement.chain);
    const isPresent = findDevice(state, statement.device) !== undefined || state.retired.has(toHex(statement.device));
    return stated.n <= state.n && stated.incarnation === state.incarnation && isPresent;
  }
}

/** Before one seals to it. Throws ProtocolError `malformed`, `bad_key`. */
export function checkReceiveKey(statement: Receive, publicKey: Bytes): void {
  check(publicKey.length === 1216, "malformed", "an X-Wing key has 1,216 bytes");
  check(equal(hashKemKey(publicKey), statement.kemHash), "bad_key", "not the key that is stated");
}
