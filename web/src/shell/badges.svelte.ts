// The counts on the main navigation. The nouns that know them set them; the shell only shows.
import type { Section } from "../routes.ts";

class Badges {
  #counts = $state<Partial<Record<Section, number>>>({});

  of(section: Section): number {
    return this.#counts[section] ?? 0;
  }

  set(section: Section, count: number): void {
    this.#counts[section] = count;
  }
}

export const badges = new Badges();
