// The part of the window that an on-screen keyboard covers where the page is not made smaller for it (iOS), as
// --keyboard in pixels.
import type { Attachment } from "svelte/attachments";

export function leaveKeyboardSpace(): Attachment<HTMLElement> {
  return (element) => {
    const view = window.visualViewport;
    if (!view) return;
    const measure = (): void => {
      // Zoomed in by hand is no keyboard.
      const covered = view.scale > 1.01 ? 0 : Math.max(0, window.innerHeight - view.height);
      element.style.setProperty("--keyboard", `${covered}px`);
      if (covered > 0 && window.scrollY > 0) window.scrollTo(0, 0);
    };
    measure();
    view.addEventListener("resize", measure);
    return () => view.removeEventListener("resize", measure);
  };
}
