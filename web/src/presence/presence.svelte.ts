// Who is there, as far as friends show it. Never stored: every connection asks anew, and without one nothing is known.
import { SvelteMap } from "svelte/reactivity";

import type { Client } from "../sync/client.ts";
import type { Presence as State, PresenceChanged } from "../wire/contract.ts";
import { PresenceBoard } from "./board.ts";

export class Presence {
  readonly #states = new SvelteMap<number, State>();
  readonly #stops: (() => void)[];

  constructor(client: Pick<Client, "socket" | "onOpened">) {
    const board = new PresenceBoard(this.#states);
    this.#stops = [
      client.onOpened((presence) => board.answer(presence)),
      client.socket.onState((state) => (state === "online" ? board.connect() : board.disconnect())),
      client.socket.onEvent((name, payload) => {
        if (name === "presence.changed") board.change((payload as PresenceChanged).presence);
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
