// A new version of the client: fetched in the background, in use from the next navigation on (or at once, if asked for).
// Nobody's page is exchanged under their hands; what they write is in the outbox anyway.
import { navigation } from "./navigation.svelte.ts";
import { calm } from "./pace.ts";
import { trustScript } from "./trusted-script.ts";

const RELOADED = "hearth.reloaded-stale";
const CHECK_EVERY_MS = 3_600_000;
const RELOAD_ONCE_WITHIN_MS = 300_000;

function isPossible(): boolean {
  return "serviceWorker" in navigator && isSecureContext && !import.meta.env.DEV;
}

class Update {
  /** A newer version waits, or another tab has switched to it already. */
  isReady = $state(false);
  /** The server takes no client this old, and reloading did not bring a newer one. */
  hasFailed = $state(false);
  #registering: Promise<ServiceWorkerRegistration | undefined> | undefined;

  /** The worker fetches the whole client, so it waits until the page that is being looked at is there. */
  async start(): Promise<void> {
    if (!isPossible()) return;
    const hadController = navigator.serviceWorker.controller !== null;
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (hadController) this.isReady = true;
    });
    navigation.guard((path) => {
      if (this.isReady) void this.apply(path);
      return this.isReady;
    });
    await calm();
    await this.#register();
  }

  #register(): Promise<ServiceWorkerRegistration | undefined> {
    return (this.#registering ??= this.#registerOnce());
  }

  async #registerOnce(): Promise<ServiceWorkerRegistration | undefined> {
    if (!isPossible()) return undefined;
    // Browsers may refuse (private windows, policies); then there is no offline opening and no more.
    const registration = await navigator.serviceWorker
      .register(trustScript("/sw.js"), { updateViaCache: "none" })
      .catch(() => undefined);
    if (!registration) return undefined;
    this.#watch(registration);
    setInterval(() => void registration.update().catch(() => undefined), CHECK_EVERY_MS);
    return registration;
  }

  #watch(registration: ServiceWorkerRegistration): void {
    const judge = (): void => {
      if (registration.waiting && navigator.serviceWorker.controller) this.isReady = true;
    };
    judge();
    registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", judge));
  }

  /** Switches to the newer version and opens `path` in it. */
  async apply(path = location.href): Promise<void> {
    const waiting = (await this.#register())?.waiting;
    if (waiting) {
      const changed = new Promise((resolve) =>
        navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }),
      );
      waiting.postMessage("activate");
      await Promise.race([changed, new Promise((resolve) => setTimeout(resolve, 3000))]);
    }
    const target = new URL(path, location.href);
    if (target.href === location.href) location.reload();
    else location.assign(target);
  }

  /** The server refused this client as too old: load the newer one, once; when that did not help, say so. */
  async reloadStale(): Promise<void> {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last < RELOAD_ONCE_WITHIN_MS) {
      this.hasFailed = true;
      return;
    }
    sessionStorage.setItem(RELOADED, String(Date.now()));
    const registration = await this.#register();
    await registration?.update().catch(() => undefined);
    const installing = registration?.installing;
    if (installing) {
      await new Promise((resolve) => {
        installing.addEventListener("statechange", () => installing.state === "installed" && resolve(undefined));
        setTimeout(resolve, 10_000);
      });
    }
    await this.apply();
  }
}

export const update = new Update();
