// What is being done with the messages of an open conversation: which one is answered, edited or has its menu open. Views read it and
// call its verbs; what a verb writes shows in the conversation by itself.
import { session } from "../accounts/session.svelte.ts";
import type { Conversation } from "../conversations/conversation.svelte.ts";
import type { Item } from "../conversations/items.ts";
import type { Poll } from "../crypto/content.ts";
import { PRIVATE_HIDDEN, PRIVATE_STARS } from "../crypto/private-change.ts";
import { t } from "../i18n/index.svelte.ts";
import { pinMessage } from "../pins/pin.ts";
import { markMessages } from "../private/marks.ts";
import { toasts } from "../shell/toasts.svelte.ts";
import type { Client } from "../sync/client.ts";
import { type Chosen, toggleChosen } from "./chosen.ts";
import { judgeMay, mayPinIn, type May } from "./may.ts";
import { choose, closePoll, sendPoll, vote } from "./poll.ts";
import { deleteMessage, toggleReaction } from "./react.ts";

/** Where a menu was asked for. */
export interface Asked {
  item: Item;
  /** Pixels from the corner of the window. */
  x: number;
  y: number;
}

export type Dialog = { type: "delete" | "forward"; items: Item[] } | { type: "react" | "who"; item: Item } | { type: "voters"; item: Item } | { type: "pinned" | "poll" };

export class Acting {
  /** The message that the next one answers. */
  answered = $state.raw<Item | null>(null);
  edited = $state.raw<Item | null>(null);
  asked = $state.raw<Asked | null>(null);
  dialog = $state.raw<Dialog | null>(null);
  /** The messages that are chosen, by key; null while nobody chooses. */
  chosen = $state.raw<Chosen | null>(null);
  readonly conversation: Conversation;
  readonly #client: Client;
  /** Brings a message on screen; set by the list. */
  show: (seq: number) => void = () => undefined;
  /** Puts the cursor where one writes; set by the composer. */
  write: () => void = () => undefined;

  constructor(client: Client, conversation: Conversation) {
    this.#client = client;
    this.conversation = conversation;
  }

  /** One that is on screen, by its key. */
  find(key: string | undefined): Item | undefined {
    const { items, pending } = this.conversation.current;
    return items.find((item) => item.key === key) ?? pending.find((item) => item.key === key);
  }

  judge(item: Item): May {
    const { row, members } = this.conversation.current;
    const me = session.user!.id;
    return judgeMay(item, { kind: row?.kind ?? "direct", isOpen: row?.open ?? false, me, members, mayPin: row !== null && mayPinIn(row, me) });
  }

  reply(item: Item): void {
    if (!this.judge(item).reply) return;
    this.edited = null;
    this.answered = item;
    this.write();
  }

  edit(item: Item | undefined): void {
    if (!item || !this.judge(item).edit) return;
    this.edited = item;
    this.write();
  }

  /** One's own newest message that can be edited. */
  findLastOwn(): Item | undefined {
    return this.conversation.isAtEnd ? this.conversation.current.items.findLast((item) => this.judge(item).edit) : undefined;
  }

  react(item: Item, emoji: string): void {
    if (this.judge(item).react) this.#do(toggleReaction(this.#client, this.conversation.id, item.seq, emoji));
  }

  /** Asks everybody in the conversation. */
  ask(poll: Poll): void {
    this.#do(sendPoll(this.#client, this.conversation.id, poll));
  }

  /** Chooses an option of a poll, or takes it back. */
  vote(item: Item, option: number): void {
    if (item.content.type !== "poll" || !this.judge(item).vote) return;
    const chosen = item.votes?.find(({ user }) => user === session.user!.id)?.options ?? [];
    this.#do(vote(this.#client, this.conversation.id, item.seq, choose(chosen, option, item.content)));
  }

  closePoll(item: Item): void {
    if (item.content.type === "poll" && this.judge(item).close) this.#do(closePoll(this.#client, this.conversation.id, item.seq, item.content));
  }

  pin(seq: number, isPinned: boolean): void {
    this.#do(pinMessage(this.#client, this.conversation.id, seq, isPinned));
  }

  remove(items: Item[]): void {
    this.#letGo(items);
    for (const item of items) if (this.judge(item).remove) this.#do(deleteMessage(this.#client, this.conversation.id, item.seq));
  }

  star(items: Item[], isStarred: boolean): void {
    this.#do(this.#mark(PRIVATE_STARS, items, isStarred));
  }

  /** Deletes for oneself alone, which can be undone at once. */
  hide(items: Item[]): void {
    this.#letGo(items);
    this.#do(this.#mark(PRIVATE_HIDDEN, items, true));
    const undo = { label: t("messages.undo"), run: () => this.#do(this.#mark(PRIVATE_HIDDEN, items, false)) };
    toasts.show(t("messages.hiddenNow", { count: items.length }), { action: undo });
  }

  /** What goes is answered or edited no more. */
  #letGo(items: Item[]): void {
    const { answered, edited } = this;
    if (items.some(({ key }) => key === answered?.key)) this.answered = null;
    if (items.some(({ key }) => key === edited?.key)) this.edited = null;
  }

  #mark(kind: number, items: Item[], isMarked: boolean): Promise<void> {
    const { replica, own } = this.#client;
    const seqs = items.map(({ seq }) => seq).filter((seq) => seq > 0);
    return markMessages(replica, own, kind, this.conversation.id, seqs, isMarked);
  }

  /** Texts of messages, as they were typed, in order. */
  async copy(items: Item[]): Promise<void> {
    const texts = items.flatMap(({ content }) => (content.type === "text" ? content.text : []));
    try {
      await navigator.clipboard.writeText(texts.join("\n\n"));
      toasts.show(t("messages.copied"));
    } catch {
      toasts.show(t("messages.notCopied"), { kind: "danger" });
    }
  }

  choose(item: Item): void {
    if (item.seq === 0) return;
    this.chosen = toggleChosen(this.chosen, item);
  }

  listChosen(): Item[] {
    return [...(this.chosen?.values() ?? [])].sort((one, other) => one.seq - other.seq);
  }

  #do(act: Promise<void>): void {
    act.catch((error: unknown) => {
      console.error(error);
      toasts.show(t("messages.notKept"), { kind: "danger" });
      this.#client.failed(error);
    });
  }
}
