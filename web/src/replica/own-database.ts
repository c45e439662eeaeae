// What exists only on this device until the server has it: messages on their way, counters, read marks, drafts. Written
// durably (a power cut right after "Send" loses nothing), never thrown away by a resync.
import Dexie, { type PromiseExtended, type Table } from "dexie";

import { type Deletion, type Pinning, type Poll, type Reaction, readPlain, type State, type Text, type Vote } from "../crypto/content.ts";
import type { PrivateChange } from "../crypto/private-change.ts";
import type { Bytes } from "../lib/bytes.ts";

/** What somebody wrote, did to a message, or said of a group. */
export type Written = Text | Poll | Reaction | Vote | Deletion | State | Pinning;

/** The entry that something is aimed at, and its record's hash in base64; of what waits here itself its client_id, until it has a place. */
export type Target = Placed | { client_id: string };
export interface Placed {
  seq: number;
  record_hash: string;
}

export interface SealedBytes {
  record: Bytes;
  epoch: number;
}

export interface OutboxRow {
  client_id: string;
  conversation: string;
  /** Its place among what waits here. Taken in the transaction that wrote this row. */
  counter: number;
  /** The device's own count in the conversation, under which it goes out: once it is next in line. */
  number?: number | undefined;
  /** It may have gone out before in other bytes: by a session that this one replaced, or by a Hearth that did not encrypt. */
  is_adopted?: boolean;
  device: string;
  kind: 0 | 1 | 2 | 3 | 4 | 6 | 7;
  content: Written;
  target: Target | null;
  /** Its bytes, from the moment on in which it is next in line: every retry sends these. */
  sealed?: SealedBytes | undefined;
  created_at: string;
  state: "waiting" | "failed";
  /** Why it failed: the problem's code. */
  reason?: string;
}

/** What the server has of this device, and may not stand there: doubts.ts. */
export interface SentRow extends OutboxRow {
  number: number;
  seq: number;
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
  /** Other devices were told, or told of it. */
  is_shared?: true;
}

/** A change of a private row that waits to be carried out (docs/protocol-encryption.md, 6.4). */
export interface WishRow {
  id?: number;
  kind: number;
  place: string;
  change: PrivateChange;
}

/** Rows from before encryption held the bytes that they went out in. */
type OldRow = OutboxRow & { record?: Bytes };

function takeOver(row: OldRow): void {
  const content = readPlain(row.record ?? new Uint8Array(0));
  row.content = content.type === "text" ? content : { type: "text", text: "" };
  row.target = null;
  // It may have left; then the log has it as it was.
  if (row.number !== undefined) row.is_adopted = true;
  delete row.record;
}

export class OwnDatabase extends Dexie {
  declare outbox: Table<OutboxRow, string>;
  declare sent: Table<SentRow, string>;
  declare counters: Table<CounterRow, [string, string]>;
  declare marks: Table<MarkRow, string>;
  declare drafts: Table<DraftRow, string>;
  declare wishes: Table<WishRow, number>;

  constructor(user: number, name = `hearth-own-${user}`) {
    super(name, { chromeTransactionDurability: "strict" });
    this.version(1).stores({
      outbox: "client_id, [conversation+counter]",
      counters: "[device+conversation]",
      marks: "conversation",
      drafts: "conversation",
    });
    this.version(2)
      .stores({})
      .upgrade((upgrade) => upgrade.table<OldRow>("outbox").toCollection().modify(takeOver));
    this.version(3).stores({ sent: "client_id, conversation" });
    this.version(4).stores({ wishes: "++id" });
  }
}

/** What waits in a conversation, in the order in which it was written. */
export const readLine = ({ outbox }: OwnDatabase, conversation: string): PromiseExtended<OutboxRow[]> =>
  outbox.where("[conversation+counter]").between([conversation, 0], [conversation, Infinity]).toArray();
