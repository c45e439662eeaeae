// What a device knows of its person's private rows, and how it changes them (docs/protocol-encryption.md, 6.4). What it keeps counts
// against a server that shows less: that is written again.
import { fromHex } from "../../lib/bytes.ts";
import type { KeptRow } from "../keys/key-store.ts";
import { applyChange, type Fields, isLaterDraft, PRIVATE_DRAFT, type PrivateChange } from "../private-change.ts";
import { check, ProtocolError } from "../protocol/codec.ts";
import { openPrivate, sealPrivate, type PrivatePlace } from "../protocol/private.ts";
import { findGenerationKey } from "./seed-rows.ts";
import type { Self } from "./self.ts";
import { type NewPrivateRow, Refusal, type StoredPrivateRow } from "./server.ts";

const SCHEDULED = 5;
const MOST_IN_ONE = 100;
const MOST_BYTES = 256 * 1024;
const MOST_TRIES = 5;

/** What stands in one place, by kind; a place is 32 hex digits. */
export interface PrivateRow {
  kind: number;
  place: string;
  fields: Fields;
}

const nameOf = ({ kind, place }: { kind: number; place: string }): string => `${kind} ${place}`;
const isNothing = (fields: Fields): boolean => Object.keys(fields).length === 0;
const isMoved = (error: unknown): boolean => error instanceof Refusal && error.code === "row_moved";

/** The private rows of one device in one database. */
export class PrivateRows {
  readonly #self: Self;
  #kept: Map<string, KeptRow> | undefined;
  /** Versions that the server has. */
  #stored = new Map<string, number>();
  /** Written by a newer program: neither read nor overwritten. */
  #closed = new Set<string>();
  #position = 0;
  #isRefused = false;
  /** What has become of rows since that was asked for last. */
  readonly #news = new Map<string, PrivateRow>();

  constructor(self: Self) {
    this.#self = self;
  }

