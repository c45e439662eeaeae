// An open conversation: what is on screen, opened from the local copy, then completed from the server. Views read its
// fields and call its verbs; nothing else moves the window.
import type { PromiseExtended } from "dexie";
import { untrack } from "svelte";

import type { Verdict } from "../crypto/protocol/codec.ts";
import { isContent } from "../crypto/content.ts";
import { PRIVATE_HIDDEN, PRIVATE_STARS } from "../crypto/private-change.ts";
import { MarkedPlaces } from "../private/marks.ts";
import { readPlace } from "../private/private.ts";
import { type Callable, findMentioned, listCallable, NOBODY_CALLABLE } from "../mentions/named.ts";
import { findUnread } from "../mentions/read.ts";
import { markRead } from "../messages/receipts.ts";
import { editText, sendText } from "../messages/send.ts";
import { TypingSignal } from "../messages/typing.ts";
import type { ConversationRow, EntryRow, MemberRow, RangeRow, Replica } from "../replica/database.ts";
import { Live } from "../replica/live.svelte.ts";
import { findHolding, listRanges } from "../replica/ranges.ts";
import type { Client } from "../sync/client.ts";
import { type OutboxRow, readLine } from "../replica/own-database.ts";
import { KIND_MESSAGE, type UserCard } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import { makeQuotes, readAnswered } from "./answered.ts";
import { HeldEntries } from "./held.ts";
import { Contents, makePending, readUsers, Items, type Item } from "./items.ts";
import { Overlay } from "./overlay.ts";
import { chooseFrame, MOST, readView, walk, type Frame, type Ground, type View } from "./window.ts";

/** Why something closed counts as not read yet by who saw it. */
const NOT_READ: ReadonlySet<Verdict | "lost" | null> = new Set([null, "keyless", "bad_commitment", "unproven", "lost"]);

interface State {
  row: ConversationRow | null;
  users: Map<number, UserCard>;
  members: MemberRow[];
  items: Item[];
  pending: Item[];
  /** Unread messages that mention oneself, by seq, lowest first. */
  mentions: number[];
  /** The edges of what is in memory; 0 when nothing is. */
  from: number;
  to: number;
  hasOlder: boolean;
  hasNewer: boolean;
}

/** What is read of the local copy at once. */
interface Stored extends View {
  row: ConversationRow | undefined;
  members: MemberRow[];
  users: Map<number, UserCard>;
  answered: EntryRow[];
  mentions: number[];
}

const EMPTY: State = {
  ...{ row: null, members: [], items: [], pending: [], mentions: [], from: 0, to: 0, hasOlder: false, hasNewer: false },
  users: new Map<number, UserCard>(),
};

export class Conversation {
  readonly id: string;
  readonly typing: TypingSignal;
  /** The first message that was unread when this was opened; where the "new" line stands. */
  firstUnread = $state<number | null>(null);
  isLoading = $state(false);
  /** Why the last attempt to load more failed. */
  problem = $state.raw<ProblemError["problem"] | null>(null);
  readonly #client: Client;
  readonly #contents = new Contents();
  readonly #items = new Items(this.#contents);
  readonly #live: Live<State>;
  readonly #held: HeldEntries;
  readonly #marked = new MarkedPlaces();
  #frame: Frame | null = null;
  #loading = Promise.resolve();

  /** Between a change and showing it `rest` is waited for. */
  constructor(client: Client, id: string, rest?: () => Promise<void>) {
    this.id = id;
    this.#client = client;
    this.typing = new TypingSignal(client.socket.call.bind(client.socket), id);
    this.#held = new HeldEntries(client.replica, id, () => void this.#live.refresh());
    this.#live = untrack(() => new Live(EMPTY, () => this.#read(), rest));
  }

  get current(): State {
    return this.#live.value;
  }

  get isReady(): boolean {
    return this.#live.isReady;
  }

  /** Whether the window follows the end of the conversation. */
  get isAtEnd(): boolean {
    return !this.#live.value.hasNewer;
  }

