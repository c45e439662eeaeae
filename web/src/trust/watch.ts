// Looks at everybody's identities in the tab that leads: once this device's keys have been looked after, and whenever something is
// told: a chain or the keyring has grown, a friend has come, somebody's card, a link was opened. One look after the other.
import { liveQuery } from "dexie";

import type { Client } from "../sync/client.ts";

export interface Refreshing {
  refresh(): Promise<void>;
}

type Watched = { tabs: Pick<Client["tabs"], "isLeading">; replica: Client["replica"] } & { socket: Pick<Client["socket"], "onEvent"> };

/** Milliseconds in which more may come that one look serves. */
const TOGETHER = 150;
const TOLD: ReadonlySet<string> = new Set(["chain.grown", "keyring.grown"]);

export class TrustWatch {
  readonly #trust: Refreshing;
  #isLooking = false;
  #isDue = false;
  #isStopped = false;

  constructor(trust: Refreshing) {
    this.#trust = trust;
  }

  start(client: Watched): () => void {
    const { replica, tabs, socket } = client;
    const lookIfLeading = (): void => {
      if (tabs.isLeading) void this.look();
    };
    // Keys are written down anew by every look at them, which every connection brings.
    const due = liveQuery(async () => [(await replica.findMeta("keys"))?.state, await replica.friends.toCollection().primaryKeys(), await replica.users.toCollection().primaryKeys(), await replica.findMeta("friendLinks")] as const);
    const subscription = due.subscribe({ next: ([state]) => state === "ready" && lookIfLeading(), error: console.warn });
    const end = socket.onEvent((name) => TOLD.has(name) && lookIfLeading());
    return () => {
      this.#isStopped = true;
      subscription.unsubscribe();
      end();
    };
  }

  /** Never throws: what the server did not answer is asked at the next connection. */
  async look(): Promise<void> {
    this.#isDue = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#isDue && !this.#isStopped) {
      await new Promise((resolve) => setTimeout(resolve, TOGETHER));
      this.#isDue = false;
      if (!this.#isStopped) await this.#trust.refresh().catch((error: unknown) => console.warn("people's identities were not looked at", error));
    }
    this.#isLooking = false;
  }
}
