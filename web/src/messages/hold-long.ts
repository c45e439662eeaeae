// A long press with a finger or pen on an element. A mouse has hovering for that.
import type { Attachment } from "svelte/attachments";

const LONG = 500;
const STRAYS = 10;

export function holdLong(act: () => void): Attachment<HTMLElement> {
  return (element) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let start = { x: 0, y: 0 };
    const end = (): void => clearTimeout(timer);
    const begin = (event: PointerEvent): void => {
      end();
      if (event.pointerType === "mouse") return;
      start = { x: event.clientX, y: event.clientY };
      timer = setTimeout(act, LONG);
    };
    const move = (event: PointerEvent): void => {
      if (Math.hypot(event.clientX - start.x, event.clientY - start.y) > STRAYS) end();
    };
    element.addEventListener("pointerdown", begin);
    element.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) element.addEventListener(name, end);
    return end;
  };
}
