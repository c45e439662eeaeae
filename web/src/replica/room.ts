// Whether there is room again on a full device: found out by keeping something of the size of a large message for a moment.
import type { Replica } from "./database.ts";

const KEY = "room";
const TRIAL_BYTES = 128 * 1024;

/** Resolves when it was kept and removed again. Throws what the storage threw. */
export async function tryToKeep(replica: Replica): Promise<void> {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const value = Array.from({ length: TRIAL_BYTES / bytes.length }, () => bytes.slice());
  await replica.metas.put({ key: KEY, value });
  await replica.metas.delete(KEY);
}
