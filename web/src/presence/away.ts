// Says whether this tab is in use: away when the page is hidden or untouched for five minutes, back at the next touch.

const IDLE = 5 * 60_000;
const TOUCHES = ["pointerdown", "keydown", "wheel", "touchstart", "focus"];

export interface Surface {
  document: Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;
  window: Pick<Window, "addEventListener" | "removeEventListener">;
}

export class AwayWatch {
  readonly #tell: (isAway: boolean) => void;
  readonly #surface: Surface;
  #isAway = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (isAway: boolean) => void, surface: Surface) {
    this.#tell = tell;
    this.#surface = surface;
  }

  /** Begins to watch; returns how to end it. */
  start(): () => void {
    const { document, window } = this.#surface;
    const judge = (): void => this.#judge();
    document.addEventListener("visibilitychange", judge);
    for (const touch of TOUCHES) window.addEventListener(touch, judge, { passive: true });
    judge();
    return () => {
      clearTimeout(this.#timer);
      document.removeEventListener("visibilitychange", judge);
      for (const touch of TOUCHES) window.removeEventListener(touch, judge);
    };
  }

  #judge(): void {
    clearTimeout(this.#timer);
    if (this.#surface.document.visibilityState === "hidden") return this.#set(true);
    this.#timer = setTimeout(() => this.#set(true), IDLE);
    this.#set(false);
  }

  #set(away: boolean): void {
    if (this.#isAway === away) return;
    this.#isAway = away;
    this.#tell(away);
  }
}
