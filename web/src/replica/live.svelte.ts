// The result of a query on the local copy that follows every change, of any tab. Views read `value`.
import { liveQuery, type Subscription } from "dexie";

import { pace } from "./waiting.ts";

export class Live<T> {
  value = $state.raw() as T;
  /** Whether the first result has come. */
  isReady = $state(false);
  readonly #query: () => Promise<T>;
  readonly #rest: (() => Promise<void>) | undefined;
  #subscription: Subscription | undefined;
  #waiting: (() => void)[] = [];

  /** After a change the query runs when `rest` has passed; `refresh` runs it at once. */
  constructor(initial: T, query: () => Promise<T>, rest?: () => Promise<void>) {
    this.value = initial;
    this.#query = query;
    this.#rest = rest;
    void this.refresh();
  }

  /** Runs the query anew, for when something other than the database has changed. Resolves with its result in `value`. */
  refresh(): Promise<void> {
    this.#subscription?.unsubscribe();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#subscription = liveQuery(this.#rest ? pace(this.#query, this.#rest) : this.#query).subscribe({
        next: (value) => {
          this.value = value;
          this.isReady = true;
          this.#release();
        },
        error: (error: unknown) => {
          console.warn("a query on the local copy ended", error);
          this.#release();
        },
      });
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
    this.#release();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
