// Which element shows which row. An element whose row is drawn no more shows one that comes in the same step: making it
// anew would cost more than all else in that frame, and what is thrown away makes the browser stand still later, when it
// collects. Invariant: a row keeps its element while it is drawn, and within a day no element has two rows.
import type { Day } from "./days.ts";

/** A day and, beside each of its rows, the number of the element that shows it. */
export interface Place extends Day {
  slots: number[];
}

interface Given {
  key: string;
  slot: number;
  /** The step in which its row was drawn last. */
  step: number;
}

export class Slots {
  /** Of each day, by the key of the row and in the order in which they stand. */
  readonly #days = new Map<string, { byKey: Map<string, Given>; standing: Given[] }>();
  #step = 0;
  #last = 0;

  /** `isHeld` names rows (by key) whose element nothing else may take: somebody has the focus or a selection there. */
  place(days: Day[], isHeld: (key: string) => boolean): Place[] {
    this.#step += 1;
    const places = days.map((day) => ({ ...day, slots: this.#give(day, isHeld) }));
    for (const key of this.#days.keys()) if (!days.some((day) => day.key === key)) this.#days.delete(key);
    return places;
  }

  #give({ key: name, rows }: Day, isHeld: (key: string) => boolean): number[] {
    let known = this.#days.get(name);
    if (!known) this.#days.set(name, (known = { byKey: new Map(), standing: [] }));
    const { byKey, standing } = known;
    for (const { item } of rows) {
      const given = byKey.get(item.key);
      if (given) given.step = this.#step;
    }
    // In the order in which they stand: all of them are moved to the other end at once then.
    const gone = standing.filter(({ step }) => step !== this.#step);
    for (const { key } of gone) byKey.delete(key);
    const free = gone.filter(({ key }) => !isHeld(key)).values();
    known.standing = rows.map(({ item: { key } }) => {
      let given = byKey.get(key);
      if (!given) byKey.set(key, (given = { key, slot: free.next().value?.slot ?? ++this.#last, step: this.#step }));
      return given;
    });
    return known.standing.map(({ slot }) => slot);
  }
}

/** Tells of a row whether the focus or an end of the selection is in it. Looks only when it is asked. */
export function watchHeld(): (key: string) => boolean {
  let held: Set<string | undefined> | undefined;
  const find = (node: Node | null): string | undefined => {
    const element = node instanceof Element ? node : node?.parentElement;
    return element?.closest<HTMLElement>("li[data-key]")?.dataset["key"];
  };
  return (key) => {
    const selection = held ? null : getSelection();
    held ??= new Set([find(document.activeElement), find(selection?.anchorNode ?? null), find(selection?.focusNode ?? null)]);
    return held.has(key);
  };
}