  /** Whom one can mention here. */
  get callable(): Callable {
    const { row, users, items } = this.#live.value;
    return row ? listCallable(row, users, this.#client.replica.me, items.map(({ from_user }) => from_user)) : NOBODY_CALLABLE;
  }

  /** Brings more of what was before into the window. Resolves when it is there. */
  loadOlder(): Promise<void> {
    return this.#load(async () => {
      const frame = this.#frame;
      if (!frame) return this.#fetch(0, "before");
      let from = await walk(await this.#findGround(), frame.from, "older");
      if (from === undefined && this.current.hasOlder) {
        await this.#fetch(frame.from, "before");
        from = await walk(await this.#findGround(), frame.from, "older");
      }
      if (from !== undefined) await this.#move(await this.#trim({ from, to: frame.to }, "newer"));
    });
  }

  /** Brings more of what came after. */
  loadNewer(): Promise<void> {
    return this.#load(async () => {
      const frame = this.#frame;
      if (!frame) return;
      const edge = frame.to ?? this.current.to;
      let to = await walk(await this.#findGround(), edge, "newer");
      if (to === undefined && this.current.hasNewer) {
        await this.#fetch(edge, "after");
        to = await walk(await this.#findGround(), edge, "newer");
      }
      if (to === undefined) return;
      const isEnd = to >= (this.current.row?.last_seq ?? 0);
      await this.#move(await this.#trim({ from: frame.from, to: isEnd ? null : to }, "older"));
    });
  }

  /** Goes to the end, or to a message and what is around it; after what is being loaded, if anything is. */
  async jump(seq?: number): Promise<void> {
    while (this.isLoading) await this.#loading;
    return this.#load(async () => {
      if (seq !== undefined && !findHolding(await this.#ranges(), seq)) await this.#fetch(seq, "around");
      const row = await this.#client.replica.conversations.get(this.id);
      const frame = row && (await chooseFrame(await this.#findGround(), row, seq));
      if (frame) await this.#move(frame);
    });
  }

  /** Keeps a bounded part around `seq`, after more and more has come at the end. */
  keep(seq: number): Promise<void> {
    return this.#load(async () => {
      const ground = await this.#findGround();
      const [from, to] = [await walk(ground, seq, "older", MOST / 2), await walk(ground, seq, "newer", MOST / 2)];
      const isEnd = to === undefined || to >= (this.current.row?.last_seq ?? 0);
      if (this.#frame) await this.#move({ from: Math.max(this.#frame.from, from ?? 0), to: isEnd ? null : to });
    });
  }

  /** The last message up to `seq` that somebody who saw it has read: 0 if none. What may open yet, or was lost, nobody has. */
  findRead(seq: number): number {
    const isRead = ({ content }: Item): boolean => content.type !== "closed" || !NOT_READ.has(content.why);
    return this.current.items.findLast((item) => item.seq <= seq && isRead(item))?.seq ?? 0;
  }

  /** What is on screen up to `seq` has been seen: the window is visible and in front. */
  async seen(seq: number): Promise<void> {
    await markRead(this.#client.replica, this.#client.own, this.id, seq);
  }

  /** `answers` is the seq of the message that it replies to. */
  async send(text: string, answers?: number): Promise<void> {
    this.typing.stop();
    await sendText(this.#client, this.id, text, answers, findMentioned(text, this.callable));
    if (!this.isAtEnd) await this.jump();
  }

  async edit({ seq, content }: Item, text: string): Promise<void> {
    if (content.type !== "text") return;
    // Who was named and has gone since is named still.
    const { users } = this.current;
    const named = (content.mentions ?? []).flatMap((user) => users.get(user) ?? []);
    const { people, isAllowed } = this.callable;
    await editText(this.#client, this.id, seq, content, text, findMentioned(text, { people: [...people, ...named], isAllowed }));
  }

  close(): void {
    this.typing.stop();
    this.#held.stop();
    this.#live.stop();
  }

  async #read(): Promise<State> {
    const { replica, own } = this.#client;
    // First what waits: a message that is stored in between is found twice, never nowhere.
    const waiting = await readLine(own, this.id);
    for (const { client_id, kind, content } of waiting) if (kind === KIND_MESSAGE && isContent(content)) this.#contents.get(client_id, () => content);
    const [stars, hides] = await readPlace(replica, own, this.id, [PRIVATE_STARS, PRIVATE_HIDDEN]);
    const unknown = this.#marked.listUnknown([stars!, hides!]);
    if (unknown.length > 0) this.#marked.take(await replica.records.bulkGet(unknown.map((seq): [string, number] => [this.id, seq])));
    const [starred, hidden] = [this.#marked.list(stars), this.#marked.list(hides)];
    const { row, members, users, entries, answered, mentions, ...view } = await this.#readStored(replica, waiting);
    const shown = hidden.size === 0 ? entries : entries.filter(({ seq }) => !hidden.has(seq));
    const overlay = new Overlay(waiting);
    const quotes = makeQuotes(this.#items, answered, replica.me, overlay, row?.sealed_from);
    const items = this.#items.make(shown, { me: replica.me, members, sealedFrom: row?.sealed_from, overlay, starred, quotes });
    const pending = view.hasNewer ? [] : makePending(waiting, this.#contents, replica.me, items, quotes);
    return { row: row ?? null, users, members, items, pending, mentions: mentions.filter((seq) => !hidden.has(seq)), ...view };
  }

  /** All of the copy as it stands at one moment, but for the entries that are here already; a transaction for each table
   *  would take several times as long. */
  #readStored(replica: Replica, waiting: OutboxRow[]): Promise<Stored> {
    const { conversations, members, ranges, users, entries } = replica;
    return replica.transaction("r", [conversations, members, ranges, users, entries], async () => {
      const [row, present, stretches] = await Promise.all([
        conversations.get(this.id),
        members.where({ conversation: this.id }).toArray(),
        this.#ranges(),
      ]);
      this.#frame ??= row ? await this.#chooseFirst(row, present, stretches) : null;
      const nothing = { entries: [], from: 0, to: 0, hasOlder: (row?.last_seq ?? 0) > 0, hasNewer: false };
      const isUnread = row !== undefined && row.last_ordinal > row.read_ordinal;
      const [cards, mentions, view] = await Promise.all([
        readUsers(replica, row?.users ?? []),
        isUnread ? findUnread(replica, this.id, this.#readOf(present)) : [],
        row && this.#frame ? readView(this.#held, row, stretches, this.#frame) : nothing,
      ]);
      const answered = await readAnswered(replica, this.id, view.entries, waiting);
      return { row, members: present, users: cards, answered, mentions, ...view };
    });
  }

  #ranges(): Promise<RangeRow[]> {
    return listRanges(this.#client.replica, this.id);
  }

  async #findGround(): Promise<Ground> {
    return { replica: this.#client.replica, conversation: this.id, ranges: await this.#ranges() };
  }

  /** One's own cursor. */
  #readOf(members: MemberRow[]): number {
    return members.find((member) => member.user_id === this.#client.replica.me)?.read_seq ?? 0;
  }

  /** Decided once, with the first entries there are. */
  #chooseFirst(row: ConversationRow, members: MemberRow[], ranges: RangeRow[]): PromiseExtended<Frame | null> {
    const read = this.#readOf(members);
    const isUnread = row.last_ordinal > row.read_ordinal && !row.last_entry?.opened?.is_lost;
    const ground = { replica: this.#client.replica, conversation: this.id, ranges };
    return chooseFrame(ground, row, isUnread ? read + 1 : undefined).then((frame) => {
      if (frame && isUnread) this.firstUnread = read + 1;
      return frame;
    });
  }

  async #move(frame: Frame): Promise<void> {
    this.#frame = frame;
    await this.#live.refresh();
  }

  /** Lets go of what is far away, so that a long scroll takes no more memory than a short one. */
  async #trim({ from, to }: Frame, edge: "older" | "newer"): Promise<Frame> {
    const end = to ?? this.current.row?.last_seq ?? from;
    if (end - from < MOST) return { from, to };
    const ground = await this.#findGround();
    if (edge === "older") return { from: Math.max(from, (await walk(ground, end + 1, "older", MOST)) ?? from), to };
    const kept = await walk(ground, from - 1, "newer", MOST);
    return { from, to: kept === undefined || kept >= end ? to : kept };
  }

  async #fetch(seq: number, direction: "before" | "after" | "around"): Promise<void> {
    await this.#client.filler.fetchPage(this.id, seq, direction);
  }

  #load(action: () => Promise<void>): Promise<void> {
    if (this.isLoading) return Promise.resolve();
    const loading = this.#perform(action);
    this.#loading = loading.catch(() => undefined);
    return loading;
  }

  async #perform(action: () => Promise<void>): Promise<void> {
    this.isLoading = true;
    this.problem = null;
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.problem = error.problem;
    } finally {
      this.isLoading = false;
    }
  }
}
