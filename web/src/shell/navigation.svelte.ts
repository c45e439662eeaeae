// Where the person is: the route of the address bar, kept in step with the browser's history. Plain links navigate.
import { takeArrival } from "../friends/arrival.ts";
import { readRoute, type Route, toPath } from "../routes.ts";

type Guard = (path: string) => boolean;
/** True keeps the person where they are; `leave` makes the move after all. */
type Hold = (leave: () => void) => boolean;

const readDepth = (state: unknown): number => (state as { depth?: number } | null)?.depth ?? 0;

class Navigation {
  route = $state.raw<Route>(readRoute(location));
  /** True once the person has moved inside the app, so that "back" stays inside it. */
  #depth = 0;
  #guards = new Set<Guard>();
  #holds = new Set<Hold>();
  /** A move of the browser's own is being taken back. */
  #isReturning = false;

  go(path: string, options: { replace?: boolean } = {}): void {
    if (path === location.pathname + location.search + location.hash) return;
    if (this.#isHeld(() => this.go(path, options))) return;
    for (const isTaken of this.#guards) if (isTaken(path)) return;
    if (options.replace) history.replaceState(history.state, "", path);
    else {
      this.#depth += 1;
      history.pushState({ depth: this.#depth }, "", path);
    }
    this.#read();
  }

  to(route: Route, options: { replace?: boolean } = {}): void {
    this.go(toPath(route), options);
  }

  /** Back in history when that stays inside the app, else to `fallback`. */
  back(fallback: string): void {
    if (this.#depth > 0) history.back();
    else this.go(fallback, { replace: true });
  }

  /** `guard` is asked before each move; when it answers true it has taken the move over (a new version loads). */
  guard(guard: Guard): () => void {
    this.#guards.add(guard);
    return () => this.#guards.delete(guard);
  }

  /** `hold` is asked before each move, the browser's Back and Forward among them. */
  hold(hold: Hold): () => void {
    this.#holds.add(hold);
    return () => this.#holds.delete(hold);
  }

  #isHeld(leave: () => void): boolean {
    return [...this.#holds].some((hold) => hold(leave));
  }

  /** The browser has moved already: where that is held, it moves back. */
  #pop(depth: number): void {
    const by = depth - this.#depth;
    if (this.#isReturning) this.#isReturning = false;
    else if (by !== 0 && this.#isHeld(() => history.go(by))) {
      this.#isReturning = true;
      history.go(-by);
    } else {
      this.#depth = depth;
      this.#read();
    }
  }

  #read(): void {
    this.route = readRoute(location);
  }

  start(): void {
    this.#depth = readDepth(history.state);
    addEventListener("popstate", (event) => this.#pop(readDepth(event.state)));
    addEventListener("hashchange", () => {
      takeArrival();
      this.#read();
    });
    document.addEventListener("click", (event) => this.#followLink(event));
  }

  #followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
    if (url.hash && url.pathname === location.pathname) return;
    event.preventDefault();
    this.go(url.pathname + url.search + url.hash, { replace: link.hasAttribute("data-replace") });
  }
}

export const navigation = new Navigation();
