// What entries of the log rest on, fetched when they name it: epochs below the oldest known one, and the places where epochs stand
// (docs/protocol-encryption.md, 7.5 and 8.3). What the server does not show leaves them unproven.
import { ProtocolError } from "../../protocol/codec.ts";
import type { Device, Live } from "../device.ts";
import { confirm, listFrom } from "./fetch-epochs.ts";
import type { Row } from "../judging/log.ts";
import { EPOCH_ENTRY } from "../judging/roles.ts";
import { readSeeds, takeLoose, takeWraps } from "./seeds.ts";

/** Walks back from the oldest known epoch to n, as far as each names the one before. Throws Refusal, NoAnswer. */
export async function walkBack(device: Device, live: Live, n: number): Promise<void> {
  const { epochs, where } = live.known;
  const oldest = epochs.oldest!.epoch.n;
  try {
    const listed = await listFrom(device, where.conversation, n, oldest);
    for (const one of listed.filter((listedOne) => listedOne.n < oldest).reverse()) {
      await epochs.takeBefore(one.record, one.roster, { seq: one.seq, time: one.time });
    }
  } catch (error) {
    // Those that were reached stay; what lies below has nobody to vouch for it.
    if (!(error instanceof ProtocolError)) throw error;
  }
  takeLoose(live);
  await live.known.learn();
}

/** Entries of epochs that are not at hand, of those that rows of epochs from `lowest` on are judged by. Throws ProtocolError `fork`. */
async function fetchPlaces({ around }: Device, live: Live, lowest: number, rows: readonly Row[]): Promise<void> {
  const { epochs, log, judged, where } = live.known;
  const top = Math.max(...rows.map((row) => row.seq));
  const coming = new Set(rows.map((row) => row.seq));
  let isFound = false;
  for (const { epoch, told } of epochs.all) {
    const isNeeded = epoch.n >= lowest && told !== null && told.seq <= top && !coming.has(told.seq);
    if (!isNeeded || judged.signed.entryOf(epoch.n) !== undefined) continue;
    const found = await around.api.readEntry(where.conversation, told.seq);
    if (found?.row.kind !== EPOCH_ENTRY) continue;
    log.take(found.before, [found.row]);
    isFound = true;
  }
  if (isFound) await live.known.learn();
}

/** Somebody writes from a device that is not known: their chain has grown since. Throws ProtocolError, Refusal, NoAnswer. */
async function fetchAuthors({ people }: Device, rows: readonly Row[]): Promise<void> {
  const unknown = rows.filter((row) => row.epoch > 0 && people.chain(row.user).deviceKey(row.device) === undefined);
  if (unknown.length > 0) await people.catchUp([...new Set(unknown.map((row) => row.user))]);
}

/**
 * To be called before rows are taken. An epoch above all that is known is asked for, once in a connection; then the seeds that came with
 * it. Throws ProtocolError `fork`, Refusal, NoAnswer.
 */
export async function fetchBelow(device: Device, live: Live, rows: readonly Row[]): Promise<void> {
  const named = rows.map((row) => row.epoch).filter((n) => n > 0);
  if (named.length === 0 || live.stopped !== null) return;
  const highest = Math.max(...named);
  if (highest > (live.known.epochs.newest?.epoch.n ?? 0) && highest > live.askedFor) {
    live.askedFor = highest;
    await confirm(device, [live.known.where.conversation]);
    await readSeeds(device);
    await takeWraps(device);
  }
  await fetchAuthors(device, rows);
  const lowest = Math.min(...named);
  if (live.known.epochs.oldest === null) return;
  if (lowest < live.known.epochs.oldest.epoch.n) await walkBack(device, live, lowest);
  await fetchPlaces(device, live, lowest, rows);
}
