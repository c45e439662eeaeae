// The entries of one conversation's log that are at hand, and every H that follows (docs/protocol-encryption.md, 8.5). A known
// (seq, H) never changes. Whether an entry stands is judged beside (judge-log.ts).
import { type Bytes, toHex } from "../../lib/bytes.ts";
import { check, equal } from "../protocol/codec.ts";
import { hash, sha256 } from "../protocol/primitives.ts";
import { chainLog } from "../protocol/record.ts";

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
  #sorted: Row[] | null = null;

  constructor(conversation: Bytes) {
    this.#hashes.set(0, hash("hearth log v1", conversation));
  }

  hashAt = (seq: number): Bytes | undefined => this.#hashes.get(seq);
  find = (seq: number): Row | undefined => this.#rows.get(seq);

  /** The highest place whose H is known: what a record states as seen. */
  get head(): LogPlace {
    return { seq: this.#highest, hash: this.#hashes.get(this.#highest)! };
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
    this.#highest = Math.max(this.#highest, seq);
  }

  /**
   * Entries without gaps, after the entry whose H is `before`. Throws ProtocolError `malformed` for what is no stretch, `fork` where a
   * known H would change: the page is not taken then.
   */
  take(before: Bytes, rows: readonly Row[]): void {
    const hashes: LogPlace[] = [];
    let previous: LogPlace = { seq: (rows[0]?.seq ?? 1) - 1, hash: before };
    check(previous.seq >= 0, "malformed", "entries begin with 1");
    if (rows.length > 0) hashes.push(previous);
    for (const { seq, kind, user, record, recordHash } of rows) {
      check(seq === previous.seq + 1, "malformed", "a page with a gap");
      check(record.length === 0 || equal(sha256(record), recordHash), "malformed", "a hash that is not the record's");
      previous = { seq, hash: chainLog(previous.hash, seq, kind, user, recordHash) };
      hashes.push(previous);
    }
    const isKnown = ({ seq, hash: one }: LogPlace): boolean => equal(this.#hashes.get(seq) ?? one, one);
    check(hashes.every(isKnown), "fork", "another log than the one that is known");
    for (const place of hashes) this.know(place);
    for (const row of rows) this.#keep(row);
    this.#sorted = null;
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
