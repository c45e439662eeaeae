// A conversation's epochs from the server up to the one that it names as current (docs/protocol-encryption.md, 7.5 and 7.6), from where
// this device knows it, or from where it begins: a head row of the keyring, epoch 1, or the epoch that brought oneself in.
import type { Bytes } from "../../../lib/bytes.ts";
import { check, equal, ProtocolError } from "../../protocol/codec.ts";
import { readEpoch } from "../../protocol/epoch.ts";
import { type Device, type Live, mayWorsen, stop } from "../device.ts";
import type { StoredEpoch } from "../judging/epochs.ts";
import type { EpochHead } from "../server.ts";
import { takeLoose } from "./seeds.ts";

export type Whole = StoredEpoch & { roster: Bytes };

/** All pages from n = `first` on, each with its roster; only up to the page that has `until`. */
export async function listFrom({ around }: Device, conversation: Bytes, first: number, until = Infinity): Promise<Whole[]> {
  const listed: Whole[] = [];
  for (let next = first;;) {
    const page = await around.api.listEpochs(conversation, next);
    for (const one of page.epochs) {
      const roster: Bytes | undefined = one.roster ?? listed.at(-1)?.roster;
      check(roster !== undefined, "bad_roster", "no roster at all");
      listed.push({ ...one, roster });
    }
    const last = page.epochs.at(-1)?.n;
    if (last === undefined || last >= page.n || last >= until) return listed;
    check(last >= next, "malformed", "a page that leads nowhere");
    next = last + 1;
  }
}

/** Entries from the one of epoch n − 1 up to `below`: a removal may have its cause there. */
async function readUpTo({ around }: Device, { known }: Live, n: number, below: number): Promise<void> {
  const from = known.epochs.find(n - 1)?.told?.seq ?? below;
  for (let after = from - 1; after < below - 1;) {
    const { before, rows } = await around.api.readLog(known.where.conversation, after);
    if (rows.length === 0) return;
    await known.takeRows(before, rows);
    after = rows.at(-1)!.seq;
  }
}

async function take(device: Device, live: Live, epoch: StoredEpoch): Promise<void> {
  try {
    await live.known.takeEpoch(epoch);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.verdict !== "unproven") throw error;
    await readUpTo(device, live, epoch.n, epoch.seq);
    await live.known.takeEpoch(epoch);
  }
}

/** At the epoch that a head row names. */
async function beginAtHead(device: Device, live: Live): Promise<Whole[] | null> {
  const { conversation } = live.known.where;
  const head = (await device.self.readRows()).find((row) => row.kind === "head" && equal(row.conversation, conversation));
  if (head?.kind !== "head") return null;
  live.known.hasHead = true;
  const [first, ...rest] = await listFrom(device, conversation, head.n);
  check(first?.n === head.n, "rollback", "the server does not show the epoch that the keyring names");
  await live.known.epochs.anchor(first.record, first.roster, head.recordHash, { seq: first.seq, time: first.time });
  live.known.log.know({ seq: head.seq, hash: head.logHash });
  return rest;
}

/** Where the newest stay begins in a list that has gaps: the place of the record that brings this user in. */
function findJoin(listed: readonly Whole[], user: number): number {
  return listed.findLastIndex(({ record }) => {
    const { action, targets } = readEpoch(record);
    return (action === "add" || action === "reidentify") && targets.some((target) => target.user === user);
  });
}

/** At the epoch that brings oneself in, and back from there as far as history was given. Returns what follows. */
async function join({ known }: Live, listed: readonly Whole[]): Promise<Whole[]> {
  const at = findJoin(listed, known.where.user);
  const [before, joined] = [listed[at - 1], listed[at]];
  check(joined !== undefined, "not_allowed", "nothing brings oneself in");
  const { epoch } = await known.epochs.join(before ?? null, joined.record, joined.roster, { seq: joined.seq, time: joined.time });
  for (const one of listed.slice(0, at).reverse()) {
    if (epoch.historyFrom === 0 || one.n < epoch.historyFrom || one.n !== known.epochs.oldest!.epoch.n - 1) break;
    await known.epochs.takeBefore(one.record, one.roster, { seq: one.seq, time: one.time });
  }
  return listed.slice(at + 1);
}

/** What follows what is known; after a time outside from where one was brought in again. */
async function listNext(device: Device, live: Live, n: number): Promise<Whole[]> {
  const listed = await listFrom(device, live.known.where.conversation, n);
  const hasGap = listed.some((one, at) => one.n !== n + at);
  return hasGap ? join(live, listed) : listed;
}

/** Everything that the server has above what is known. Throws ProtocolError; what was accepted before stays. */
export async function fetchEpochs(device: Device, live: Live): Promise<void> {
  const { newest } = live.known.epochs;
  const next = newest === null ? ((await beginAtHead(device, live)) ?? (await listNext(device, live, 1))) : await listNext(device, live, newest.epoch.n + 1);
  for (const epoch of next) await take(device, live, epoch);
  takeLoose(live);
  await live.known.learn();
}

/** What the server names as current, against what is known. Throws ProtocolError `rollback`, `fork`, or what the records are refused for. */
async function checkHead(device: Device, live: Live, head: EpochHead | undefined): Promise<void> {
  const known = live.known.epochs.newest?.epoch.n ?? 0;
  check((head?.n ?? 0) >= known, "rollback", "an older epoch than is known");
  if (head === undefined) return;
  if (head.n > known) await fetchEpochs(device, live);
  const found = live.known.epochs.find(head.n);
  check(found !== undefined, "unproven", "the epoch that is named was not shown");
  check(equal(found.hash, head.recordHash), "fork", "another epoch with this number");
  await device.people.catchUp(found.roster.map((one) => one.user));
  live.isConfirmed = true;
}

/**
 * Asks the server for the current epochs of these conversations. What it must not say stops the conversation, until it says something
 * else (but after `fork` and `rollback`); what cannot be proven yet leaves it unconfirmed. Throws Refusal, NoAnswer.
 */
export async function confirm(device: Device, conversations: readonly Bytes[]): Promise<void> {
  const heads = await device.around.api.listEpochHeads(conversations);
  for (const conversation of conversations) {
    const live = await device.open(conversation);
    if (!mayWorsen(live)) continue;
    const head = heads.find((one) => equal(one.conversation, conversation));
    const { stopped, known: { epochs: { newest } } } = live;
    try {
      if (stopped === "rollback") checkKnown(live, head);
      else await confirmOne(device, live, head);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.verdict !== "unproven") stop(live, error.verdict);
    }
    if (live.known.epochs.newest !== newest || live.stopped !== stopped) await device.remember(live);
  }
}

async function confirmOne(device: Device, live: Live, head: EpochHead | undefined): Promise<void> {
  live.isConfirmed = false;
  await checkHead(device, live, head);
  live.stopped = null;
  await device.meetMembers(live);
}

/** What was shown after an older state. Throws ProtocolError `fork`. */
function checkKnown({ known: { epochs } }: Live, head: EpochHead | undefined): void {
  const known = head && epochs.find(head.n);
  check(known === undefined || equal(known.hash, head!.recordHash), "fork", "another epoch with this number");
}
