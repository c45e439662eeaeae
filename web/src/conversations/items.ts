// One conversation as it is shown: entries and what waits in the outbox become items with readable content.
import type { Content } from "../crypto/content.ts";
import type { Verdict } from "../crypto/protocol/codec.ts";
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
  /** Not encrypted: from before. */
  isPlain?: boolean;
  /** The server has withheld or changed something at this place, or may have lost it when it was restored. */
  isWithheld?: true | "restored";
}

/** The cards of a conversation's users, by id. */
export async function readUsers(replica: Replica, ids: number[]): Promise<Map<number, UserCard>> {
  const cards = await replica.users.bulkGet(ids);
  return new Map(cards.filter((card) => card !== undefined).map((card) => [card.id, card]));
}

const DELETED: Content = { type: "deleted" };
type Why = Extract<Content, { type: "closed" }>["why"];
const closed = new Map<Why, Content>();

/** The same object for the same reason. */
function close(why: Why): Content {
  const content = closed.get(why) ?? { type: "closed", why };
  closed.set(why, content);
  return content;
}

/** What an entry says; what is not sealed counts only below the first epoch. */
export function readEntry({ seq, plain, is_emptied, opened }: EntryRow, sealedFrom: number | undefined): Content {
  if (opened?.is_lost) return close("lost");
  if (is_emptied) return opened?.verdict === null ? DELETED : close(opened?.verdict ?? null);
  if (plain) return seq > (sealedFrom ?? Infinity) ? close("not_sealed") : plain;
  return opened?.content ?? close(opened?.verdict ?? null);
}

/** It stands for everything before it that nobody can open any more. */
export const isLost = ({ content }: Pick<Item, "content">): boolean => content.type === "closed" && content.why === "lost";

/** Contents that were read: the same object for the same entry, however often its row is read. */
export class Contents {
  readonly #read = new Map<string, Content>();

  find = (key: string): Content | undefined => this.#read.get(key);

  /** `key` names what is read: an entry by its place, its client_id, whether it was emptied and how it was judged, the client_id alone of one's own message on its way. */
  get(key: string, read: () => Content): Content {
    let content = this.#read.get(key);
    if (!content) {
      content = read();
      // What is closed may be opened, what is said to be deleted turn out to be withheld.
      if (content.type === "closed" || content.type === "deleted") return content;
      if (this.#read.size > 2000) this.#read.clear();
      this.#read.set(key, content);
    }
    return content;
  }
}

/** Others choose their client_ids freely: only together with the author they name a message. */
function makeKey(me: number, { from_user, client_id }: EntryRow): string {
  return from_user === me ? client_id : `${from_user}:${client_id}`;
}

/** Sealed entries that are no messages, whoever sent them. */
const NOT_SHOWN: ReadonlySet<Verdict | null> = new Set<Verdict | null>(["repeated_counter", "out_of_place"]);

/** Messages among entries; empty ones and repetitions are not shown. */
export function isShown({ kind, is_repeated = false, opened }: EntryRow): boolean {
  if (kind !== KIND_MESSAGE) return false;
  return opened ? !NOT_SHOWN.has(opened.verdict) : !is_repeated;
}

/** Makes items of entries. What has not changed is the same object again, so that it is not drawn anew; an entry that is
 *  the same object costs nothing. */
export class Items {
  readonly #contents: Contents;
  #made = new WeakMap<EntryRow, Item>();
  #sealedFrom: number | undefined;
  #known = new Map<string, Item>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  /** `sealedFrom` is the lowest entry of an epoch that is here. */
  make(entries: EntryRow[], me: number, members: MemberRow[], sealedFrom?: number): Item[] {
    if (this.#sealedFrom !== sealedFrom) [this.#sealedFrom, this.#made] = [sealedFrom, new WeakMap()];
    const others = members.filter((member) => member.user_id !== me);
    const made = new Map<string, Item>();
    for (const entry of entries) {
      const before = this.#made.get(entry);
      const isAsBefore = before && !made.has(before.key) && isStill(before, others);
      const item = isAsBefore ? before : this.#makeNew(entry, made, me, others);
      made.set(item.key, item);
    }
    this.#known = made;
    return [...made.values()];
  }

  #makeNew(entry: EntryRow, made: Map<string, Item>, me: number, others: MemberRow[]): Item {
    let key = makeKey(me, entry);
    // Nobody honest uses a client_id twice; a list with one key twice would not be drawn at all.
    if (made.has(key)) key = `${key}:${entry.seq}`;
    const item = this.#make(entry, key, entry.from_user === me ? others : null);
    const known = this.#known.get(key);
    const settled = known && isSame(known, item) ? known : item;
    this.#made.set(entry, settled);
    return settled;
  }

  #make(entry: EntryRow, key: string, others: MemberRow[] | null): Item {
    const { seq, from_user, timestamp, client_id } = entry;
    const content = this.#contents.get(`${seq} ${client_id} ${entry.is_emptied ?? false} ${entry.opened?.verdict}`, () => readEntry(entry, this.#sealedFrom));
    // One's own words stand there already: they stay until they are judged.
    const isUnopened = others !== null && content.type === "closed" && content.why === null;
    const item: Item = { key, seq, from_user, timestamp, content: (isUnopened && this.#contents.find(client_id)) || content };
    if (others) item.progress = judgeProgress(seq, others);
    if (entry.plain) item.isPlain = true;
    if (entry.opened?.is_withheld) item.isWithheld = entry.opened.is_restored ? "restored" : true;
    return item;
  }
}

/** Whether an item of this entry has come no further than it had. */
function isStill({ progress, seq }: Item, others: MemberRow[]): boolean {
  return progress === undefined || progress === judgeProgress(seq, others);
}

function isSame(one: Item, other: Item): boolean {
  return one.seq === other.seq && one.content === other.content && one.progress === other.progress && one.isWithheld === other.isWithheld;
}

/** Delivered and read when everybody else has it; to oneself nothing is delivered. */
export function judgeProgress(seq: number, others: MemberRow[]): Progress {
  if (others.length === 0) return "sent";
  if (others.every((member) => member.read_seq >= seq)) return "read";
  return others.every((member) => member.delivered_seq >= seq) ? "delivered" : "sent";
}

/** What waits to be sent, in order, without what has its place among `items` already. */
export function makePending(rows: OutboxRow[], contents: Contents, me: number, items: Item[]): Item[] {
  const stored = new Set(items.map((item) => item.key));
  const waiting = rows.filter((row) => row.kind === KIND_MESSAGE && !stored.has(row.client_id));
  return waiting.map((row) => ({
    ...{ key: row.client_id, seq: 0, from_user: me, timestamp: row.created_at },
    content: contents.get(row.client_id, () => row.content),
    progress: row.state === "failed" ? ("failed" as const) : ("pending" as const),
    ...(row.reason === undefined || row.state !== "failed" ? {} : { reason: row.reason }),
  }));
}
