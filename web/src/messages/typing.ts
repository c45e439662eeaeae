// Says that one is writing: at the first key, again every 4 s while it goes on, and when it stops. Losing any of these
// does no harm, so nothing is repeated or kept.
import type { Socket } from "../wire/socket.ts";

const REPEAT = 4000;

export class TypingSignal {
  readonly #call: Socket["call"];
  readonly #conversation: string;
  readonly #now: () => number;
  #told: number | undefined;

  constructor(call: Socket["call"], conversation: string, now: () => number = Date.now) {
    this.#call = call;
    this.#conversation = conversation;
    this.#now = now;
  }

  /** A key was pressed; an empty box is no writing. */
  write(text: string): void {
    if (text.trim() === "") return this.stop();
    if (this.#told !== undefined && this.#now() - this.#told < REPEAT) return;
    this.#told = this.#now();
    this.#tell("typing.start");
  }

  /** Sent, left or emptied. */
  stop(): void {
    if (this.#told === undefined) return;
    this.#told = undefined;
    this.#tell("typing.stop");
  }

  #tell(name: "typing.start" | "typing.stop"): void {
    this.#call(name, { conversation_id: this.#conversation }).catch(() => undefined);
  }
}
