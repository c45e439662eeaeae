// What fingers, a mouse and keys do to messages. Listened for at the list as a whole: a bubble has no listeners of its own.
import type { Item } from "../conversations/items.ts";
import { copyTyped } from "../formatting/copying.ts";
import type { Acting } from "./acting.svelte.ts";
import { holdLong } from "./hold-long.ts";
import { mayAny } from "./may.ts";

/** Pixels that a finger goes sideways before it swipes, and until that counts. */
const [BEGUN, ENOUGH, FARTHEST] = [14, 56, 80];
/** Swipes that begin so near to an edge of the screen are the system's. */
const EDGE = 24;

const rowOf = (target: EventTarget | null): HTMLElement | null => (target instanceof Element ? target.closest<HTMLElement>("li[data-key]") : null);
const within = (target: EventTarget | null, selector: string): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>(selector) : null;

export function listenForActs(acting: Acting) {
  const itemOf = (target: EventTarget | null): Item | undefined => acting.find(rowOf(target)?.dataset["key"]);

  function ask(target: EventTarget | null, x: number, y: number): void {
    const item = itemOf(target);
    if (!item || !mayAny(acting.judge(item))) return;
    if (within(target, "[data-emoji]")) acting.dialog = { type: "who", item };
    else acting.asked = { item, x, y };
  }

  function click(event: MouseEvent): void {
    const item = itemOf(event.target);
    if (!item) return;
    if (acting.chosen) {
      event.preventDefault();
      return acting.choose(item);
    }
    const emoji = within(event.target, "[data-emoji]")?.dataset["emoji"];
    const quoted = within(event.target, "[data-quote]")?.dataset["quote"];
    const option = within(event.target, "[data-option]")?.dataset["option"];
    if (emoji !== undefined) acting.react(item, emoji);
    else if (option !== undefined) acting.vote(item, Number(option));
    else if (within(event.target, "[data-voters]")) acting.dialog = { type: "voters", item };
    else if (quoted !== undefined) acting.show(Number(quoted));
  }

  function askByMenu(event: MouseEvent): void {
    // Links and marked words have menus of the browser's own, which do more with them.
    const isMarked = getSelection()?.isCollapsed === false;
    if (within(event.target, "a") || isMarked || !itemOf(event.target) || acting.chosen) return;
    event.preventDefault();
    // By a key it comes without a place.
    const place = event.button === 0 ? rowOf(event.target)!.querySelector(".bubble")!.getBoundingClientRect() : undefined;
    ask(event.target, place ? place.left + 16 : event.clientX, place ? Math.min(place.bottom, innerHeight - 80) : event.clientY);
  }

  function press(event: PointerEvent & { currentTarget: HTMLElement }): void {
    const { target, clientX, clientY } = event;
    const row = rowOf(target);
    if (!row || event.pointerType === "mouse" || acting.chosen) return;
    const { key } = row.dataset;
    holdLong(event, () => {
      if (key !== row.dataset["key"]) return;
      addEventListener("click", stop, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", stop, { capture: true }), 700);
      ask(target, clientX, clientY);
    });
    const item = acting.find(key);
    if (item && acting.judge(item).reply && clientX > EDGE && clientX < innerWidth - EDGE) swipe(event, row, () => acting.reply(item));
  }

  function key(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
    if (event.altKey || event.ctrlKey || event.metaKey || within(event.target, "button, a, input, [role=button], pre")) return;
    const row = rowOf(event.target);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const next = findBeside(event.currentTarget, row, event.key === "ArrowUp");
      if (!next || event.shiftKey) return;
      event.preventDefault();
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
    } else if (row && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      const { left, bottom } = row.querySelector(".bubble")!.getBoundingClientRect();
      if (acting.chosen) acting.choose(itemOf(row)!);
      else ask(row, left + 16, Math.min(bottom, innerHeight - 80));
    }
  }

  return (box: HTMLElement): (() => void) => {
    const listening = new AbortController();
    const { signal } = listening;
    box.addEventListener("click", click, { signal });
    box.addEventListener("contextmenu", askByMenu, { signal });
    box.addEventListener("pointerdown", press as EventListener, { signal });
    box.addEventListener("keydown", key as EventListener, { signal });
    box.addEventListener("copy", copyTyped as EventListener, { signal });
    return () => listening.abort();
  };
}

/** What ends a long press is no click. */
function stop(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

/** The row before or after one; without one the row that is lowest on screen. */
function findBeside(box: HTMLElement, row: HTMLElement | null, isBefore: boolean): HTMLElement | undefined {
  const rows = [...box.querySelectorAll<HTMLElement>("li[data-key]")];
  if (row) return rows[rows.indexOf(row) + (isBefore ? -1 : 1)];
  const { bottom } = box.getBoundingClientRect();
  return isBefore ? rows.findLast((one) => one.getBoundingClientRect().bottom <= bottom + 1) : undefined;
}

/** Follows a finger that goes towards the end of the line; acts when it went far enough. */
function swipe(event: PointerEvent, row: HTMLElement, act: () => void): void {
  const { clientX, clientY, pointerId } = event;
  const way = getComputedStyle(row).direction === "rtl" ? -1 : 1;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const following = new AbortController();
  const { signal } = following;
  let far = 0;
  let isSwiping = false;
  const move = (at: PointerEvent): void => {
    if (at.pointerId !== pointerId) return;
    const along = (at.clientX - clientX) * way;
    if (!isSwiping && Math.abs(at.clientY - clientY) > BEGUN) return end();
    if (!isSwiping && along < BEGUN) return;
    isSwiping = true;
    far = Math.max(0, Math.min(FARTHEST, along - BEGUN));
    if (!isStill) row.style.translate = `${far * way}px`;
    row.toggleAttribute("data-swiped", far >= ENOUGH);
  };
  const end = (): void => {
    following.abort();
    if (isSwiping && !isStill) row.animate([{ translate: `${far * way}px` }, { translate: "0" }], { duration: 160, easing: "ease-out" });
    row.style.translate = "";
    row.removeAttribute("data-swiped");
  };
  addEventListener("pointermove", move, { signal });
  addEventListener("pointercancel", (at) => at.pointerId === pointerId && end(), { signal });
  const lift = (at: PointerEvent): void => {
    if (at.pointerId !== pointerId) return;
    const isEnough = far >= ENOUGH;
    end();
    if (isEnough) act();
  };
  addEventListener("pointerup", lift, { signal });
}
