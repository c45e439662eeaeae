// One conversation as it is shown: entries and what waits in the outbox become items with readable content.
import { type Content, isContent } from "../crypto/content.ts";
import type { Verdict } from "../crypto/protocol/codec.ts";
import type { EntryRow, MemberRow, Replica } from "../replica/database.ts";
import type { VoteMark } from "../replica/marks.ts";
import type { OutboxRow } from "../replica/own-database.ts";
import { KIND_MESSAGE, type UserCard } from "../wire/contract.ts";
import { type Failing, NO_OVERLAY, type Overlay, type ReactionGroup } from "./overlay.ts";

/** How far one's own message has come. */
export type Progress = "pending" | "failed" | "sent" | "delivered" | "read";

/** The message that one answers. Its content is null while it is not here. */
export interface Quote {
  seq: number;
  from_user: number | null;
  content: Content | null;
}

export interface Item {
  /** The same before and after sending, so that the message stays the same element on screen. Of one's own messages it
   *  is the client_id, which `retryMessage` and `cancelMessage` take. */
  key: string;
  /** 0 while it has no place in the log. */
  seq: number;
  /** How many messages there are up to and with this one; 0 while it has no place. */
  ordinal: number;
  from_user: number;
  content: Content;
  timestamp: string;
  /** Only of one's own messages. */
  progress?: Progress;
  /** Its author has changed what it said. */
  isEdited?: boolean;
  quote?: Quote | undefined;
  reactions?: ReactionGroup[];
  /** Of a poll, once somebody has chosen. */
  votes?: VoteMark[];
  /** It was refused, or something that was done to it. */
  failing?: Failing | undefined;
  /** Not encrypted: from before. */
  isPlain?: boolean;
  /** One has put it among what is to be found again. */
  isStarred?: true;
  /** It is to be found at the head of the conversation. */
  isPinned?: true;
  /** The server has withheld or changed something at this place, or may have lost it when it was restored. */
  isWithheld?: true | "restored";
}

/** The cards of a conversation's users, by id. */
export async function readUsers(replica: Replica, ids: number[]): Promise<Map<number, UserCard>> {
  const cards = await replica.users.bulkGet(ids);
  return new Map(cards.filter((card) => card !== undefined).map((card) => [card.id, card]));
}

export const DELETED: Content = { type: "deleted" };
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
  const said = opened?.content;
  return said && isContent(said) ? said : close(opened?.verdict ?? null);
}

/** What a message says now: what its last edit made of it. */
export function readNow(entry: EntryRow, sealedFrom: number | undefined): Content {
  const content = readEntry(entry, sealedFrom);
  return ((content.type === "text" || content.type === "poll") && entry.marks?.edit?.content) || content;
}

/** It stands for everything before it that nobody can open any more. */
export const isLost = ({ content }: Pick<Item, "content">): boolean => content.type === "closed" && content.why === "lost";

/** Contents that were read: the same object for the same entry, however often its row is read. */
export class Contents {
  readonly #read = new Map<string, Content>();

  find = (key: string): Content | undefined => this.#read.get(key);

  /** `key` names what is read: an entry by its place, its client_id, whether it was emptied, how it was judged and its last edit, the client_id alone of what is on its way. */
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

/** What entries are shown with. */
export interface Around {
  me: number;
  members: MemberRow[];
  /** The lowest entry of an epoch that is here. */
  sealedFrom?: number | undefined;
  overlay?: Overlay;
  /** By seq. */
  starred?: ReadonlySet<number>;
  /** Messages that are answered, by seq. */
  quotes?: ReadonlyMap<number, Quote>;
}

const NONE: ReadonlySet<number> = new Set<number>();

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

  make(entries: EntryRow[], around: Around): Item[] {
    const { me, members, sealedFrom, overlay = NO_OVERLAY, starred = NONE } = around;
    if (this.#sealedFrom !== sealedFrom) [this.#sealedFrom, this.#made] = [sealedFrom, new WeakMap()];
    const others = members.filter((member) => member.user_id !== me);
    const made = new Map<string, Item>();
    for (const entry of entries) {
      const isAlone = entry.aims === undefined && !overlay.touches(entry) && !starred.has(entry.seq);
      const before = isAlone ? this.#made.get(entry) : undefined;
      const isAsBefore = before && !made.has(before.key) && isStill(before, others);
      const item = isAsBefore ? before : this.#makeNew(entry, made, others, around);
      made.set(item.key, item);
      if (isAlone) this.#made.set(entry, item);
    }
    this.#known = made;
    return [...made.values()];
  }

  #makeNew(entry: EntryRow, made: Map<string, Item>, others: MemberRow[], around: Around): Item {
    let key = makeKey(around.me, entry);
    // Nobody honest uses a client_id twice; a list with one key twice would not be drawn at all.
    if (made.has(key)) key = `${key}:${entry.seq}`;
    const item = this.#make(entry, key, entry.from_user === around.me ? others : null, around);
    const known = this.#known.get(key);
    return known && isSame(known, item) ? known : item;
  }

