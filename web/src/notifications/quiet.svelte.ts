// "Do not disturb": a preference that holds on all one's devices (kind 6 of docs/protocol-encryption.md, 6.4).
import { PRIVATE_PREFERENCES } from "../crypto/private-change.ts";
import { change, readPlace } from "../private/private.ts";
import type { Replica } from "../replica/database.ts";
import { Live } from "../replica/live.svelte.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import { readQuiet } from "./quiet.ts";

/** Where the preferences stand. */
const PLACE = "0".repeat(32);

export class Quiet {
  readonly #own: OwnDatabase;
  readonly #live: Live<number>;

  constructor(replica: Replica, own: OwnDatabase) {
    this.#own = own;
    this.#live = new Live(0, async () => readQuiet((await readPlace(replica, own, PLACE, [PRIVATE_PREFERENCES]))[0]));
  }

  /** Milliseconds. */
  get until(): number {
    return this.#live.value;
  }

  get isReady(): boolean {
    return this.#live.isReady;
  }

  /** `until` in milliseconds, Infinity for good, 0 to end it. */
  keep(until: number): Promise<void> {
    return change(this.#own, PRIVATE_PREFERENCES, PLACE, { set: { quiet: until === 0 ? null : until === Infinity ? true : until } });
  }

  stop(): void {
    this.#live.stop();
  }
}
