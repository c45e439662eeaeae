// Entries on their way back to a restored server (docs/protocol-encryption.md, 10.10).
import { toBase64 } from "../lib/bytes.ts";
import type { LostRow } from "../replica/database.ts";
import { sleep } from "../replica/waiting.ts";
import type { OfferedEntry } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import type { Socket } from "../wire/socket.ts";

const MOST_ENTRIES = 100;
const MOST_EPOCHS = 2;
/** Of records in one request: half a megabyte is the most, and they travel as base64. */
const MOST_BYTES = 250_000;
const LATER = new Set(["busy", "storage_unavailable"]);
const PAUSE = 2000;
/** Then other conversations have their turn. */
const MOST_PAUSES = 3;

export type Call = Socket["call"];

/** In order, as many in one as a request takes. */
export function splitRows(rows: LostRow[]): LostRow[][] {
  const batches: LostRow[][] = [];
  let [size, epochs] = [0, new Set<number>()];
  for (const row of rows) {
    const batch = batches.at(-1);
    const isFull = batch === undefined || batch.length === MOST_ENTRIES || size + row.record.length > MOST_BYTES;
    if (isFull || (epochs.size === MOST_EPOCHS && !epochs.has(row.epoch))) {
      batches.push([row]);
      [size, epochs] = [row.record.length, new Set([row.epoch])];
    } else {
      batch.push(row);
      size += row.record.length;
      epochs.add(row.epoch);
    }
  }
  return batches;
}

function toOffered({ conversation: _, seq: __, isOver: ___, record, kind, ...row }: LostRow): OfferedEntry {
  return { ...row, kind: kind as OfferedEntry["kind"], record: toBase64(record) };
}

/** Offers until each is there or refused for good, as `answered` is told. Throws ProblemError, a passing one where the server has no time; AbortError. */
export async function offerRows(call: Call, rows: LostRow[], answered: (row: LostRow, code: string | null) => Promise<void>, signal: AbortSignal): Promise<void> {
  let pauses = 0;
  for (const batch of splitRows(rows)) {
    for (let left = batch; left.length > 0;) {
      const { places } = await call("message.offer", { conversation_id: left[0]!.conversation, entries: left.map(toOffered) });
      const waiting = places.findIndex(({ code }) => code !== null && LATER.has(code));
      const done = waiting < 0 ? left.length : waiting;
      for (const [at, row] of left.slice(0, done).entries()) await answered(row, places[at]!.code);
      // With those after it, which keep their order.
      left = left.slice(done);
      if (left.length > 0) {
        if (pauses++ === MOST_PAUSES) throw new ProblemError({ code: places[waiting]!.code!, status: 0, title: "The server has no time for what comes back" });
        await sleep(PAUSE, signal);
      }
      signal.throwIfAborted();
    }
  }
}
