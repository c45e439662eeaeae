// What of the messages of an open conversation somebody has opened since they came to it: long ones are shown whole, hidden words are seen.
import { createContext } from "svelte";
import { SvelteSet } from "svelte/reactivity";

/** Carries out what changes the height of a row, so that nothing that is read jumps. */
type Resize = (key: string, change: () => void) => void;

export class Unfolded {
  readonly #keys = new SvelteSet<string>();
  readonly #resize: Resize;

  constructor(resize: Resize) {
    this.#resize = resize;
  }

  has = (key: string): boolean => this.#keys.has(key);

  /** For what has its place already. */
  show(key: string): void {
    this.#keys.add(key);
  }

  toggle(key: string): void {
    this.#resize(key, () => void (this.#keys.delete(key) || this.#keys.add(key)));
  }
}

export const [getUnfolded, setUnfolded] = createContext<Unfolded>();
