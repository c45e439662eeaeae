// Tells a person's other devices of a draft once it rests, or is left.
import { shareDraft } from "../replica/drafts.ts";
import type { OwnDatabase } from "../replica/own-database.ts";

/** Milliseconds without a change. */
const RESTS = 2000;

export class Sharing {
  readonly #own: OwnDatabase;
  readonly #conversation: string;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(own: OwnDatabase, conversation: string) {
    this.#own = own;
    this.#conversation = conversation;
  }

  /** It was stored. */
  note(isLeft: boolean): void {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.end(), isLeft ? 0 : RESTS);
  }

  /** Nothing more is written here for now. */
  end(): void {
    if (this.#waiting === undefined) return;
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    void shareDraft(this.#own, this.#conversation).catch(console.error);
  }
}
