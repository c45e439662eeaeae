// The entries of one conversation that are in memory, so that what is there already is not read again when something
// comes. Invariant: what is held is what the copy has. An entry in it that is written anew, by any tab, empties it; a
// new one beside it does not.
import Dexie, { RangeSet, rangesOverlap, type ObservabilitySet } from "dexie";

import type { EntryRow, Replica } from "../replica/database.ts";

export class HeldEntries {
  readonly #replica: Replica;
  readonly #conversation: string;
  readonly #changed: () => void;
  #entries: EntryRow[] = [];
  #from = 0;
  #to = -1;
  /** How often it was emptied: what was read before that is not held. */
  #emptied = 0;

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

  /** The entries from `from` to `to`, lowest first, which are held from now on; within a transaction. */
  async read(from: number, to: number): Promise<EntryRow[]> {
    const emptied = this.#emptied;
    const isBeside = from > this.#to + 1 || to < this.#from - 1;
    const kept = isBeside ? [] : this.#entries.filter(({ seq }) => from <= seq && seq <= to);
    const [older, newer] = await (isBeside
      ? Promise.all([this.#find(from, to), []])
      : Promise.all([this.#find(from, this.#from - 1), this.#find(this.#to + 1, to)]));
    const entries = [...older, ...kept, ...newer];
    if (emptied === this.#emptied) [this.#entries, this.#from, this.#to] = [entries, from, to];
    return entries;
  }

  /** One entry, which need not be held. */
  async findBeside(seq: number): Promise<EntryRow | undefined> {
    return (await this.#find(seq, seq))[0];
  }

  async #find(from: number, to: number): Promise<EntryRow[]> {
    if (from > to) return [];
    const keys: [[string, number], [string, number]] = [[this.#conversation, from], [this.#conversation, to]];
    return this.#replica.entries.where("[conversation+seq]").between(...keys, true, true).toArray();
  }

  readonly #watch = (parts: ObservabilitySet): void => {
    const written = parts[`idb://${this.#replica.name}/entries/`] ?? parts["all"];
    if (!written || this.#to < this.#from) return;
    const held = new RangeSet([this.#conversation, this.#from], [this.#conversation, this.#to]);
    if (!rangesOverlap(held, written)) return;
    this.#emptied += 1;
    [this.#entries, this.#from, this.#to] = [[], 0, -1];
    this.#changed();
  };
}