  /** What a message says, with what waits to be sent: the same object as long as that is the same. */
  read(entry: EntryRow, isOwn: boolean, overlay: Overlay, sealedFrom: number | undefined): Content {
    const { seq, client_id, marks } = entry;
    if (overlay.isRemoved(seq)) return DELETED;
    const name = `${seq} ${client_id} ${entry.is_emptied ?? false} ${entry.opened?.verdict} ${marks?.edit?.seq ?? ""}`;
    const content = this.#contents.get(name, () => readNow(entry, sealedFrom));
    if (!isOwn) return content;
    const edit = content.type === "deleted" ? undefined : overlay.findEdit(seq);
    if (edit) return this.#contents.get(edit.client_id, () => edit.content);
    // One's own words stand there already: they stay until they are judged.
    return (content.type === "closed" && content.why === null && this.#contents.find(client_id)) || content;
  }

  #make(entry: EntryRow, key: string, others: MemberRow[] | null, { me, overlay = NO_OVERLAY, starred = NONE, quotes }: Around): Item {
    const { seq, ordinal, from_user, timestamp, marks } = entry;
    const content = this.read(entry, others !== null, overlay, this.#sealedFrom);
    const item: Item = { key, seq, ordinal, from_user, timestamp, content };
    if (others) item.progress = judgeProgress(seq, others);
    if (entry.plain) item.isPlain = true;
    if (entry.opened?.is_withheld) item.isWithheld = entry.opened.is_restored ? "restored" : true;
    if (starred.has(seq)) item.isStarred = true;
    if (content.type !== "deleted" && overlay.isPinned(entry)) item.isPinned = true;
    item.failing = overlay.findFailing(entry);
    if (content.type === "deleted") return item;
    const edit = others === null ? undefined : overlay.findEdit(seq);
    // A poll that was closed says the same as before.
    if ((marks?.edit || edit) && content.type !== "poll") item.isEdited = true;
    if (edit) item.progress = edit.state === "failed" ? "failed" : "pending";
    const reactions = overlay.groupReactions(seq, marks?.reactions ?? [], me);
    if (reactions.length > 0) item.reactions = reactions;
    const votes = content.type === "poll" ? overlay.countVotes(seq, content, marks?.votes ?? [], me) : [];
    if (votes.length > 0) item.votes = votes;
    if (entry.aims !== undefined && (content.type === "text" || content.type === "poll")) item.quote = quotes?.get(entry.aims) ?? { seq: entry.aims, from_user: null, content: null };
    return item;
  }
}

/** Whether an item of this entry has come no further than it had. */
function isStill({ progress, seq }: Item, others: MemberRow[]): boolean {
  return progress === undefined || progress === judgeProgress(seq, others);
}

function isSame(one: Item, other: Item): boolean {
  if (one.seq !== other.seq || one.content !== other.content || one.progress !== other.progress || one.isWithheld !== other.isWithheld || one.isStarred !== other.isStarred || one.isPinned !== other.isPinned) return false;
  if (one.isEdited !== other.isEdited || one.failing?.client_id !== other.failing?.client_id || one.failing?.reason !== other.failing?.reason) return false;
  const [quote, said] = [one.quote, other.quote];
  return quote?.seq === said?.seq && quote?.content === said?.content && nameGroups(one) === nameGroups(other) && nameVotes(one) === nameVotes(other);
}

const nameGroups = ({ reactions }: Item): string =>
  (reactions ?? []).map(({ emoji, users, isPending }) => `${emoji} ${users.join()} ${isPending}`).join();

const nameVotes = ({ votes }: Item): string => (votes ?? []).map(({ user, options }) => `${user} ${options.join("+")}`).join();

/** Delivered and read when everybody else has it; to oneself nothing is delivered. */
export function judgeProgress(seq: number, others: MemberRow[]): Progress {
  if (others.length === 0) return "sent";
  if (others.every((member) => member.read_seq >= seq)) return "read";
  return others.every((member) => member.delivered_seq >= seq) ? "delivered" : "sent";
}

/** What waits to be sent, in order, without what has its place among `items` already. */
export function makePending(rows: OutboxRow[], contents: Contents, me: number, items: Item[], quotes?: ReadonlyMap<number, Quote>): Item[] {
  const stored = new Set(items.map((item) => item.key));
  const waiting = rows.filter((row) => row.kind === KIND_MESSAGE && !stored.has(row.client_id));
  return waiting.map((row) => {
    const { client_id: key, content, target, state, reason } = row;
    const item: Item = {
      ...{ key, seq: 0, ordinal: 0, from_user: me, timestamp: row.created_at },
      content: contents.get(key, () => (isContent(content) ? content : close("malformed"))),
      progress: state === "failed" ? "failed" : "pending",
    };
    if (state === "failed") item.failing = { client_id: key, kind: row.kind, reason };
    const seq = target !== null && "seq" in target ? target.seq : 0;
    if (seq > 0) item.quote = quotes?.get(seq) ?? { seq, from_user: null, content: null };
    return item;
  });
}
