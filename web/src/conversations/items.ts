// One conversation as it is shown: entries and what waits in the outbox become items with readable content.
import { open, type Content } from "../crypto/content.ts";
import type { EntryRow, MemberRow, Replica } from "../replica/database.ts";
import type { OutboxRow } from "../replica/own-database.ts";
import { KIND_MESSAGE, type UserCard } from "../wire/contract.ts";

/** How far one's own message has come. */
export type Progress = "pending" | "failed" | "sent" | "delivered" | "read";

export interface Item {
  /** The same before and after sending, so that the message stays the same element on screen. Of one's own messages it
   *  is the client_id, which `retryMessage` and `cancelMessage` take. */
  key: string;
  /** 0 while it has no place in the log. */
  seq: number;
  from_user: number;
  content: Content;
  timestamp: string;
  /** Only of one's own messages. */
  progress?: Progress;
  /** Why it failed: the problem's code. */
  reason?: string;
}

/** The cards of a conversation's users, by id. */
export async function readUsers(replica: Replica, ids: number[]): Promise<Map<number, UserCard>> {
  const cards = await replica.users.bulkGet(ids);
  return new Map(cards.filter((card) => card !== undefined).map((card) => [card.id, card]));
}

/** Opened records: a record never changes, and opening may cost something. */
export class Contents {
  readonly #opened = new Map<string, Content>();

  /** What was opened before under this key. */
  find(key: string): Content | undefined {
    return this.#opened.get(key);
  }

  /** `key` names these bytes: the log hash of an entry, the client_id of one's own message on its way. */
  async get(key: string, record: Uint8Array): Promise<Content> {
    let content = this.#opened.get(key);
    if (!content) {
      content = await open(record);
      if (this.#opened.size > 2000) this.#opened.clear();
      this.#opened.set(key, content);
    }
    return content;
  }
}

/** Others choose their client_ids freely: only together with the author they name a message. */
function makeKey(me: number, { from_user, client_id }: EntryRow): string {
  return from_user === me ? client_id : `${from_user}:${client_id}`;
}

/** Messages among entries; empty ones and repetitions are not shown. */
export function isShown(entry: EntryRow): boolean {
  return entry.kind === KIND_MESSAGE && !entry.is_repeated;
}

/** Makes items of entries. What has not changed is the same object again, so that it is not drawn anew; an entry that is
 *  the same object costs nothing. */
export class Items {
  readonly #contents: Contents;
  readonly #made = new WeakMap<EntryRow, Item>();
  #known = new Map<string, Item>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  async make(entries: EntryRow[], me: number, members: MemberRow[]): Promise<Item[]> {
    const others = members.filter((member) => member.user_id !== me);
    const made = new Map<string, Item>();
    for (const entry of entries) {
      const before = this.#made.get(entry);
      const isAsBefore = before && !made.has(before.key) && isStill(before, others);
      const item = isAsBefore ? before : await this.#makeNew(entry, made, me, others);
      made.set(item.key, item);
    }
    this.#known = made;
    return [...made.values()];
  }

  async #makeNew(entry: EntryRow, made: Map<string, Item>, me: number, others: MemberRow[]): Promise<Item> {
    let key = makeKey(me, entry);
    // Nobody honest uses a client_id twice; a list with one key twice would not be drawn at all.
    if (made.has(key)) key = `${key}:${entry.seq}`;
    const item = await this.#make(entry, key, entry.from_user === me ? others : null);
    const known = this.#known.get(key);
    const settled = known && isSame(known, item) ? known : item;
    this.#made.set(entry, settled);
    return settled;
  }

  async #make(entry: EntryRow, key: string, others: MemberRow[] | null): Promise<Item> {
    const { seq, from_user, timestamp, log_hash, record } = entry;
    const content = this.#contents.find(log_hash) ?? (await this.#contents.get(log_hash, record));
    const item: Item = { key, seq, from_user, timestamp, content };
    if (others) item.progress = judgeProgress(seq, others);
    return item;
  }
}

/** Whether an item of this entry has come no further than it had. */
function isStill({ progress, seq }: Item, others: MemberRow[]): boolean {
  return progress === undefined || progress === judgeProgress(seq, others);
}

function isSame(one: Item, other: Item): boolean {
  return one.seq === other.seq && one.content === other.content && one.progress === other.progress;
}

/** Delivered and read when everybody else has it; to oneself nothing is delivered. */
export function judgeProgress(seq: number, others: MemberRow[]): Progress {
  if (others.length === 0) return "sent";
  if (others.every((member) => member.read_seq >= seq)) return "read";
  return others.every((member) => member.delivered_seq >= seq) ? "delivered" : "sent";
}

/** What waits to be sent, in order, without what has its place among `items` already. */
export async function makePending(rows: OutboxRow[], contents: Contents, me: number, items: Item[]): Promise<Item[]> {
  const stored = new Set(items.map((item) => item.key));
  const waiting = rows.filter((row) => row.kind === KIND_MESSAGE && !stored.has(row.client_id));
  return Promise.all(
    waiting.map(async (row) => ({
      ...{ key: row.client_id, seq: 0, from_user: me, timestamp: row.created_at },
      content: await contents.get(row.client_id, row.record),
      progress: row.state === "failed" ? ("failed" as const) : ("pending" as const),
      ...(row.reason === undefined || row.state !== "failed" ? {} : { reason: row.reason }),
    })),
  );
}
