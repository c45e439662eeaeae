// Where logs part after a restore of the server (docs/protocol-encryption.md, 10.10): of each conversation the highest place that is
// known here and that the server's log has still.
import { toBase64 } from "../lib/bytes.ts";
import type { KnownPlace, Replica } from "../replica/database.ts";
import { startHash } from "../replica/log-hash.ts";
import type { InboxItem } from "../wire/contract.ts";
import type { Socket } from "../wire/socket.ts";

/** As many as the server gives at a time. */
const ITEMS_AT_ONCE = 50;

export class Partings {
  readonly #replica: Replica;
  readonly #call: Socket["call"];
  #generation = "";
  /** What was found stays found when the server has enough of being asked. */
  #found = new Map<string, KnownPlace>();

  constructor(replica: Replica, call: Socket["call"]) {
    this.#replica = replica;
    this.#call = call;
  }

  /** For all conversations of which entries are here; `heads` are those of all logs of the server. Throws ProblemError. */
  async find(generation: string, heads: { [conversation: string]: number }): Promise<Map<string, KnownPlace>> {
    if (this.#generation !== generation) this.#found = new Map();
    this.#generation = generation;
    const known = (await this.#replica.conversations.toCollection().primaryKeys()).filter((id) => !this.#found.has(id));
    for (const id of known) if (heads[id] === undefined) this.#found.set(id, startOf(id));
    const there = known.filter((id) => heads[id] !== undefined);
    for (let at = 0; at < there.length; at += ITEMS_AT_ONCE) {
      const { items } = await this.#call("inbox.get", { conversations: there.slice(at, at + ITEMS_AT_ONCE) });
      for (const item of items) this.#found.set(item.conversation.id, await this.#findOne(item));
    }
    return this.#found;
  }

  async #findOne({ conversation: { id }, last_seq, log_hash }: InboxItem): Promise<KnownPlace> {
    const keys = await this.#replica.records.where("[conversation+seq]").between([id, 0], [id, last_seq], true, true).primaryKeys();
    const seqs = keys.map(([, seq]) => seq).sort((one, other) => one - other);
    const highest = seqs.at(-1);
    if (highest === undefined) return startOf(id);
    const isSame = highest === last_seq && (await this.#hashAt(id, highest)) === log_hash;
    if (isSame || (highest < last_seq && (await this.#isThere(id, highest)))) return this.#place(id, highest);
    let [low, high] = [-1, seqs.length - 2];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (await this.#isThere(id, seqs[middle]!)) low = middle;
      else high = middle - 1;
    }
    return low < 0 ? startOf(id) : this.#place(id, seqs[low]!);
  }

  async #hashAt(id: string, seq: number): Promise<string> {
    return (await this.#replica.records.get([id, seq]))?.log_hash ?? "";
  }

  async #place(id: string, seq: number): Promise<KnownPlace> {
    return { seq, log_hash: await this.#hashAt(id, seq) };
  }

  /** The server gives H before the first entry of a page. */
  async #isThere(id: string, seq: number): Promise<boolean> {
    const page = await this.#call("message.history", { conversation_id: id, seq, direction: "after", limit: 1 });
    return page.entries[0]?.seq === seq + 1 && page.hash_before === (await this.#hashAt(id, seq));
  }
}

export const startOf = (id: string): KnownPlace => ({ seq: 0, log_hash: toBase64(startHash(id)) });
