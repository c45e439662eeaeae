// Asks for more of a conversation when what is in memory comes near to its end on screen. The same edges are asked for once.
import type { Conversation } from "./conversation.svelte.ts";
import type { Drawn, Span } from "./drawn.ts";
import { MOST, STEP } from "./window.ts";

export class Fetching {
  readonly #conversation: Conversation;
  #tried = "";

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /** What failed is asked for again. */
  forget(): void {
    this.#tried = "";
  }

  /** `count` rows are in memory; of these the span is drawn. */
  fetchMore(count: number, span: Span, drawn: Drawn): void {
    const conversation = this.#conversation;
    const { items, hasOlder, hasNewer } = conversation.current;
    if (conversation.isLoading || conversation.problem) return;
    if (items.length > MOST + STEP && drawn.from < Infinity) return void conversation.keep(drawn.from);
    const wantsOlder = hasOlder && span.from < STEP;
    const wantsNewer = hasNewer && count - span.to < STEP;
    if (!wantsOlder && !wantsNewer) return;
    if (!this.#hasMoved()) return;
    void (wantsOlder ? conversation.loadOlder() : conversation.loadNewer());
  }

  /** Nothing of this conversation is here yet: it is asked for now, not when its turn comes. */
  fetchFirst(): void {
    const conversation = this.#conversation;
    if (!conversation.isReady || !conversation.current.hasOlder || conversation.isLoading || conversation.problem) return;
    if (this.#hasMoved()) void conversation.loadOlder();
  }

  /** Whether the edges of what is in memory have moved since more was asked for. */
  #hasMoved(): boolean {
    const { from, to } = this.#conversation.current;
    const edges = `${from} ${to}`;
    if (edges === this.#tried) return false;
    this.#tried = edges;
    return true;
  }
}
