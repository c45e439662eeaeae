// Keeps what somebody reads where it is while rows come and go around it: `hold` before the page changes, `restore`
// after. Above and below the rows lie runways as long as what is not drawn. What grows above takes its height from the
// runway there, so the position itself is hardly ever set and a fling goes on. Who stands at the end stays there.
// Rows carry data-key, and data-seq once they have a place.
import type { Beyond, Reach } from "./drawn.ts";

const NEAR_END = 40;
/** How much of a row must be on screen for it to count as seen, in pixels. */
const SEEN = 20;
/** Browsers place elements exactly only so far from the start of what they stand in, in pixels. */
const LONGEST = 1_000_000;
/** Nearer to the rows than so many windows, a place in the runway is told by height, not by share. */
const NEAR = 16;

interface Held {
  key: string;
  top: number;
}

interface Parts {
  box: HTMLElement;
  rows: HTMLElement;
  above: HTMLElement;
  below: HTMLElement;
}

export class Scroller {
  /** Whether the end is followed. */
  follows = true;
  /** The height of a row, by those that were drawn last. */
  average = 64;
  readonly #parts: Parts;
  #held: Held[] = [];
  #above = 0;
  #below = 0;
  #hadFocus = false;
  /** Where the end was when it was last stood at. */
  #end = 0;
  #aim: Held | undefined;
  /** The row that was aimed at and where it came to stand, until somebody scrolls: what is opened around it may grow. */
  #aimed: Held | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Pixels between what is on screen and the end. */
  get distance(): number {
    const { box } = this.#parts;
    return box.scrollHeight - box.scrollTop - box.clientHeight;
  }

  get height(): number {
    return this.#parts.box.clientHeight;
  }

  /** How far the drawn rows go beyond the window, on both sides; negative where the window goes beyond them. */
  measure(): Reach {
    const box = this.#parts.box.getBoundingClientRect();
    const rows = this.#parts.rows.getBoundingClientRect();
    return { above: box.top - rows.top, below: rows.bottom - box.bottom };
  }

  /** How many pixels go with the one, two … `most` outermost rows at a side. */
  listFreed(side: keyof Reach, most: number): number[] {
    const all = this.#parts.rows.getBoundingClientRect();
    const rows = this.#list();
    const freed: number[] = [];
    for (let count = 1; count <= Math.min(most, rows.length - 1); count += 1) {
      const outermost = rows[side === "above" ? count : rows.length - 1 - count]!.getBoundingClientRect();
      freed.push(side === "above" ? outermost.top - all.top : all.bottom - outermost.bottom);
    }
    return freed;
  }

  /** How many messages off the drawn rows the window is: before them negative, 0 when a row is on screen. */
  findLost({ older, newer }: Beyond): number {
    const { above, below } = this.measure();
    if (-above > this.height && older > 0) return -this.#count(-above, this.#above, older);
    if (-below > this.height && newer > 0) return this.#count(-below, this.#below, newer);
    return 0;
  }

