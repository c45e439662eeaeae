// The messages of one conversation that are in memory, so that what is there already is not read again when something
// comes. Invariant: what is held is what the copy has. One that is written anew, by any tab, is read again; a new one beside
// them costs nothing.
import Dexie, { cmp, RangeSet, rangesOverlap, type ObservabilitySet } from "dexie";

import type { EntryRow, Replica } from "../replica/database.ts";
import { KIND_MESSAGE } from "../wire/contract.ts";

type Stretch = [from: number, to: number];

export class HeldEntries {
  readonly #replica: Replica;
  readonly #conversation: string;
  readonly #changed: () => void;
  #entries: EntryRow[] = [];
  #from = 0;
  #to = -1;
  /** What of it was written since it was read. */
  #stale: Stretch[] = [];
  /** How often something was: what was read before that is not held. */
  #written = 0;

  /** `changed` is called when what was held is not what the copy has any more. */
  constructor(replica: Replica, conversation: string, changed: () => void) {
    this.#replica = replica;
    this.#conversation = conversation;
    this.#changed = changed;
    Dexie.on.storagemutated.subscribe(this.#watch);
  }

  stop(): void {
    Dexie.on.storagemutated.unsubscribe(this.#watch);
  }

  /** The messages from `from` to `to`, lowest first, which are held from now on; within a transaction. */
  async read(from: number, to: number): Promise<EntryRow[]> {
    const [written, stale] = [this.#written, this.#stale];
    const isBeside = from > this.#to + 1 || to < this.#from - 1;
    const isStale = (seq: number): boolean => stale.some(([low, high]) => low <= seq && seq <= high);
    const kept = isBeside ? [] : this.#entries.filter(({ seq }) => from <= seq && seq <= to && !isStale(seq));
    const missing: Stretch[] = isBeside
      ? [[from, to]]
      : [[from, this.#from - 1], [this.#to + 1, to], ...stale.map(([low, high]): Stretch => [Math.max(low, from), Math.min(high, to)])];
    const found = (await Promise.all(missing.map(([low, high]) => this.#find(low, high)))).flat();
    const bySeq = new Map([...kept, ...found].map((entry) => [entry.seq, entry]));
    const entries = found.length === 0 ? kept : [...bySeq.values()].sort((one, other) => one.seq - other.seq);
    if (written === this.#written) [this.#entries, this.#from, this.#to, this.#stale] = [entries, from, to, []];
    return entries;
  }

  /** One message, which need not be held. */
  async findBeside(seq: number): Promise<EntryRow | undefined> {
    return (await this.#find(seq, seq))[0];
  }

  async #find(from: number, to: number): Promise<EntryRow[]> {
    if (from > to) return [];
    const keys: [[string, number], [string, number]] = [[this.#conversation, from], [this.#conversation, to]];
    const found = await this.#replica.entries.where("[conversation+seq]").between(...keys, true, true).toArray();
    return found.filter(({ kind }) => kind === KIND_MESSAGE);
  }

  readonly #watch = (parts: ObservabilitySet): void => {
    const written = parts[`idb://${this.#replica.name}/entries/`] ?? parts["all"];
    if (!written || this.#to < this.#from) return;
    const [low, high] = [[this.#conversation, this.#from], [this.#conversation, this.#to]];
    if (!rangesOverlap(new RangeSet(low, high), written)) return;
    this.#written += 1;
    const stale: Stretch[] = [];
    for (const { from, to } of new RangeSet().add(written)) {
      if (cmp(to, low) < 0 || cmp(from, high) > 0) continue;
      stale.push([cmp(from, low) < 0 ? this.#from : (from as [string, number])[1], cmp(to, high) > 0 ? this.#to : (to as [string, number])[1]]);
    }
    this.#stale = [...this.#stale, ...stale];
    this.#changed();
  };
}
