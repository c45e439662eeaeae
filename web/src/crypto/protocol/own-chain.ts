// One's own generations: which are taken, in which order they are checked, when the next is due (docs/protocol-encryption.md, 6.1).
import type { Bytes } from "../../lib/bytes.ts";
import { check, equal, isZero } from "./codec.ts";
import type { KnownChain } from "./known-chain.ts";
import { commitGeneration, type Generation, GENERATION, openPredecessor, readGeneration } from "./own-keys.ts";
import { hashStatement, verifyStatement } from "./statements.ts";
import { findDevice, type UserState } from "./user-state.ts";

/** Milliseconds. */
const OLDEST = 30 * 24 * 3600 * 1000;

/** Why the next generation is due before anything is written under this one. */
export type Stale = "reset" | "signer_left" | "device_left" | "new_vault" | "old";

/** A verified generation with its key, and the user chain's state at the head that it states. */
export interface OwnGeneration {
  statement: Generation;
  hash: Bytes;
  bytes: Bytes;
  key: Bytes;
  stated: UserState;
}

/** Throws ProtocolError `bad_commitment`. */
export function checkGenerationKey(statement: Generation, key: Bytes): void {
  const isRight = key.length === 32 && equal(commitGeneration(statement.server, statement.user, statement.g, key), statement.commitment);
  check(isRight, "bad_commitment", "not the key of this generation");
}

function isSameVault(a: UserState, b: UserState): boolean {
  if (a.vault === null || b.vault === null) return a.vault === b.vault;
  return a.vault.version === b.vault.version && equal(a.vault.sealedHash, b.vault.sealedHash);
}

/** Generations of the newest incarnation, without gaps, from where this device began. */
export class OwnChain {
  readonly chain: KnownChain;
  readonly #generations = new Map<number, OwnGeneration>();

  constructor(chain: KnownChain) {
    this.chain = chain;
  }

  /** By g, ascending. */
  get generations(): OwnGeneration[] {
    return [...this.#generations.values()].sort((a, b) => a.statement.g - b.statement.g);
  }

  get newest(): OwnGeneration | null {
    return this.generations.at(-1) ?? null;
  }

  find = (g: number): OwnGeneration | undefined => this.#generations.get(g);

  /** Begins at the generation that the vault, or one's own storage, names. Throws ProtocolError as take. */
  async anchor(bytes: Bytes, hash: Bytes, key: Bytes): Promise<OwnGeneration> {
    const statement = readGeneration(bytes);
    this.#checkPlace(statement);
    check(equal(hashStatement(GENERATION, bytes), hash), "fork", "not the generation that was named");
    return this.#keep(await this.#verify(statement, bytes, null, key));
  }

  /**
   * Verifies the next generation; `key` is what its wrap gave. Throws ProtocolError `malformed`, `unsupported`, `wrong_place`,
   * `wrong_link`, `unproven`, `fork`, `rollback`, `not_listed`, `bad_signature`, `bad_commitment`.
   */
  async take(bytes: Bytes, key: Bytes): Promise<OwnGeneration> {
    const statement = readGeneration(bytes);
    this.#checkPlace(statement);
    const known = this.#generations.get(statement.g);
    if (known !== undefined && equal(known.hash, hashStatement(GENERATION, bytes))) return known;
    const beginsAnew = this.#beginsAnew(statement);
    const before = beginsAnew ? null : this.#findBefore(statement, known);
    const verified = await this.#verify(statement, bytes, before, key);
    check(beginsAnew || known === undefined, "fork", "a second generation with this g");
    if (beginsAnew) this.#generations.clear();
    return this.#keep(verified);
  }

  /** Walks one back from the oldest known one. Throws ProtocolError `wrong_link`, `cannot_open`, `bad_commitment`, `unproven`, `fork`. */
  async takeBefore(bytes: Bytes, box: Bytes): Promise<OwnGeneration> {
    const oldest = this.generations[0]!;
    const [statement, hash] = [readGeneration(bytes), hashStatement(GENERATION, bytes)];
    const isNamed = equal(hash, oldest.statement.previous) && statement.g === oldest.statement.g - 1;
    check(isNamed, "wrong_link", "not the generation before");
    const key = await openPredecessor(oldest.key, oldest.statement, statement, box);
    return this.#keep({ statement, hash, bytes, key, stated: this.chain.at(statement.chain) });
  }

  /** Why the newest generation is not current at `now` (ms); null while it is. */
  findStale(now: number): Stale | null {
    const [newest, state] = [this.newest, this.chain.head];
    if (newest === null || newest.stated.incarnation !== state.incarnation) return "reset";
    if (findDevice(state, newest.statement.device) === undefined) return "signer_left";
    if (this.chain.hasLostDevice(newest.statement.chain)) return "device_left";
    if (!isSameVault(newest.stated, state)) return "new_vault";
    return now - newest.statement.time > OLDEST ? "old" : null;
  }

  /** A restore has lost the generation that came with a removal: whoever was removed has the key of the newest one there is, and may write under it (6.3). */
  get isLeftBehind(): boolean {
    return this.newest !== null && this.chain.hasBareRemoval(this.newest.statement.chain);
  }

  /** Whether the newest generation, and so its set, is of a device that is listed now. */
  get isByListed(): boolean {
    return this.newest !== null && findDevice(this.chain.head, this.newest.statement.device) !== undefined;
  }

  #checkPlace({ server, user }: Generation): void {
    check(equal(server, this.chain.server) && user === this.chain.user, "wrong_place", "a generation of somebody else");
  }

  /** Whether a generation 1 begins the own chain of a newer incarnation. */
  #beginsAnew(statement: Generation): boolean {
    const { newest } = this;
    if (newest === null || statement.g !== 1 || !isZero(statement.previous)) return false;
    return this.chain.at(statement.chain).incarnation > newest.stated.incarnation;
  }

  /** What a generation follows; null for the first, and for another one in the place of where this device began. */
  #findBefore(statement: Generation, known: OwnGeneration | undefined): OwnGeneration | null {
    const before = known === undefined ? this.newest : (this.#generations.get(statement.g - 1) ?? null);
    const follows = before !== null && statement.g === before.statement.g + 1 && equal(statement.previous, before.hash);
    const begins = before === null && (known !== undefined || (statement.g === 1 && isZero(statement.previous)));
    check(follows || begins, "wrong_link", "not the next generation");
    return before;
  }

  async #verify(statement: Generation, bytes: Bytes, before: OwnGeneration | null, key: Bytes): Promise<OwnGeneration> {
    const stated = this.chain.at(statement.chain);
    if (before !== null) {
      check(stated.n >= before.stated.n, "rollback", "a head below the one stated before");
      check(stated.incarnation === before.stated.incarnation, "wrong_link", "the own chain begins again after a reset");
    }
    const device = findDevice(stated, statement.device);
    check(device !== undefined, "not_listed", "the signer was no device at the stated head");
    await verifyStatement(GENERATION, bytes, device.signKey);
    checkGenerationKey(statement, key);
    return { statement, hash: hashStatement(GENERATION, bytes), bytes, key, stated };
  }

  #keep(generation: OwnGeneration): OwnGeneration {
    this.#generations.set(generation.statement.g, generation);
    return generation;
  }
}
