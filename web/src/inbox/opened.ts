// An entry comes before it is opened: whoever tells people of it waits a little for what it says.
import type { EntryRow } from "../replica/database.ts";

/** Milliseconds. */
const PATIENCE = 1500;
const EVERY = 100;

/** Reads a row until it is written down and opened, or judged to stay closed; after some time it is taken as it is. */
export async function readOpened(read: () => Promise<EntryRow | undefined>): Promise<EntryRow | undefined> {
  for (let waited = 0; ; waited += EVERY) {
    const row = await read();
    if (row?.plain || row?.opened || waited >= PATIENCE) return row;
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}
