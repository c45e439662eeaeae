// The search field of the list, which any page can call for: Ctrl+K from wherever one is.
import { navigation } from "../shell/navigation.svelte.ts";

class Switcher {
  text = $state("");
  #field: HTMLInputElement | undefined;
  #isWanted = false;

  /** The list is on screen: this is its field. Returns how to take it away. */
  attach(field: HTMLInputElement): () => void {
    this.#field = field;
    if (this.#isWanted) requestAnimationFrame(() => this.#focus());
    return () => (this.#field = undefined);
  }

  /** Puts the cursor into the field at once, or goes to the list first where it is not on screen. */
  open(): void {
    if (this.#focus()) return;
    this.#isWanted = true;
    navigation.go("/");
    requestAnimationFrame(() => this.#focus());
  }

  #focus(): boolean {
    if (!this.#field || this.#field.getClientRects().length === 0) return false;
    this.#isWanted = false;
    this.#field.focus();
    this.#field.select();
    return true;
  }
}

export const switcher = new Switcher();
