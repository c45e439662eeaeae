// Keeps what somebody reads where it is while messages come and go around it: `hold` before the page changes, `restore`
// after. Who stands at the end stays at the end. Rows carry data-key, and data-seq once they have a place.

const NEAR_END = 40;
/** How much of a row must be on screen for it to count as seen, in pixels. */
const SEEN = 20;

interface Held {
  key: string;
  top: number;
}

export class Scroller {
  /** Whether the end is followed. */
  follows = true;
  readonly #box: HTMLElement;
  #held: Held[] = [];

  constructor(box: HTMLElement) {
    this.#box = box;
  }

  /** Pixels between what is on screen and the end. */
  get distance(): number {
    return this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight;
  }

  get top(): number {
    return this.#box.scrollTop;
  }

  /** After the person scrolled. `isWhole` is false when newer messages exist than the page holds. */
  judge(isWhole: boolean): void {
    this.follows = isWhole && this.distance < NEAR_END;
  }

  hold(): void {
    this.#held = [];
    if (this.follows) return;
    const { top, bottom } = this.#box.getBoundingClientRect();
    for (const row of this.#rows()) {
      const place = row.getBoundingClientRect();
      if (place.bottom < top) continue;
      if (place.top > bottom) break;
      this.#held.push({ key: row.dataset["key"]!, top: place.top });
    }
    // From the middle outwards: a row at the edge of what is loaded may change its own height when it gets a neighbour.
    const middle = (top + bottom) / 2;
    this.#held.sort((one, other) => Math.abs(one.top - middle) - Math.abs(other.top - middle));
  }

  restore(): void {
    if (this.follows) return this.toEnd();
    for (const { key, top } of this.#held) {
      const row = this.#box.querySelector<HTMLElement>(`[data-key="${key}"]`);
      if (!row) continue;
      const moved = row.getBoundingClientRect().top - top;
      if (Math.abs(moved) >= 1) this.#box.scrollTop += moved;
      return;
    }
  }

  toEnd(isSmooth = false): void {
    this.#box.scrollTo({ top: this.#box.scrollHeight, behavior: isSmooth ? "smooth" : "instant" });
  }

  /** Puts an element a quarter below the upper edge. */
  show(element: Element): void {
    this.follows = false;
    const { top, height } = this.#box.getBoundingClientRect();
    this.#box.scrollTop += element.getBoundingClientRect().top - top - height / 4;
  }

  /** The highest seq that is on screen; 0 when none is. */
  findSeen(): number {
    const { bottom } = this.#box.getBoundingClientRect();
    const rows = [...this.#rows()].filter((row) => row.dataset["seq"] !== "0");
    const last = rows.findLast((row) => row.getBoundingClientRect().top + SEEN <= bottom);
    return Number(last?.dataset["seq"] ?? 0);
  }

  #rows(): NodeListOf<HTMLElement> {
    return this.#box.querySelectorAll<HTMLElement>("[data-key]");
  }
}
