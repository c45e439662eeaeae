// The local copy of what the server knows about a user's conversations and people: one IndexedDB database per user of
// this address. It can be thrown away and fetched again at any time, but for what a restored server has lost; what only this device has is in own-database.ts.
import Dexie, { type Table } from "dexie";

import type { Bytes } from "../lib/bytes.ts";
import type { Content, Said } from "../crypto/content.ts";
import type { Verdict } from "../crypto/protocol/codec.ts";
import type { NamedCard } from "../accounts/names.ts";
import type { Bound } from "../conversations/bond.ts";
import type { News } from "../crypto/account/news.ts";
import type { PrivateRow } from "../crypto/account/private-rows.ts";
import type { GroupEvent } from "../groups/event.ts";
import type { GroupStanding } from "../crypto/conversations/group-standing.ts";
import type { GroupState, StateRow } from "../crypto/group-state.ts";
import type { UserName } from "../crypto/conversations/people/people.ts";
import type { TrustRow } from "../crypto/conversations/people/trusting.ts";
import type { KnownVault, RestoredRow } from "../restored/notice.ts";
import type * as contract from "../wire/contract.ts";
import { isSealed } from "./records.ts";
import { defineForms } from "./forms.ts";
import type { Marks } from "./marks.ts";

/** What stands in a sealed entry, and how it was judged (docs/protocol-encryption.md, 8.3 and 12). */
export interface OpenedRow {
  /** Null: it stands. */
  verdict: Verdict | null;
  /** Null for a void, for signed entries, and for what does not stand. */
  content: Said | null;
  /** Milliseconds, as the author says. */
  sent_at: number | null;
  /** Where what it is aimed at stands, once that is here. */
  target: number | null;
  /** The server has withheld or changed something here. */
  is_withheld: boolean;
  /** It may be what a restore has lost. */
  is_restored?: true;
  /** Nobody can open it any more: it is from before this person's identity of today. */
  is_lost?: true;
  /** Of a group: what a signed entry did, or what a record of kind 6 says. */
  event?: GroupEvent;
  state?: StateRow;
}

/** What views read of an entry. What proves it is in a row of its own, RecordRow. */
export interface EntryRow extends Pick<contract.Entry, "seq" | "ordinal" | "kind" | "from_user" | "client_id" | "timestamp"> {
  conversation: string;
  /** What it says, if it is not sealed. */
  plain?: Content;
  /** Emptied by the server: what it said is gone. */
  is_emptied?: true;
  /** Its device used this counter before: a copy that is kept for the chain. Of sealed entries the verdict says whether it is shown. */
  is_repeated?: boolean;
  /** Told by the keys' worker. Missing of what is not sealed, and until then. */
  opened?: OpenedRow;
  /** It waits to be opened (1), or for something to be learnt that may change its verdict (2). */
  waits?: 1 | 2;
  /** It could not be opened or does not fit: 1. */
  fails?: 1;
  /** The entry that it is aimed at, if any: of a message what it answers. */
  aims?: number;
  /** Of a message. A summary of other rows, kept by whatever writes those: marks.ts. */
  marks?: Marks;
  /** Of a kind that is shown as a line between messages: 1. */
  line?: 1;
  /** A message that wants to tell this person, by name or with everybody: 1. */
  calls?: 1;
  /** Entries, by conversation and seq, that may change its verdict and are not here. */
  wants?: [string, number][];
}

/** What an entry is judged, chained and proved by. No view reads it: it is larger than what is shown (decision 19). */
export interface RecordRow extends Pick<contract.Entry, "seq" | "from_device" | "counter" | "target_seq" | "log_hash"> {
  conversation: string;
  epoch: number;
  /** Empty if it was emptied. */
  record: Bytes;
  /** What an emptied record had, in base64. */
  record_hash?: string;
  /** The entry that it is aimed at: as `target_seq`, or where it was found; missing of those that are aimed at none, which are most. */
  aims?: number;
}

/** How sealing stands in a conversation, as last known; `verdict` is why it is stopped, `claims` are members who say that it stands otherwise (8.4). */
export interface SealingRow {
  /** `waiting`: somebody has no keys yet. `held`: a changed identity waits to be accepted. `removed`: somebody is to be removed again, as a
   *  restored server has lost it. `awaiting`: it may be given back what it lost, by these people or by others. All of these name `users`. */
  state: "ready" | "waiting" | "held" | "removed" | "awaiting" | "keyless" | "stopped";
  users: number[];
  verdict: Verdict | null;
  /** The newest accepted epoch; 0 for none. */
  n: number;
  claims?: number[];
}

