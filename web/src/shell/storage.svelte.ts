// How this device's storage is. The client reports, the bar says it; what is lost is read in again by starting anew.
import { session } from "../accounts/session.svelte.ts";
import { t } from "../i18n/index.svelte.ts";
import type { StorageTrouble } from "../replica/watch.ts";
import { toasts } from "./toasts.svelte.ts";

/** Whose databases this browser holds: the device's id. Where it is set and they are empty, somebody wiped them. */
const HELD = "hearth.held";
const RESTART_AFTER_MS = 500;

class DeviceStorage {
  trouble = $state<StorageTrouble | null>(null);
  /** Grows when everything must be opened anew. */
  generation = $state(0);
  #restarting: ReturnType<typeof setTimeout> | undefined;

  /** Whether somebody was signed in on this browser before. */
  get isKnown(): boolean {
    return localStorage.getItem(HELD) !== null;
  }

  /** How the storage is now. Views that gave up while it could not be read begin anew. */
  tell(trouble: StorageTrouble | null): void {
    const wasBroken = this.trouble === "broken" || this.trouble === "blocked";
    this.trouble = trouble;
    if (wasBroken && trouble === null) this.restart();
  }

  /** The databases are gone under an open page. Unless the session is over, they are opened and filled again. */
  restart(): void {
    const device = session.device?.id;
    clearTimeout(this.#restarting);
    this.#restarting = setTimeout(() => {
      if (device !== undefined && session.device?.id === device) this.generation++;
    }, RESTART_AFTER_MS);
  }

  /** The databases of this device were made just now: for the first time, or because they had been removed. */
  made(device: string): void {
    if (localStorage.getItem(HELD) === device) {
      toasts.show(t("shell.storageWiped"), { kind: "danger", stays: true });
    }
    localStorage.setItem(HELD, device);
  }
}

export const storage = new DeviceStorage();
