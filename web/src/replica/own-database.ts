// What exists only on this device until the server has it: messages on their way, counters, read marks, drafts. Written
// durably (a power cut right after "Send" loses nothing), never thrown away by a resync.
import Dexie, { type Table } from "dexie";

import type { Bytes } from "../lib/bytes.ts";

export interface OutboxRow {
  client_id: string;
  conversation: string;
  /** Its place among what waits here. Taken in the transaction that wrote this row. */
  counter: number;
  /** The device's own count in the conversation, under which it goes out: once it is next in line. */
  number?: number | undefined;
  /** It may have gone out before, under the number of a session that this one replaced. */
  is_adopted?: boolean;
  device: string;
  kind: 0 | 1;
  record: Bytes;
  created_at: string;
  state: "waiting" | "failed";
  /** Why it failed: the problem's code. */
  reason?: string;
}

export interface CounterRow {
  device: string;
  conversation: string;
  /** The last place given out here. */
  last: number;
  /** The highest number that the server has answered for; without it, the log has to be asked. */
  sent?: number;
}

/** Receipts that the server has not confirmed yet. */
export interface MarkRow {
  conversation: string;
  delivered_seq: number;
  read_seq: number;
}

export interface DraftRow {
  conversation: string;
  text: string;
  saved_at: string;
}

export class OwnDatabase extends Dexie {
  declare outbox: Table<OutboxRow, string>;
  declare counters: Table<CounterRow, [string, string]>;
  declare marks: Table<MarkRow, string>;
  declare drafts: Table<DraftRow, string>;

  constructor(user: number, name = `hearth-own-${user}`) {
    super(name, { chromeTransactionDurability: "strict" });
    this.version(1).stores({
      outbox: "client_id, [conversation+counter]",
      counters: "[device+conversation]",
      marks: "conversation",
      drafts: "conversation",
    });
  }

  /** Forgets everything: there is another server at this address now. */
  async clear(): Promise<void> {
    await this.transaction("rw", this.tables, async () => {
      for (const table of this.tables) await table.clear();
    });
  }
}
