// Who is writing where. It lapses by itself after 6 s, and ends with what was written.
import { SvelteMap } from "svelte/reactivity";

import type { MessageSent, TypingStarted } from "../wire/contract.ts";
import type { Socket } from "../wire/socket.ts";

const LAPSE = 6000;

export class Typing {
  readonly #timers: { [key: string]: ReturnType<typeof setTimeout> } = {};
  readonly #users = new SvelteMap<string, readonly number[]>();
  readonly #stop: () => void;

  constructor(socket: Pick<Socket, "onEvent">) {
    this.#stop = socket.onEvent((name, payload) => {
      if (name === "typing.started" || name === "typing.stopped") {
        const { conversation_id, user_id } = payload as TypingStarted;
        if (name === "typing.started") this.#begin(conversation_id, user_id);
        else this.#end(conversation_id, user_id);
      } else if (name === "message.sent") {
        const { entry } = payload as MessageSent;
        this.#end(entry.conversation_id, entry.from_user);
      }
    });
  }

  /** The users who are writing in a conversation, in the order in which they began. */
  in(conversation: string): readonly number[] {
    return this.#users.get(conversation) ?? [];
  }

  stop(): void {
    this.#stop();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
  }

  #begin(conversation: string, user: number): void {
    const key = `${conversation} ${user}`;
    clearTimeout(this.#timers[key]);
    this.#timers[key] = setTimeout(() => this.#end(conversation, user), LAPSE);
    const users = this.in(conversation);
    if (!users.includes(user)) this.#users.set(conversation, [...users, user]);
  }

  #end(conversation: string, user: number): void {
    const key = `${conversation} ${user}`;
    clearTimeout(this.#timers[key]);
    const users = this.in(conversation).filter((other) => other !== user);
    if (users.length > 0) this.#users.set(conversation, users);
    else this.#users.delete(conversation);
  }
}