/** Of each device (by id) the lowest of the counters in a stretch of a log that it vouches for. */
export type Counts = Record<string, number>;

/** A stretch of a conversation's log that is here without a hole: from and to are seqs, both held. */
export interface RangeRow {
  conversation: string;
  from: number;
  to: number;
  counts: Counts;
}

/** What does not fit in a log, and where. "chain": hashes; "rewritten": another entry in its place; "shortened":
 *  the head went back; "hole": an entry is missing for good; "skipped": a device's counters leave one out. */
export interface Flaw {
  seq: number;
  reason: "chain" | "rewritten" | "shortened" | "hole" | "skipped";
  /** The person has read of it. */
  isNoted?: true;
}

export interface ConversationRow extends Bound {
  id: string;
  open: boolean;
  created_at: string;
  last_seq: number;
  last_ordinal: number;
  log_hash: string;
  last_entry: EntryRow | null;
  /** Ordinal at one's own read cursor: unread = last_ordinal − read_ordinal. */
  read_ordinal: number;
  /** The lowest seq one may read. */
  first_seq: number;
  /** When something was last said, for sorting. */
  active_at: string;
  flaw: Flaw | null;
  /** The lowest entry of an epoch that is here: what is not sealed counts below it only. */
  sealed_from?: number;
  /** Missing until it is known. */
  sealing?: SealingRow | undefined;
  /** Of a group: as the newest accepted epoch proves it; the state that counts, once one is here; the head when states were asked for last. */
  group?: GroupStanding;
  state?: GroupState;
  stated_at?: number;
  /** The newest record that pins something or takes that back, by the server's word or here; the head when all of them had come. */
  pin_seq?: number;
  pinned_at?: number;
  /** Known from before a snapshot and not confirmed since. */
  is_stale: boolean;
}

export interface MemberRow extends contract.Member {
  conversation: string;
}

export interface UserRow extends NamedCard {
  is_stale: boolean;
}

export interface FriendRow {
  user_id: number;
  about: string;
  created_at: string;
  since: string;
}

export interface RequestRow extends Omit<contract.FriendRequest, "sender" | "receiver"> {
  sender: number;
  receiver: number;
}

/** A sealed entry that a restored server may have lost, as it is given back. It may be nowhere else. */
export type LostRow = Pick<EntryRow, "conversation" | "seq" | "kind" | "from_user" | "client_id"> &
  Pick<RecordRow, "from_device" | "counter" | "epoch" | "target_seq" | "record"> & {
    /** Another epoch has taken the place of its own: it is offered no more. */
    isOver?: true;
  };

/** A conversation of which a restored server may have lost something, until that is there again or given up. */
export interface RestoreRow {
  conversation: string;
  /** The server's database generation. */
  database: string;
  /** The highest place that the server's log has still; seq 0 for none. */
  parting: KnownPlace;
  /** The highest place that was known. */
  head: KnownPlace;
  /** Nothing is sent before (ms), so that this device makes nothing in the place of what is lost. */
  until: number;
  /** It is over. */
  isLate?: true;
}

export type KnownPlace = Pick<RecordRow, "seq" | "log_hash">;

/** How far this copy has come. */
export interface Cursor {
  server_id: string;
  generation: string;
  log_seq: number;
  user_id: number;
  device_id: string;
  /** The session ended and the server did not say why: only sealed entries are here, in case that it has lost them. */
  isOver?: true;
}

export interface OwnProfileRow {
  about: string;
  created_at: string;
  is_admin: boolean;
}

/** What this device's keys look like since the last connection; every tab follows it. Devices as hex. */
export interface KeysRow {
  /** `refused`: the server showed something that cannot be; `verdict` says which. */
  state: "none" | "lost" | "unlisted" | "removed" | "ready" | "refused";
  verdict: string | null;
  devices: string[];
  news: News | null;
}

/** Of name and picture what the person has chosen and what is not said in the chain yet; what is left out stays as it is. */
export interface SayingRow {
  displayName?: ChosenPart;
  /** SHA-256 as hex; empty for none. */
  avatar?: ChosenPart;
}

export interface ChosenPart {
  value: string;
  /** The server has it. */
  isSaved: boolean;
}

