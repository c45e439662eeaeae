// A long press with a finger or pen on an element. A mouse has hovering for that.
import type { Attachment } from "svelte/attachments";

const LONG = 500;
const STRAYS = 10;
const ENDS = ["pointerup", "pointercancel", "pointerleave"];

export function holdLong(act: () => void): Attachment<HTMLElement> {
  return (element) => {
    let release = (): void => undefined;
    // Whatever ends a press is listened for while there is one: a list has many elements and one finger.
    const begin = ({ pointerType, clientX, clientY }: PointerEvent): void => {
      release();
      if (pointerType === "mouse") return;
      const press = new AbortController();
      const timer = setTimeout(act, LONG);
      release = (): void => {
        press.abort();
        clearTimeout(timer);
      };
      const move = (event: PointerEvent): void => {
        if (Math.hypot(event.clientX - clientX, event.clientY - clientY) > STRAYS) release();
      };
      element.addEventListener("pointermove", move, { signal: press.signal });
      for (const name of ENDS) element.addEventListener(name, release, { signal: press.signal });
    };
    element.addEventListener("pointerdown", begin);
    return () => release();
  };
}
