// What befalls a browser's storage from outside: it is wiped, or another tab wants a newer form of it. A database that is
// gone is not opened again from here: queries would go on as if everything had always been empty.
import type Dexie from "dexie";

export interface StorageFates {
  /** The database was closed from outside: wiped, or removed by another tab. */
  lost(): void;
  /** Another tab runs a newer version, whose form of the database this one does not know. */
  outdated(): void;
}

export function watchStorage(database: Dexie, { lost, outdated }: StorageFates): void {
  const end = (): void => database.close({ disableAutoOpen: true });
  database.on("versionchange", (event) => {
    end();
    if (event.newVersion === null || event.newVersion === 0) lost();
    else outdated();
    return false;
  });
  const listen = (): void =>
    database.backendDB().addEventListener("close", () => {
      end();
      lost();
    });
  database.on("ready", listen, true);
}

/** Whether there was no room: the browser says so by name, somewhere within what Dexie throws. */
export function isFull(error: unknown): boolean {
  let inner = error as { name?: string; inner?: unknown } | null | undefined;
  for (let depth = 0; inner && depth < 5; depth++) {
    if (inner.name === "QuotaExceededError") return true;
    inner = inner.inner as typeof inner;
  }
  return false;
}
