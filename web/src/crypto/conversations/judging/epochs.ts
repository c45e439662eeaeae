// The epochs of one conversation that this device has accepted (docs/protocol-encryption.md, 7.5): without gaps from where it began,
// or from where the newest stay began; those of an earlier stay are kept to read with. Only additions: what is accepted stays.
import type { Bytes } from "../../../lib/bytes.ts";
import { check, equal } from "../../protocol/codec.ts";
import { encodeRoster } from "../../protocol/epoch.ts";
import { opensCommitment } from "../../protocol/epoch-keys.ts";
import type { Facts, Step } from "../../protocol/epoch-rules.ts";
import { checkPeople, judgeEpoch, readHere, readNext, type ReadEpoch, type Where } from "./judge-epoch.ts";
import type { People } from "../people/people.ts";

export interface KnownEpoch extends ReadEpoch {
  /** Where the server says that its entry stands, and when it took it (ms). */
  told: Told | null;
  /** s; null while the device has none that opens the commitment. */
  seed: Bytes | null;
}

export interface Told {
  seq: number;
  time: number;
}

/** What the server gives of an epoch. */
export interface StoredEpoch {
  n: number;
  record: Bytes;
  /** Null: that of the epoch before. */
  roster: Bytes | null;
  seq: number;
  time: number;
}

/** Whether a leave entry of a person with this hash counts after epoch n, whose successor stands at `below` (if told). Throws ProtocolError `unproven`. */
export type HasLeft = (n: number, user: number, cause: Bytes, below: number | null) => boolean;

export interface RememberedEpoch {
  record: Bytes;
  /** Null: that of the epoch before. */
  roster: Bytes | null;
  told: Told | null;
  seed: Bytes | null;
}

export class Epochs {
  readonly #known = new Map<number, KnownEpoch>();
  #oldest = 0;
  #newest = 0;

  constructor(readonly where: Where, readonly people: People, readonly hasLeft: HasLeft) {}

  find = (n: number): KnownEpoch | undefined => this.#known.get(n);

  get newest(): KnownEpoch | null {
    return this.#known.get(this.#newest) ?? null;
  }

  get oldest(): KnownEpoch | null {
    return this.#known.get(this.#oldest) ?? null;
  }

  /** Ascending; with a gap between two stays. */
  get all(): KnownEpoch[] {
    return [...this.#known.values()].sort((a, b) => a.epoch.n - b.epoch.n);
  }

  /** Beside those of this stay; above them with a gap it begins another one. */
  #keep(read: ReadEpoch, told: Told | null): KnownEpoch {
    const { n } = read.epoch;
    const kept = { ...read, told, seed: null };
    this.#known.set(n, kept);
    const begins = this.#oldest === 0 || n > this.#newest + 1;
    this.#oldest = begins ? n : Math.min(this.#oldest, n);
    this.#newest = Math.max(this.#newest, n);
    return kept;
  }

