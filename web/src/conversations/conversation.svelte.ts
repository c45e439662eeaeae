// An open conversation: what is on screen, opened from the local copy, then completed from the server. Views read its
// fields and call its verbs; nothing else moves the window.
import { untrack } from "svelte";

import { markRead } from "../messages/receipts.ts";
import { sendText } from "../messages/send.ts";
import { TypingSignal } from "../messages/typing.ts";
import type { ConversationRow, MemberRow } from "../replica/database.ts";
import { Live } from "../replica/live.svelte.ts";
import type { Client } from "../sync/client.ts";
import type { UserCard } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import { Contents, makeItems, makePending, readUsers, type Item } from "./items.ts";
import { chooseFrame, MOST, readView, STEP, walk, type Frame } from "./window.ts";

interface State {
  row: ConversationRow | null;
  users: Map<number, UserCard>;
  members: MemberRow[];
  items: Item[];
  pending: Item[];
  hasOlder: boolean;
  hasNewer: boolean;
}

const EMPTY: State = {
  ...{ row: null, members: [], items: [], pending: [], hasOlder: false, hasNewer: false },
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
  readonly #live: Live<State>;
  #frame: Frame | null = null;

  constructor(client: Client, id: string) {
    this.id = id;
    this.#client = client;
    this.typing = new TypingSignal(client.socket.call.bind(client.socket), id);
    this.#live = untrack(() => new Live(EMPTY, () => this.#read()));
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

  /** Shows more of what was before. Resolves when it is on screen. */
  loadOlder(): Promise<void> {
    return this.#load(async () => {
      const frame = this.#frame;
      if (!frame) return this.#fetch(0, "before");
      let from = await walk(this.#client.replica, this.id, frame.from, "older");
      if (from === undefined && this.current.hasOlder) {
        await this.#fetch(frame.from, "before");
        from = await walk(this.#client.replica, this.id, frame.from, "older");
      }
      if (from !== undefined) await this.#move({ from, to: frame.to });
      await this.#trim("newer");
    });
  }

  /** Shows more of what came after. */
  loadNewer(): Promise<void> {
    return this.#load(async () => {
      const frame = this.#frame;
      if (!frame) return;
      const edge = frame.to ?? this.current.items.at(-1)?.seq ?? frame.from;
      let to = await walk(this.#client.replica, this.id, edge, "newer");
      if (to === undefined && this.current.hasNewer) {
        await this.#fetch(edge, "after");
        to = await walk(this.#client.replica, this.id, edge, "newer");
      }
      if (to === undefined) return;
      await this.#move({ from: frame.from, to: to >= (this.current.row?.last_seq ?? 0) ? null : to });
      await this.#trim("older");
    });
  }

  /** Goes to the end, or to a message and what is around it. */
  jump(seq?: number): Promise<void> {
    return this.#load(async () => {
      const { replica } = this.#client;
      let frame = await chooseFrame(replica, this.id, seq);
      if (seq !== undefined && (!frame || frame.to === null)) {
        if (!(await replica.entries.get([this.id, seq]))) await this.#fetch(seq, "around");
        frame = await chooseFrame(replica, this.id, seq);
      }
      if (frame) await this.#move(frame);
    });
  }

  /** What is on screen up to `seq` has been seen: the window is visible and in front. */
  async seen(seq: number): Promise<void> {
    await markRead(this.#client.replica, this.#client.own, this.id, seq);
  }

  async send(text: string): Promise<void> {
    this.typing.stop();
    await sendText(this.#client, this.id, text);
    if (!this.isAtEnd) await this.jump();
  }

  close(): void {
    this.typing.stop();
    this.#live.stop();
  }

  async #read(): Promise<State> {
    const { replica, own } = this.#client;
    const row = (await replica.conversations.get(this.id)) ?? null;
    const members = await replica.members.where({ conversation: this.id }).toArray();
    const users = await readUsers(replica, row?.users ?? []);
    const waiting = await own.outbox
      .where("[conversation+counter]")
      .between([this.id, 0], [this.id, Infinity])
      .toArray();
    this.#frame ??= await this.#chooseFirst(row, members);
    const view = this.#frame
      ? await readView(replica, this.id, this.#frame)
      : { entries: [], hasOlder: (row?.last_seq ?? 0) > 0, hasNewer: false };
    const items = await makeItems(view.entries, this.#contents, replica.me, members);
    const pending = view.hasNewer ? [] : await makePending(waiting, this.#contents, replica.me, items);
    return { row, users, members, items, pending, hasOlder: view.hasOlder, hasNewer: view.hasNewer };
  }

  /** Decided once, with the first entries there are. */
  async #chooseFirst(row: ConversationRow | null, members: MemberRow[]): Promise<Frame | null> {
    if (!row) return null;
    const read = members.find((member) => member.user_id === this.#client.replica.me)?.read_seq ?? 0;
    const isUnread = row.last_ordinal > row.read_ordinal;
    const frame = await chooseFrame(this.#client.replica, this.id, isUnread ? read + 1 : undefined);
    if (frame && isUnread) this.firstUnread = read + 1;
    return frame;
  }

  async #move(frame: Frame): Promise<void> {
    this.#frame = frame;
    await this.#live.refresh();
  }

  /** Lets go of what is far away, so that long scrolling does not make the page slow. */
  async #trim(edge: "older" | "newer"): Promise<void> {
    const { items } = this.current;
    if (!this.#frame || items.length <= MOST - STEP) return;
    if (edge === "older") await this.#move({ ...this.#frame, from: items.at(STEP)!.seq });
    else await this.#move({ ...this.#frame, to: items.at(-STEP)!.seq });
  }

  async #fetch(seq: number, direction: "before" | "after" | "around"): Promise<void> {
    await this.#client.filler.fetchPage(this.id, seq, direction);
  }

  async #load(action: () => Promise<void>): Promise<void> {
    if (this.isLoading) return;
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
