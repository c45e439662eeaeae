// What this device knows of one conversation: epochs and log, judged together. Epochs and entries lean on each other: a removal on the
// leave entry that is its cause, an entry on the epochs around it.
import type { Bytes } from "../../../lib/bytes.ts";
import { equal, ProtocolError } from "../../protocol/codec.ts";
import { Epochs, type HasLeft, type KnownEpoch, type StoredEpoch } from "./epochs.ts";
import type { Where } from "./judge-epoch.ts";
import { type Judged, judgeLog } from "./judge-log.ts";
import { type VerifiedSigned, verifySigned } from "./judge-signed.ts";
import { Log, type Row } from "./log.ts";
import { Insides } from "./open-rows.ts";
import type { People } from "../people/people.ts";
import { isRecordKind } from "./roles.ts";

export interface ConversationFacts {
  /** Database generations that `sync.open` told, as hex. */
  databases: ReadonlySet<string>;
  now: () => number;
}

export class KnownConversation {
  readonly epochs: Epochs;
  readonly log: Log;
  readonly insides: Insides;
  /** The keyring has a head row of it. */
  hasHead = false;
  #judged: Judged | null = null;
  readonly #signed = new WeakMap<Row, VerifiedSigned>();

  constructor(readonly where: Where, people: People, private readonly facts: ConversationFacts) {
    this.epochs = new Epochs(where, people, this.#hasLeft);
    this.log = new Log(where.conversation);
    this.insides = new Insides(this.epochs);
  }

  get judged(): Judged {
    this.#judged ??= judgeLog({
      epochs: this.epochs, log: this.log, insideOf: (row) => this.insides.find(row), signedOf: (row) => this.#signed.get(row),
      databases: this.facts.databases, hasHead: this.hasHead, now: this.facts.now(),
    });
    return this.#judged;
  }

  readonly #hasLeft: HasLeft = (n, user, cause, below) => {
    const { leaves, entryOf } = this.judged.signed;
    if (leaves.some((one) => one.n === n && one.user === user && equal(one.cause, cause))) return true;
    const entry = entryOf(n);
    const isKnown = below !== null && entry !== undefined && this.log.hasAll(entry, below - 1);
    if (!isKnown) throw new ProtocolError("unproven", "a leave entry that is not at hand");
    return false;
  };

  /** Takes the next epoch. Throws ProtocolError as Epochs.take. */
  async takeEpoch({ record, roster, seq, time }: StoredEpoch): Promise<KnownEpoch> {
    const taken = await this.epochs.take(record, roster, { seq, time });
    await this.learn();
    return taken;
  }

  /** Entries of the log without gaps; `before` is null when it is not known. Throws ProtocolError `malformed`, `fork`. */
  async takeRows(before: Bytes | null, rows: readonly Row[]): Promise<void> {
    this.log.take(before, rows);
    await this.learn();
  }

  /** What the device kept of the log: signed entries, whose places decide about all others. */
  async restore(rows: readonly Row[]): Promise<void> {
    this.log.restore(rows);
    await this.learn();
  }

  /** Whether the device that a signed entry names has signed it. */
  isSigned(row: Row): boolean {
    const signed = this.#signed.get(row);
    return signed !== undefined && "isSigned" in signed && signed.isSigned === true;
  }

  /** Signed entries at hand: they are kept over starts, and never let go of. */
  get signedRows(): Row[] {
    return this.log.rows.filter((row) => !isRecordKind(row.kind));
  }

  /** Lets go of all records but the newest; what was told of them stands where it was told to. */
  keepNewest(count: number): void {
    const newest = new Set(this.log.rows.filter((row) => isRecordKind(row.kind)).slice(-count));
    this.log.keepOnly((row) => newest.has(row) || !isRecordKind(row.kind));
    this.#judged = null;
  }

  /** Opens what can be opened now. To be called when a seed, an epoch or a chain was learnt. */
  async learn(): Promise<void> {
    // Together, so that the engine's own threads share the work.
    const due = this.log.rows.filter((row) => !isRecordKind(row.kind) || this.insides.find(row) === undefined);
    await Promise.all(due.map((row) => (isRecordKind(row.kind) ? this.insides.open(row) : this.#verify(row))));
    this.#judged = null;
  }

  async #verify(row: Row): Promise<void> {
    const known = this.#signed.get(row);
    const isWaiting = known !== undefined && "isSigned" in known && known.isSigned === null;
    if (known === undefined || isWaiting) this.#signed.set(row, await verifySigned(this.epochs, row));
  }
}
