// What shows that something was withheld (docs/protocol-encryption.md, 8.5): a `seen` that does not fit, counters that are not dense,
// entries that were emptied without a reason.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import { equal } from "../../protocol/codec.ts";
import type { Epochs } from "./epochs.ts";
import type { Log, LogPlace, Row, Stretch } from "./log.ts";
import { EDIT, REACTION } from "./roles.ts";

/** A gap shows when what follows it stands so far below the end: until then it may still come. */
const PATIENCE = 100;

/** An accepted record and its target, both as seqs. */
export interface Aimed {
  seq: number;
  target: number;
  isDeletion: boolean;
}

/** Whether an entry is over by the timer of its epoch. */
export function isDue({ epochs, now }: { epochs: Epochs; now: number }, row: Row): boolean {
  const timer = epochs.find(row.epoch)?.epoch.settings.timer ?? 0;
  return timer > 0 && row.time + timer * 1000 <= now;
}

/** The entries that a deletion names, or the target of which one names; their bytes may be at hand still. */
export function listDeleted(log: Log, aimed: readonly Aimed[]): Row[] {
  const deleted = new Set(aimed.filter((one) => one.isDeletion).map((one) => one.target));
  if (deleted.size === 0) return [];
  const targets = new Map(aimed.map((one) => [one.seq, one.target]));
  const follows = (row: Row): boolean => (row.kind === EDIT || row.kind === REACTION) && deleted.has(targets.get(row.seq) ?? row.targetSeq);
  return log.rows.filter((row) => deleted.has(row.seq) || follows(row));
}

/** The emptied entries that a deletion names, or the target of which one names, or that are `due`. */
export function listEmptied(log: Log, aimed: readonly Aimed[], due: readonly number[]): Set<number> {
  const right = listDeleted(log, aimed).filter((row) => row.record.length === 0);
  return new Set([...right.map((row) => row.seq), ...due]);
}

/** Where a counter stands whose predecessor is missing, by seq. The counters of `present` are there; that one is missing shows only by those
 *  of them that are `proven`: any number can be told beside bytes that do not open. */
export function findGaps(stretches: readonly Stretch[], present: ReadonlySet<Row>, proven: ReadonlySet<Row>): number[] {
  const gaps: number[] = [];
  for (const { first, last } of stretches) {
    const devices = new Map<string, Row[]>();
    for (const row of present) {
      if (row.seq < first || row.seq > last || row.counter === 0) continue;
      const device = toHex(row.device);
      const rows = devices.get(device) ?? [];
      rows.push(row);
      devices.set(device, rows);
    }
    for (const rows of devices.values()) gaps.push(...findGapsOf(rows, proven, first === 1, last));
  }
  return gaps;
}

function findGapsOf(rows: Row[], proven: ReadonlySet<Row>, beginsWithOne: boolean, end: number): number[] {
  // Of those with one counter a proven one counts before others, and the lowest of these.
  const rank = (row: Row): number => (proven.has(row) ? 0 : 1);
  const ordered = rows.sort((a, b) => a.counter - b.counter || rank(a) - rank(b) || a.seq - b.seq);
  let before = beginsWithOne ? 0 : (ordered.find((row) => proven.has(row))?.counter ?? Infinity) - 1;
  const gaps: number[] = [];
  for (const row of ordered) {
    if (row.counter > before + 1 && proven.has(row) && end - row.seq >= PATIENCE) gaps.push(row.seq);
    before = Math.max(before, row.counter);
  }
  return gaps;
}

/** Judges what entries say that their authors had seen. */
export class SeenJudge {
  readonly #fitted = new Set<string>();
  /** Records above a `restored` entry of devices that none before them shows to have written since: what is missing there may be lost by the restore. */
  readonly #unsure = new Set<Row>();

  constructor(private readonly log: Log, private readonly signed: { lastRestored: (below: number) => number | null }) {}

  fits(row: Row, seen: LogPlace): boolean {
    const restored = this.signed.lastRestored(row.seq);
    const name = `${restored} ${toHex(row.device)}`;
    if (restored !== null && !this.#fitted.has(name)) this.#unsure.add(row);
    if (restored === null || seen.seq < restored) return this.#isRight(row, seen, true);
    // Until the first that fits it may be of the log that was lost.
    if (this.#fitted.has(name)) return this.#isRight(row, seen, true);
    if (this.#isRight(row, seen, false)) this.#fitted.add(name);
    return true;
  }

  mayBeRestored = (row: Row): boolean => this.#unsure.has(row);

  #isRight(row: Row, seen: LogPlace, otherwise: boolean): boolean {
    const known: Bytes | undefined = this.log.hashAt(seen.seq);
    return seen.seq < row.seq && (known === undefined ? otherwise : equal(known, seen.hash));
  }
}
