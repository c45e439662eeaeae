// The device's own count in each conversation: places among what waits here, and the numbers that entries go out under.
import { type Entry } from "../wire/contract.ts";
import type { Socket } from "../wire/socket.ts";
import type { Replica } from "./database.ts";
import type { OwnDatabase } from "./own-database.ts";
import { isSealed } from "./records.ts";

/** Entries at a time when the log is searched. */
const PAGE = 100;

/** The next number, and what it follows from. */
export interface Next {
  conversation: string;
  next: number;
  /** What the log says where nothing is noted here. */
  inLog: number;
}

export class Numbers {
  readonly #own: OwnDatabase;
  readonly #replica: Replica;
  readonly #caller: Pick<Socket, "call">;
  readonly #device: string;

  constructor(own: OwnDatabase, replica: Replica, caller: Pick<Socket, "call">, device: string) {
    this.#own = own;
    this.#replica = replica;
    this.#caller = caller;
    this.#device = device;
  }

  /** A place among what waits; within a transaction. */
  async takePlace(conversation: string): Promise<number> {
    const key = { device: this.#device, conversation };
    const known = await this.#own.counters.get([this.#device, conversation]);
    const counter = (known?.last ?? 0) + 1;
    await this.#own.counters.put({ ...known, ...key, last: counter });
    return counter;
  }

  /** The number that comes next. What was noted here may be gone, or a copy of an older state: then the log knows better. */
  async find(conversation: string): Promise<Next> {
    const noted = await this.#noted(conversation);
    const inLog = Math.max(await this.#findInCopy(conversation), noted === undefined ? await this.#findLast(conversation) : 0);
    return { conversation, inLog, next: Math.max(noted ?? 0, inLog) + 1 };
  }

  /** Whether nothing was sent under it since; within a transaction. */
  async isStillNext({ conversation, next, inLog }: Next): Promise<boolean> {
    return Math.max((await this.#noted(conversation)) ?? 0, inLog) + 1 === next;
  }

  async #noted(conversation: string): Promise<number | undefined> {
    return (await this.#own.counters.get([this.#device, conversation]))?.sent;
  }

  /** The highest of one's own in the local copy: only of what this device has signed, which a server cannot make; also if it was deleted since. */
  async #findInCopy(conversation: string): Promise<number> {
    const place = [conversation, this.#device];
    const last = await this.#replica.records.where("[conversation+from_device+counter]").between([...place, 0], [...place, Infinity]).last();
    const isSigned = last !== undefined && (last.record.length === 0 || isSealed(last.record));
    if (!isSigned) return 0;
    const entry = await this.#replica.entries.get([conversation, last.seq]);
    return entry?.opened?.verdict === null ? last.counter : 0;
  }

  /** The number of this device's last entry in the log. */
  async #findLast(conversation: string): Promise<number> {
    const since = Date.parse((await this.#replica.devices.get(this.#device))?.created_at ?? "");
    const own = await this.search(conversation, (entry) => entry.from_device === this.#device && entry.counter > 0, since);
    return own?.counter ?? 0;
  }

  /** The newest entry that is meant, among those from `since` (milliseconds; NaN for the beginning) on. */
  async search(conversation: string, isMeant: (entry: Entry) => boolean, since: number): Promise<Entry | undefined> {
    for (let seq = 0; ; ) {
      const input = { conversation_id: conversation, seq, direction: "before", limit: PAGE } as const;
      const { entries, first_seq } = await this.#caller.call("message.history", input);
      const found = entries.findLast(isMeant);
      if (found) return found;
      const oldest = entries[0];
      if (!oldest || oldest.seq <= first_seq || Date.parse(oldest.timestamp) < since) return undefined;
      seq = oldest.seq;
    }
  }
}
