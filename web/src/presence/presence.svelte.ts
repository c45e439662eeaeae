// Who is there, as far as friends show it. Never stored: every connection asks anew, and without one nothing is known.
import { SvelteMap } from "svelte/reactivity";

import type { Client } from "../sync/client.ts";
import type { Presence as State, PresenceChanged } from "../wire/contract.ts";

export class Presence {
  readonly #states = new SvelteMap<number, State>();
  readonly #stops: (() => void)[];

  constructor(client: Pick<Client, "socket" | "onOpened">) {
    this.#stops = [
      client.onOpened(({ presence }) => {
        // What came live on this connection is newer than the answer, which is told only once everything is applied.
        for (const state of presence) if (!this.#states.has(state.user_id)) this.#states.set(state.user_id, state);
      }),
      client.socket.onState((state) => {
        if (state !== "online") this.#states.clear();
      }),
      client.socket.onEvent((name, payload) => {
        if (name !== "presence.changed") return;
        const { presence } = payload as PresenceChanged;
        this.#states.set(presence.user_id, presence);
      }),
    ];
  }

  /** Undefined when nothing is known (offline ourselves) or shown. */
  of(user: number): State | undefined {
    return this.#states.get(user);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}
