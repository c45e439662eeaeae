// Says whether this device is in use: away when the page is hidden or untouched for five minutes, back at the next touch.
import type { Socket } from "../wire/socket.ts";

const IDLE = 5 * 60_000;
const TOUCHES = ["pointerdown", "keydown", "wheel", "touchstart", "focus"];

export interface Surface {
  document: Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;
  window: Pick<Window, "addEventListener" | "removeEventListener">;
}

export class AwayWatch {
  readonly #call: Socket["call"];
  readonly #surface: Surface;
  #isAway = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(call: Socket["call"], surface: Surface) {
    this.#call = call;
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

  /** A new connection counts as in use until told otherwise. */
  tellAgain(): void {
    if (this.#isAway) this.#tell();
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
    this.#tell();
  }

  #tell(): void {
    this.#call("presence.set", { away: this.#isAway }).catch(() => undefined);
  }
}
