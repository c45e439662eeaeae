// What of people's chains a restored server may be given back (docs/protocol-encryption.md, 10.10), and which epochs cannot come back
// because of it: nobody offers another identity or vault, so nothing that rests on one.
import { toHex } from "../../../lib/bytes.ts";
import { equal } from "../../protocol/codec.ts";
import { readRoster, type RosterMember } from "../../protocol/epoch.ts";
import type { RememberedEpoch } from "../judging/epochs.ts";
import type { People } from "../people/people.ts";
import type { AwaitedChain, ConversationStore } from "../store.ts";

export class Awaiting {
  readonly #around: { store: ConversationStore; now: () => number };
  readonly #people: People;
  #chains = new Map<number, AwaitedChain>();
  #until = 0;

  constructor(around: { store: ConversationStore; now: () => number }, people: People) {
    this.#around = around;
    this.#people = people;
  }

  async recall(): Promise<void> {
    const { people, until } = await this.#around.store.readAwaited();
    this.#chains = new Map(people.map((one) => [one.user, one]));
    this.#until = until;
  }

  /** Whether the end of a person's chain is waited for. */
  isShort(user: number): boolean {
    return this.#around.now() < this.#until && this.#people.chain(user).states.length < this.#reachOf(user);
  }

  /** The n up to which a chain is there or may come back; of who was short of nothing that is not known. */
  #reachOf(user: number): number {
    const chain = this.#chains.get(user);
    const { states } = this.#people.chain(user);
    if (chain === undefined) return states.length;
    const first = chain.n - chain.hashes.length;
    const hasAnother = chain.hashes.some((hash, at) => states[first + at] !== undefined && toHex(states[first + at]!.hash) !== hash);
    return hasAnother ? states.length : Math.max(states.length, chain.n);
  }

  /** The person has taken what there is of this chain. */
  async end(user: number): Promise<void> {
    const chain = this.#chains.get(user);
    if (chain === undefined) return;
    this.#chains.set(user, { user, n: 0, hashes: [] });
    await this.#around.store.writeAwaited({ people: [...this.#chains.values()], until: this.#until });
  }

  /** Whether it states a head that is not there and cannot come. Without its own roster it is judged by the one before. */
  isGone({ roster }: RememberedEpoch): boolean {
    return roster !== null && readRoster(roster).some((line) => this.#isLineGone(line));
  }

  #isLineGone({ user, chain: { n, hash } }: RosterMember): boolean {
    const state = this.#people.chain(user).states[n - 1];
    if (state !== undefined) return !equal(state.hash, hash);
    return this.#chains.has(user) && n > this.#reachOf(user);
  }
}
