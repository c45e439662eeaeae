// Who is there, as the server told: one answer at each connection, then changes. What came live on a connection is newer
// than its answer, which is told only once everything is applied.
import type { Presence } from "../wire/contract.ts";

export class PresenceBoard {
  readonly #states: Map<number, Presence>;
  /** Whose change came live on this connection. */
  readonly #live = new Set<number>();

  constructor(states: Map<number, Presence>) {
    this.#states = states;
  }

  /** There is a new connection; what was known holds until it answers. */
  connect(): void {
    this.#live.clear();
  }

  /** There is no connection: nothing is known. */
  disconnect(): void {
    this.#live.clear();
    this.#states.clear();
  }

  change(state: Presence): void {
    this.#live.add(state.user_id);
    this.#states.set(state.user_id, state);
  }

  answer(states: Presence[]): void {
    const answered = new Set(states.map((state) => state.user_id));
    for (const user of [...this.#states.keys()]) {
      if (!answered.has(user) && !this.#live.has(user)) this.#states.delete(user);
    }
    for (const state of states) if (!this.#live.has(state.user_id)) this.#states.set(state.user_id, state);
  }

  list(): Presence[] {
    return [...this.#states.values()];
  }
}
