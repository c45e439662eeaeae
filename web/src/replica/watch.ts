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
  const listen = (): void => {
    // Dexie opens a newer form as if it were this one, ten of the browser's versions to one of its own.
    if (Math.floor(database.backendDB().version / 10) > database.verno) throw new DOMException("a newer form of the database", "VersionError");
    database.backendDB().addEventListener("close", () => {
      end();
      lost();
    });
  };
  database.on("ready", listen, true);
}

/** Whether a database did not open because a newer version of the page has brought it to a form that this one does not know. */
export const isOfNewer = (error: unknown): boolean => listNames(error).includes("VersionError");

/** What keeps this device from working as it should. "full": no room to keep anything; "blocked": a tab with an older
 *  form of the database does not let go of it; "broken": the browser does not open, read or write; "stranger": another
 *  server answers here, for which nothing that is kept is meant; "defect": an error of our own. */
export type StorageTrouble = "full" | "blocked" | "broken" | "stranger" | "defect";

/** Names of what goes wrong in the browser's storage itself (Indexed Database API 3.0 section 3, and Dexie's own). */
const STORAGE_ERRORS = new Set([
  ...["UnknownError", "InvalidStateError", "VersionError", "AbortError", "SecurityError", "NotReadableError"],
  ...["TimeoutError", "OpenFailedError", "DatabaseClosedError", "MissingAPIError", "UpgradeError"],
]);

/** What an error is to the person, by its name or that of one within it; null when the server said no. */
export function judgeTrouble(error: unknown): StorageTrouble | null {
  const names = listNames(error);
  if (names.includes("QuotaExceededError")) return "full";
  if (names.includes("ProblemError")) return null;
  if (names.includes("OtherServerError")) return "stranger";
  return names.some((name) => STORAGE_ERRORS.has(name)) ? "broken" : "defect";
}

/** The names of an error and of those that it wraps, outermost first. */
function listNames(error: unknown): string[] {
  const names: string[] = [];
  let inner = error as { name?: unknown; inner?: unknown } | null | undefined;
  for (let depth = 0; inner && depth < 5; depth++) {
    names.push(String(inner.name));
    inner = inner.inner as typeof inner;
  }
  return names;
}
