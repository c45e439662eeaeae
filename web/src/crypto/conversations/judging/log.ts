// The entries of one conversation's log that are at hand, and every H that follows (docs/protocol-encryption.md, 8.5). A known
// (seq, H) never changes while it is kept; what is let go of may be handed in again. Whether an entry stands is judged beside
// (judge-log.ts).
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import { check, equal, zeros } from "../../protocol/codec.ts";
import { hash, sha256 } from "../../protocol/primitives.ts";
import { chainLog } from "../../protocol/record.ts";

const HASH = 32;

/** What the server tells of an entry. `record` is empty when it was emptied; its SHA-256 stays. */
export interface Row {
  seq: number;
  kind: number;
  user: number;
  device: Bytes;
  clientId: Bytes;
  counter: number;
  epoch: number;
  targetSeq: number;
  /** Milliseconds, the server's. */
  time: number;
  record: Bytes;
  recordHash: Bytes;
}

/** A record is hashed where it is read and looked at again where it is taken; nobody writes into one. */
const hashes = new WeakMap<Bytes, Bytes>();

/** SHA-256 of a record; of an emptied one what the server says that it was. */
export function hashOf(record: Bytes, told: Bytes | null = null): Bytes {
  if (record.length === 0) return told ?? zeros(HASH);
  const known = hashes.get(record) ?? sha256(record);
  hashes.set(record, known);
  return known;
}

export interface LogPlace {
  seq: number;
  hash: Bytes;
}

/** From `first` to `last` nothing is missing. */
export interface Stretch {
  first: number;
  last: number;
}

export class Log {
  readonly #hashes = new Map<number, Bytes>();
  readonly #rows = new Map<number, Row>();
  #highest = 0;
  #headHash: Bytes;
  #sorted: Row[] | null = null;

  constructor(conversation: Bytes) {
    this.#headHash = hash("hearth log v1", conversation);
    this.#hashes.set(0, this.#headHash);
  }

  hashAt = (seq: number): Bytes | undefined => this.#hashes.get(seq);
  find = (seq: number): Row | undefined => this.#rows.get(seq);

  /** The highest place whose H is known: what a record states as seen. */
  get head(): LogPlace {
    return { seq: this.#highest, hash: this.#headHash };
  }

  /** By seq. */
  get rows(): Row[] {
    this.#sorted ??= [...this.#rows.values()].sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  get stretches(): Stretch[] {
    const found: Stretch[] = [];
    for (const { seq } of this.rows) {
      const last = found.at(-1);
      if (last?.last === seq - 1) last.last = seq;
      else found.push({ first: seq, last: seq });
    }
    return found;
  }

  /** Whether every entry from `first` to `last` is at hand. */
  hasAll(first: number, last: number): boolean {
    for (let seq = first; seq <= last; seq += 1) if (!this.#rows.has(seq)) return false;
    return true;
  }

  /** A place that this device knew before. Throws ProtocolError `fork`. */
  know({ seq, hash: known }: LogPlace): void {
    const there = this.#hashes.get(seq) ?? known;
    check(equal(there, known), "fork", "another log than the one that is known");
    this.#hashes.set(seq, known);
    if (seq >= this.#highest) [this.#highest, this.#headHash] = [seq, known];
  }

  /** Rows whose H nobody needs: those that the device kept itself, or single ones. */
  restore(rows: readonly Row[]): void {
    for (const row of rows) this.#keep(row);
    this.#sorted = null;
  }

  /** Rows that do not fit what is known: each is judged by itself and changes nothing that is here. */
  takeUnchained(rows: readonly Row[]): void {
    this.restore(rows.filter(({ seq }) => !this.#rows.has(seq)));
  }

  /** Lets go of what is not `kept`, its H with it; the head's H stays. */
  keepOnly(kept: (row: Row) => boolean): void {
    const needed = new Set([0, this.#highest]);
    for (const row of this.rows) {
      if (kept(row)) needed.add(row.seq).add(row.seq - 1);
      else this.#rows.delete(row.seq);
    }
    for (const seq of this.#hashes.keys()) if (!needed.has(seq)) this.#hashes.delete(seq);
    this.#sorted = null;
  }

  /**
   * Entries without gaps, after the entry whose H is `before`; null when nobody knows it: then theirs stay unknown, too. Throws ProtocolError `malformed` for what is no stretch, `fork` where a
   * known H would change: the page is not taken then.
   */
  take(before: Bytes | null, rows: readonly Row[]): void {
    const first = (rows[0]?.seq ?? 1) - 1;
    check(first >= 0, "malformed", "entries begin with 1");
    const hashes = [...(before !== null && rows.length > 0 ? [before] : []), ...rows.map(({ recordHash }) => recordHash)];
    check(hashes.every(({ length }) => length === HASH), "malformed", "a hash of another length");
    for (const [at, { seq, record, recordHash }] of rows.entries()) {
      check(seq === first + at + 1, "malformed", "a page with a gap");
      check(record.length === 0 || equal(hashOf(record), recordHash), "malformed", "a hash that is not the record's");
    }
    const start = before ?? this.#hashes.get(first);
    if (start !== undefined) this.#chain({ seq: first, hash: start }, rows);
    this.restore(rows);
  }

  #chain(start: LogPlace, rows: readonly Row[]): void {
    const hashes = rows.length > 0 ? [start] : [];
    let previous = start.hash;
    for (const { seq, kind, user, recordHash } of rows) {
      previous = chainLog(previous, seq, kind, user, recordHash);
      hashes.push({ seq, hash: previous });
    }
    const isKnown = ({ seq, hash: one }: LogPlace): boolean => equal(this.#hashes.get(seq) ?? one, one);
    check(hashes.every(isKnown), "fork", "another log than the one that is known");
    for (const place of hashes) this.know(place);
  }

  /** Bytes that are known stay known when the server empties them. */
  #keep(row: Row): void {
    const known = this.#rows.get(row.seq);
    if (known !== undefined && isSameRow(known, row)) return;
    const isEmptied = known !== undefined && row.record.length === 0;
    this.#rows.set(row.seq, isEmptied ? known : row);
  }
}

function isSameRow(a: Row, b: Row): boolean {
  const isSamePlace = a.counter === b.counter && a.epoch === b.epoch && a.targetSeq === b.targetSeq && a.record.length === b.record.length;
  return isSamePlace && toHex(a.device) === toHex(b.device) && toHex(a.clientId) === toHex(b.clientId);
}