  #factsAfter(before: Step | null, below: number | null): Facts["hasLeft"] {
    return (user, cause) => before !== null && this.hasLeft(before.epoch.n, user, cause, below);
  }

  async #judge(before: ReadEpoch | null, read: ReadEpoch, below: number | null): Promise<void> {
    await this.people.prove(read.roster);
    await judgeEpoch(this.where, this.people, before, read, this.#factsAfter(before, below));
  }

  /**
   * The next epoch, or one that is known. Throws ProtocolError: 7.5; `fork` for a second record of a known n that passes, `rollback` below
   * where the device began, `unproven` while something is not known: nothing is taken then.
   */
  async take(record: Bytes, roster: Bytes | null, told: Told | null): Promise<KnownEpoch> {
    const { newest, oldest } = this;
    const first = readNext(newest, record, roster);
    const { n } = first.epoch;
    const known = this.#known.get(n);
    if (known !== undefined && equal(known.hash, first.hash)) return this.#tell(known, told);
    check(oldest === null || n >= oldest.epoch.n, "rollback", "an epoch below the one where this device began");
    if (known !== undefined && known === oldest && n > 1) return this.#takeBesideAnchor(record, roster);
    const before = known === undefined ? newest : (this.#known.get(n - 1) ?? null);
    const read = before === newest ? first : readNext(before, record, roster);
    await this.#judge(before, read, told?.seq ?? null);
    check(known === undefined, "fork", "a second record of this epoch");
    return this.#keep(read, told);
  }

  #tell(known: KnownEpoch, told: Told | null): KnownEpoch {
    if (known.told === null) known.told = told;
    return known;
  }

  /** Another record for the n of the anchor: there is nothing before it to judge it on. */
  async #takeBesideAnchor(record: Bytes, roster: Bytes | null): Promise<never> {
    check(roster !== null, "bad_roster", "no roster at all");
    const read = readHere(this.where, record, roster);
    await this.people.prove(read.roster);
    await checkPeople(this.people, null, read);
    check(false, "fork", "a second record of this epoch");
  }

  /** Begins at the epoch that a `head` row of one's own keyring names. Throws ProtocolError `malformed`, `unsupported`, `wrong_place`, `bad_roster`, `fork`. */
  async anchor(record: Bytes, roster: Bytes, hash: Bytes, told: Told | null): Promise<KnownEpoch> {
    const read = readHere(this.where, record, roster);
    check(equal(read.hash, hash), "fork", "not the epoch that the keyring names");
    await this.people.prove(read.roster);
    return this.#keep(read, told);
  }

  /**
   * Begins at the epoch that brings oneself in, with the one before as the server has it: also again, after a time outside. Throws
   * ProtocolError: 7.5, `rollback` for one that is not above all that is known.
   */
  async join(before: { record: Bytes; roster: Bytes } | null, record: Bytes, roster: Bytes | null, told: Told | null): Promise<KnownEpoch> {
    const earlier = before === null ? null : readHere(this.where, before.record, before.roster);
    const read = readNext(earlier, record, roster);
    await this.#judge(earlier, read, told?.seq ?? null);
    check(read.epoch.n > this.#newest, "rollback", "not above what is known");
    const isConcerned = earlier === null || read.epoch.targets.some((target) => target.user === this.where.user);
    check(isConcerned && read.roster.some((one) => one.user === this.where.user), "not_allowed", "an epoch that does not bring oneself in");
    return this.#keep(read, told);
  }

  /** Walks one back from the oldest known one, which names it. Throws ProtocolError `malformed`, `unsupported`, `wrong_place`, `bad_roster`, `wrong_link`. */
  async takeBefore(record: Bytes, roster: Bytes, told: Told | null): Promise<KnownEpoch> {
    const oldest = this.oldest!;
    const read = readHere(this.where, record, roster);
    const isNamed = read.epoch.n === oldest.epoch.n - 1 && equal(read.hash, oldest.epoch.previous);
    check(isNamed, "wrong_link", "not the epoch before");
    await this.people.prove(read.roster);
    return this.#keep(read, told);
  }

  /** Returns whether the seed opens the commitment of an accepted epoch; then it is kept. */
  takeSeed(n: number, seed: Bytes): boolean {
    const known = this.#known.get(n);
    if (known === undefined || !opensCommitment(seed, known.epoch)) return false;
    known.seed ??= seed;
    return true;
  }

  remember(): RememberedEpoch[] {
    let before: KnownEpoch | null = null;
    return this.all.map((known) => {
      const isSame = before?.epoch.n === known.epoch.n - 1 && equal(before.epoch.rosterHash, known.epoch.rosterHash);
      before = known;
      return { record: known.bytes, roster: isSame ? null : encodeRoster(known.roster), told: known.told, seed: known.seed };
    });
  }

  /** What was kept: it was judged when it was taken, and lies where only this device writes. */
  recall(remembered: readonly RememberedEpoch[]): void {
    let before: KnownEpoch | null = null;
    for (const { record, roster, told, seed } of remembered) {
      before = this.#keep(readNext(before, record, roster), told);
      if (seed !== null) this.takeSeed(before.epoch.n, seed);
    }
  }
}