  /**
   * Catches up, then writes again what the server has not as it was, and under the newest generation what is under an older one. What
   * another device does meanwhile is left to it. Gives what has changed since this was asked last, at first all. Throws Refusal, NoAnswer.
   */
  async settle(): Promise<PrivateRow[]> {
    await this.#catchUp();
    for (const part of split([...(await this.#listKept())].filter((row) => this.#isDue(row)))) {
      try {
        await this.#put(part);
      } catch (error) {
        if (!isMoved(error)) throw error;
        this.#isRefused = true;
        break;
      }
    }
    const news = [...this.#news.values()];
    this.#news.clear();
    return news;
  }

  /**
   * Carries changes out on what stands there, and gives what stands there then. Throws Refusal, NoAnswer; ProtocolError: `malformed` (no
   * such place, too much), `unsupported` (a newer program has written it).
   */
  async change(kind: number, place: string, changes: readonly PrivateChange[]): Promise<PrivateRow> {
    const name = nameOf({ kind, place });
    for (let tries = 1; ; tries += 1) {
      await this.#catchUp();
      check(!this.#closed.has(name), "unsupported", "a newer program has written this row");
      const before = (await this.#listKept()).find((row) => nameOf(row) === name)?.fields ?? {};
      const fields = changes.reduce(applyChange, before);
      const isIdle = JSON.stringify(fields) === JSON.stringify(before) || (kind === PRIVATE_DRAFT && isLaterDraft(before, fields));
      if (isIdle) return { kind, place, fields: before };
      try {
        await this.#put([{ kind, place, fields }]);
        return { kind, place, fields };
      } catch (error) {
        if (!isMoved(error) || tries === MOST_TRIES) throw error;
        this.#isRefused = true;
      }
    }
  }

  /** All is read in each run, and when the server has fewer, or refused a row without anything new. */
  async #catchUp(): Promise<void> {
    await this.#recall();
    const isAnew = this.#position === 0;
    if (isAnew) this.#begin();
    const hasNews = await this.#readOn(!isAnew);
    if (!hasNews && this.#isRefused && !isAnew) {
      this.#begin();
      await this.#readOn(false);
    }
    this.#isRefused = false;
  }

  /** A reset ended all rows: what this device keeps of before is written again, unless another one was quicker. */
  async #recall(): Promise<Map<string, KeptRow>> {
    const { incarnation } = this.#self.own.newest!.stated;
    const { store } = this.#self.account;
    const kept = this.#kept ?? new Map((await store.readPrivate()).map((row) => [nameOf(row), row]));
    this.#kept = kept;
    const left = [...kept.values()].filter((row) => row.incarnation !== incarnation).map((row) => ({ ...row, version: 0, g: 0, incarnation }));
    if (left.length === 0) return kept;
    await store.writePrivate(left);
    for (const row of left) kept.set(nameOf(row), row);
    this.#begin();
    return kept;
  }

  async #listKept(): Promise<KeptRow[]> {
    return [...(await this.#recall()).values()];
  }

  #begin(): void {
    [this.#position, this.#stored, this.#closed] = [0, new Map(), new Set()];
  }

  /** Nothing is no reason to write a row that is not there. */
  #isDue({ kind, place, fields, version, g }: KeptRow): boolean {
    const name = nameOf({ kind, place });
    const stored = this.#stored.get(name) ?? 0;
    if (this.#closed.has(name) || (stored === 0 && isNothing(fields))) return false;
    return stored !== version || g < this.#self.own.newest!.statement.g;
  }

  /** Reads from the position on, and tells whether there was anything. */
  async #readOn(mayBegin: boolean): Promise<boolean> {
    const { account, own } = this.#self;
    for (let hasNews = false; ;) {
      const page = await account.server.listPrivate(this.#position);
      if (page.position < this.#position && mayBegin) {
        this.#begin();
        return this.#readOn(false);
      }
      const fresh = page.rows.filter((row) => row.position > this.#position);
      const learnt: KeptRow[] = [];
      let isAhead = false;
      for (const row of fresh) {
        // Another device has renewed it: read on once that is known.
        isAhead = row.g > own.newest!.statement.g;
        if (isAhead) break;
        const taken = await this.#take(row);
        if (taken !== null) learnt.push(taken);
        this.#position = row.position;
        hasNews = true;
      }
      await this.#keep(learnt);
      if (isAhead || fresh.length === 0 || this.#position >= page.position) return hasNews;
    }
  }

  /** What a stored row says, if it opens and is not below what is known. */
  async #take(row: StoredPrivateRow): Promise<KeptRow | null> {
    const name = nameOf(row);
    this.#stored.set(name, row.version);
    this.#closed.delete(name);
    const key = await findGenerationKey(this.#self, row.g);
    if (key === undefined) return null;
    try {
      return this.#judge({ ...row, fields: await openPrivate(key, this.#placeOf(row), row.sealed) });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.verdict === "unsupported") this.#closed.add(name);
      return null;
    }
  }

  /** What is to be sent in the person's name counts only under the newest generation. */
  #judge({ kind, place, fields, version, g }: Omit<KeptRow, "incarnation">): KeptRow | null {
    const { statement, stated } = this.#self.own.newest!;
    const known = this.#kept!.get(nameOf({ kind, place }));
    const isLower = known !== undefined && (g < known.g || version < known.version);
    const isOld = kind === SCHEDULED && g < statement.g;
    return isLower || isOld ? null : { kind, place, fields, version, g, incarnation: stated.incarnation };
  }

  async #keep(rows: readonly KeptRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#self.account.store.writePrivate(rows);
    for (const { kind, place, fields, ...rest } of rows) {
      const name = nameOf({ kind, place });
      this.#kept!.set(name, { kind, place, fields, ...rest });
      this.#news.set(name, { kind, place, fields });
    }
  }

  /** Puts rows in the place of those that are stored, above all versions that were seen. */
  async #put(rows: readonly PrivateRow[]): Promise<void> {
    const { statement, key, stated } = this.#self.own.newest!;
    const { g } = statement;
    const made: (NewPrivateRow & KeptRow)[] = [];
    for (const { kind, place, fields } of rows) {
      const name = nameOf({ kind, place });
      const before = this.#stored.get(name) ?? 0;
      const version = Math.max(before, this.#kept!.get(name)?.version ?? 0) + 1;
      const sealed = await sealPrivate(key, this.#placeOf({ kind, place, version, g }), fields);
      made.push({ kind, place, before, version, g, sealed, fields, incarnation: stated.incarnation });
    }
    await this.#self.account.server.putPrivate(made);
    for (const row of made) this.#stored.set(nameOf(row), row.version);
    await this.#keep(made.map(({ kind, place, fields, version, g, incarnation }) => ({ kind, place, fields, version, g, incarnation })));
  }

  #placeOf({ kind, place, version, g }: { kind: number; place: string; version: number; g: number }): PrivatePlace {
    const { server, user } = this.#self.account.place;
    return { server, user, g, kind, place: fromHex(place), version };
  }
}

/** Parts that a request has room for. */
function split(rows: readonly KeptRow[]): KeptRow[][] {
  const parts: KeptRow[][] = [];
  let size = MOST_BYTES;
  for (const row of rows) {
    const length = JSON.stringify(row.fields).length * 3 + 1024;
    size += length;
    if (size > MOST_BYTES || parts.at(-1)!.length === MOST_IN_ONE) {
      parts.push([]);
      size = length;
    }
    parts.at(-1)!.push(row);
  }
  return parts;
}
