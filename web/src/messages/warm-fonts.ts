// For the first text in a script the browser looks for a font that has it, in the middle of the frame that draws it: a
// third of what a frame may take on a phone. So one character of each kind that is in memory is laid out beforehand, where
// nobody sees it, one at a time while the browser has nothing else to do.
import type { Item } from "../conversations/items.ts";

/** Fonts are chosen character by character, but neighbours have the same one: a guess that costs nothing when it is wrong. */
const BLOCK = 256;
/** What the interface itself is written with at any time: Latin, its accents and punctuation. */
const PLAIN = /^[\0-\u024f\u2000-\u206f]*$/;
/** Kinds of characters; who writes in more of them than there are scripts in use is not worth the memory. */
const MOST = 64;

/** Notes which kinds of characters texts have, and finds one of each that has not been met. */
export class Kinds {
  readonly #met = new Set<number>();

  find(text: string): string[] {
    if (PLAIN.test(text)) return [];
    const found: string[] = [];
    for (const character of text) {
      const block = Math.floor(character.codePointAt(0)! / BLOCK);
      if (PLAIN.test(character) || this.#met.has(block) || this.#met.size >= MOST) continue;
      this.#met.add(block);
      found.push(character);
    }
    return found;
  }
}

const kinds = new Kinds();
const looked = new WeakSet<Item["content"]>();
let waiting: string[] = [];
let probe: HTMLElement | undefined;

/** Prepares for drawing these, in idle time to come. */
export function warmFonts(items: Item[]): void {
  // Safari has no idle callbacks, and its fonts are not looked for in another process.
  if (!("requestIdleCallback" in globalThis)) return;
  const isIdle = waiting.length === 0;
  for (const { content } of items) {
    if (content.type !== "text" || looked.has(content)) continue;
    looked.add(content);
    waiting.push(...kinds.find(content.text));
  }
  if (isIdle && waiting.length > 0) requestIdleCallback(layOutOne);
}

function layOutOne(): void {
  const [character, ...rest] = waiting;
  waiting = rest;
  if (character === undefined) return;
  probe ??= makeProbe();
  probe.textContent = character;
  probe.getBoundingClientRect();
  if (rest.length > 0) requestIdleCallback(layOutOne);
}

function makeProbe(): HTMLElement {
  const made = document.createElement("span");
  made.setAttribute("aria-hidden", "true");
  Object.assign(made.style, { position: "fixed", top: "0", left: "0", visibility: "hidden", contain: "layout", pointerEvents: "none" });
  document.body.append(made);
  return made;
}