interface Metas {
  cursor: Cursor;
  restored: RestoredRow;
  vault: KnownVault;
  /** Fingerprints (hex) that links named, by user id, until the person's keys were seen to be these. */
  friendLinks: Record<number, string>;
  trust: TrustRow;
  saying: SayingRow | null;
  keys: KeysRow;
  /** Something else writes as this device (hex), and whether the person was told. */
  copied: { device: string; isTold: boolean };
  profile: OwnProfileRow;
  settings: contract.Settings;
}

export class Replica extends Dexie {
  declare entries: Table<EntryRow, [string, number]>;
  declare records: Table<RecordRow, [string, number]>;
  declare ranges: Table<RangeRow, [string, number]>;
  declare conversations: Table<ConversationRow, string>;
  declare members: Table<MemberRow, [string, number]>;
  declare users: Table<UserRow, number>;
  declare names: Table<UserName, number>;
  declare friends: Table<FriendRow, number>;
  declare requests: Table<RequestRow, number>;
  declare blocked: Table<{ user_id: number }, number>;
  declare devices: Table<contract.Device, string>;
  declare avatars: Table<{ id: string; bytes: Blob }, string>;
  /** Of groups: they come sealed, so no server is asked for them. */
  declare pictures: Table<{ id: string; bytes: Bytes }, string>;
  declare metas: Table<{ key: string; value: unknown }, string>;
  /** What one's devices keep for each other, as the keys' worker read it last. */
  declare privates: Table<PrivateRow, [number, string]>;
  declare lost: Table<LostRow, [string, number, string]>;
  declare restores: Table<RestoreRow, string>;
  /** Whose copy this is. */
  readonly me: number;
  #writing = 0;

  constructor(user: number, name = `hearth-${user}`) {
    // Dexie's own cache would keep and clone every answer of every live query.
    super(name, { chromeTransactionDurability: "relaxed", cache: "disabled" });
    this.me = user;
    defineForms(this, user);
  }

  async findMeta<K extends keyof Metas>(key: K): Promise<Metas[K] | undefined> {
    return (await this.metas.get(key))?.value as Metas[K] | undefined;
  }

  async putMeta<K extends keyof Metas>(key: K, value: Metas[K]): Promise<void> {
    await this.metas.put({ key, value });
  }

  /** Something is being written from here at this moment, so that there is more to do than what is shown. */
  get isWriting(): boolean {
    return this.#writing > 0;
  }

  /** Runs `action` as one transaction over everything: all of it happens, or nothing. */
  write<T>(action: () => Promise<T>): Promise<T> {
    this.#writing += 1;
    return this.transaction("rw", this.tables, action).finally(() => (this.#writing -= 1));
  }

  /** Removes a copy that could not be brought from an older form to this one, as where there is no room: all of it can be fetched again. */
  async dropOld(): Promise<void> {
    const found = "databases" in indexedDB ? (await indexedDB.databases()).find(({ name }) => name === this.name) : undefined;
    if (found?.version !== undefined && found.version < this.verno * 10) await this.delete({ disableAutoOpen: false });
  }

  /** Forgets what anybody could read; what is sealed stays for the next session, which finds out whether the server has it. */
  keepSealed(): Promise<void> {
    return this.write(async () => {
      const cursor = await this.findMeta("cursor");
      await this.#clearBut(["entries", "records", "conversations", "lost", "restores"], ["restored", "vault"]);
      if (cursor !== undefined) await this.putMeta("cursor", { ...cursor, isOver: true });
      const open = await this.records.filter(({ record }) => !isSealed(record)).primaryKeys();
      await Promise.all([this.entries.bulkDelete(open), this.records.bulkDelete(open)]);
      await this.entries.toCollection().modify((row) => void [delete row.opened, delete row.calls]);
      await this.conversations.toCollection().modify({ last_entry: null });
    });
  }

  /** Forgets what can be fetched again: the server's database has become another one. */
  clearCopy(): Promise<void> {
    return this.write(() => this.#clearBut(["avatars", "names", "lost", "restores"], ["friendLinks", "saying", "copied", "restored", "vault"]));
  }

  async #clearBut(tables: string[], metas: (keyof Metas)[]): Promise<void> {
    const stay = await this.metas.where("key").anyOf(metas).toArray();
    for (const table of this.tables) if (!tables.includes(table.name)) await table.clear();
    await this.metas.bulkPut(stay);
  }
}
