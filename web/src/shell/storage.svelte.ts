// How this device's storage is. The client reports, the bar says it; what is lost is read in again by starting anew.
import { session } from "../accounts/session.svelte.ts";
import { t } from "../i18n/index.svelte.ts";
import { isFull } from "../replica/watch.ts";
import { toasts } from "./toasts.svelte.ts";

/** Whose databases this browser holds: the device's id. Where it is set and they are empty, somebody wiped them. */
const HELD = "hearth.held";
const RESTART_AFTER_MS = 500;

class DeviceStorage {
  /** "full": nothing more can be kept; "broken": nothing can be opened or read. */
  trouble = $state<"full" | "broken" | null>(null);
  /** Grows when everything must be opened anew. */
  generation = $state(0);
  #restarting: ReturnType<typeof setTimeout> | undefined;

  /** Something could not be kept or read. */
  fail(error: unknown): void {
    console.error(error);
    this.trouble = isFull(error) ? "full" : "broken";
  }

  /** Something was kept: whatever the trouble was, it is over. Views that gave up meanwhile begin anew. */
  work(): void {
    const wasBroken = this.trouble === "broken";
    this.trouble = null;
    if (wasBroken) this.restart();
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
