// The list of conversations, newest activity first, following every change.
import type { Replica } from "../replica/database.ts";
import { levelNow } from "../notifications/level.ts";
import { Live } from "../replica/live.svelte.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import { readInbox, type InboxRow } from "./read.ts";

/** Unread messages of which one wants to be told. */
function countTold({ unread, mentions, keeping }: InboxRow, now: number): number {
  const level = levelNow(keeping, now);
  if (level === "all") return unread || Number(keeping.isMarked);
  return level === "mentions" ? mentions : 0;
}

export class Inbox {
  readonly #live: Live<InboxRow[]>;

  /** The list comes after what is more urgent: `rest` is waited for between a change and reading it. */
  constructor(replica: Replica, own: OwnDatabase, rest?: () => Promise<void>) {
    this.#live = new Live<InboxRow[]>([], () => readInbox(replica, own), rest);
  }

  get rows(): InboxRow[] {
    return this.#live.value;
  }

  get isReady(): boolean {
    return this.#live.isReady;
  }

  /** Unread messages in all conversations that are to be noticed. */
  get unread(): number {
    const now = Date.now();
    return this.#live.value.reduce((sum, row) => sum + countTold(row, now), 0);
  }

  stop(): void {
    this.#live.stop();
  }
}
