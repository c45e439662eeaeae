// When lost seeds are asked for, and others' requests answered (docs/protocol-encryption.md, 7.7), in the tab that leads.
import { makeDelay, sleep } from "../replica/waiting.ts";
import type { AskConversations } from "./ask.ts";
import type { Noting } from "./sender.ts";

const MINUTE = 60_000;
const LONGEST = 60;
/** Milliseconds within which one of those who may answer does: by chance, so that rarely two do. */
const JITTER = 10_000;

export class Healer {
  readonly #ask: AskConversations;
  readonly #noting: Pick<Noting, "note">;
  readonly #random: () => number;
  #isAnswering = false;
  #wake: () => void = () => undefined;

  constructor(ask: AskConversations, noting: Pick<Noting, "note">, random: () => number = Math.random) {
    this.#ask = ask;
    this.#noting = noting;
    this.#random = random;
  }

  /** For one connection: asks at once, then after 1, 2, 4 … 60 minutes for as long as something is missing. */
  async run(signal: AbortSignal): Promise<void> {
    void this.answer(signal);
    for (let minutes = 1; !signal.aborted; minutes = Math.min(minutes * 2, LONGEST)) {
      const isMissing = await this.#heal(true, signal);
      const resting = new AbortController();
      const end = (): void => resting.abort();
      this.#wake = end;
      signal.addEventListener("abort", end, { once: true });
      await sleep(isMissing ? minutes * MINUTE : LONGEST * MINUTE, resting.signal);
      signal.removeEventListener("abort", end);
    }
  }

  /** A live event: somebody answered, or asks. */
  take(name: string, signal: AbortSignal): void {
    if (name === "rewrap.answered") void this.#heal(false, signal);
    if (name === "rewrap.asked") void this.answer(signal);
  }

  /** A member has a new device, which may have what is missing. */
  askAgain(): void {
    this.#wake();
  }

  async #heal(asks: boolean, signal: AbortSignal): Promise<boolean> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        const { healed, isMissing } = await this.#ask("heal", { asks });
        await this.#noting.note(healed);
        return isMissing;
      } catch (error) {
        console.warn("seeds could not be asked for", error);
        await sleep(makeDelay(tries), signal);
      }
    }
    return false;
  }

  /** After a random while, once for all who ask meanwhile. */
  async answer(signal: AbortSignal): Promise<void> {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    await sleep(this.#random() * JITTER, signal);
    this.#isAnswering = false;
    if (!signal.aborted) await this.#ask("answerOthers", {}).catch((error: unknown) => console.warn("nobody was answered", error));
  }
}
