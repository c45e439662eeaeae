// Looks after this device's keys at every connection, and whenever one's own chain has grown (docs/protocol-encryption.md, end of
// 10), in the tab that leads. One look after the other; the first when the page is calm.
import type { ChainGrown } from "../wire/contract.ts";
import type { Client } from "../sync/client.ts";
import { ProblemError } from "../wire/http.ts";

/** What a look needs of Keys. */
export interface Looking {
  look(): Promise<void>;
  refuse(verdict: string): Promise<void>;
}

type Watched = { tabs: Pick<Client["tabs"], "isLeading">; replica: Pick<Client["replica"], "me"> } & Pick<Client, "onOpened"> & {
    socket: Pick<Client["socket"], "onEvent">;
  };

export class KeysWatch {
  readonly #keys: Looking;
  readonly #calm: Promise<void>;
  #isLooking = false;
  #isDue = false;
  #isStopped = false;

  constructor(keys: Looking, calm: Promise<void>) {
    this.#keys = keys;
    this.#calm = calm;
  }

  start(client: Watched): () => void {
    const lookIfLeading = (): void => {
      if (client.tabs.isLeading) void this.look();
    };
    const ends = [
      client.onOpened(lookIfLeading),
      client.socket.onEvent((name, payload) => {
        if (name === "chain.grown" && (payload as ChainGrown).user_id === client.replica.me) lookIfLeading();
      }),
    ];
    return () => {
      this.#isStopped = true;
      for (const end of ends) end();
    };
  }

  /** Never throws. Who asks meanwhile is served by one more look. */
  async look(): Promise<void> {
    this.#isDue = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    await this.#calm;
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      await this.#keys.look().catch((error: unknown) => this.#note(error));
    }
    this.#isLooking = false;
  }

  /** A server that was not reached, or is busy, is asked at the next connection. */
  async #note(error: unknown): Promise<void> {
    console.warn("the keys were not looked after", error);
    const isRefused = error instanceof ProblemError && error.problem.code === "keys_refused";
    if (isRefused && !this.#isStopped) await this.#keys.refuse(error.problem.detail ?? "").catch(console.warn);
  }
}