  #count(far: number, runway: number, beyond: number): number {
    const byHeight = far / this.average;
    const share = Math.min(1, far / Math.max(runway, 1));
    return Math.min(beyond, Math.max(1, Math.round(far < NEAR * this.height ? byHeight : share * beyond)));
  }

  /** After the person scrolled. `isWhole` is false when newer messages exist than are drawn. */
  judge(isWhole: boolean): void {
    this.follows = isWhole && this.distance < NEAR_END;
    if (this.follows) this.#end = this.#parts.box.scrollTop;
  }

  /** Somebody may have left the end, and the event that says so be on its way. */
  #notice(): void {
    if (this.#parts.box.scrollTop < this.#end && this.distance >= NEAR_END) this.follows = false;
  }

  /** The box or what is in it has another height now: who stands at the end stays there. */
  stay(): void {
    this.#notice();
    if (this.follows) this.toEnd();
  }

  hold(): void {
    this.#held = [];
    const { box, rows } = this.#parts;
    this.#hadFocus = rows.contains(document.activeElement);
    this.#notice();
    if (this.follows || this.#aim) return;
    const { top, bottom } = box.getBoundingClientRect();
    for (const row of this.#list()) {
      const place = row.getBoundingClientRect();
      if (place.bottom < top) continue;
      if (place.top > bottom) break;
      this.#held.push({ key: row.dataset["key"]!, top: place.top });
    }
    // From the middle outwards: a row at the edge of what is loaded may change its own height when it gets a neighbour.
    const middle = (top + bottom) / 2;
    this.#held.sort((one, other) => Math.abs(one.top - middle) - Math.abs(other.top - middle));
    const isAimed = ({ key, top: at }: Held): boolean => key === this.#aimed?.key && Math.abs(at - this.#aimed.top) < 1;
    const aimed = this.#held.find(isAimed);
    if (aimed) this.#held.unshift(aimed);
    else this.#aimed = undefined;
  }

  /** Puts this row `below` pixels under the upper edge with the next `restore`. */
  aim(key: string, below = 0): void {
    this.follows = false;
    this.#aim = { key, top: below };
  }

  /** Changes the height of one row: where it begins stays, or comes into sight. `isWhole` as for `judge`. */
  resize(key: string, change: () => void, beyond: Beyond, isWhole: boolean): void {
    this.aim(key, Math.max(0, (this.#findTop(key) ?? 0) - this.#parts.box.getBoundingClientRect().top));
    change();
    this.restore(beyond);
    this.judge(isWhole);
  }

  restore(beyond: Beyond): void {
    const { box, rows } = this.#parts;
    if (this.#hadFocus && !rows.contains(document.activeElement)) box.focus({ preventScroll: true });
    this.#weigh();
    if (this.follows) {
      this.#setBelow(beyond.newer);
      const length = this.#estimate(beyond.older);
      if (length === 0 || this.#above < this.height || this.#above > length * 2) this.#setAbove(length);
      return this.toEnd();
    }
    const aim = this.#aim;
    if (aim) this.#held = [{ key: aim.key, top: aim.top + box.getBoundingClientRect().top }];
    this.#aim = undefined;
    // All is measured before anything is set: measuring after setting makes the browser lay the page out once more.
    const [moved, height] = [this.#findMoved(), this.height];
    this.#setBelow(beyond.newer);
    this.#absorb(moved, beyond.older, height);
    if (!aim) return;
    this.#aimed = { key: aim.key, top: this.#findTop(aim.key) ?? 0 };
    // Where all fits on the screen nobody has to scroll, and what comes next is followed like at any end.
    this.judge(beyond.newer === 0);
  }

  #findTop(key: string): number | undefined {
    return this.#parts.rows.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.getBoundingClientRect().top;
  }

  #findMoved(): number {
    for (const { key, top } of this.#held) {
      const now = this.#findTop(key);
      if (now !== undefined) return now - top;
    }
    return 0;
  }

  /** Takes what the rows were moved by out of the runway above; only where that ends is the position set. */
  #absorb(moved: number, older: number, height: number): void {
    const before = this.#above;
    let length = before - moved;
    if (older === 0) length = 0;
    else if (length < height) length = Math.max(this.#estimate(older), 2 * height);
    this.#setAbove(length);
    const left = moved + length - before;
    if (Math.abs(left) >= 0.5) this.#parts.box.scrollTop += left;
  }

  toEnd(isSmooth = false): void {
    const { box } = this.#parts;
    box.scrollTo({ top: box.scrollHeight, behavior: isSmooth ? "smooth" : "instant" });
    this.#end = isSmooth ? 0 : box.scrollTop;
  }

  toStart(): void {
    this.#parts.box.scrollTop = 0;
  }

  get isAtStart(): boolean {
    return this.#parts.box.scrollTop < 1;
  }

  /** The highest seq that is on screen; 0 when none is. */
  findSeen(): number {
    const { bottom } = this.#parts.box.getBoundingClientRect();
    const rows = [...this.#list()].filter((row) => row.dataset["seq"] !== "0");
    const last = rows.findLast((row) => row.getBoundingClientRect().top + SEEN <= bottom);
    return Number(last?.dataset["seq"] ?? 0);
  }

  #list(): NodeListOf<HTMLElement> {
    return this.#parts.rows.querySelectorAll<HTMLElement>("[data-key]");
  }

  #weigh(): void {
    const count = this.#list().length;
    if (count >= 10) this.average = Math.max(20, this.#parts.rows.offsetHeight / count);
  }

  #estimate(messages: number): number {
    return Math.min(LONGEST, messages * this.average);
  }

  #setAbove(length: number): void {
    if (length === this.#above) return;
    this.#above = length;
    this.#parts.above.style.height = `${length}px`;
  }

  #setBelow(newer: number): void {
    const length = newer === 0 ? 0 : Math.max(this.height, Math.round(this.#estimate(newer)));
    if (length === this.#below) return;
    this.#below = length;
    this.#parts.below.style.height = `${length}px`;
  }
}
