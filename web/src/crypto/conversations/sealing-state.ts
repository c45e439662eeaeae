// When a device may seal, and what it does first (docs/protocol-encryption.md, 7.6). Ages are by the server's times.
import { type Bytes, toHex } from "../../lib/bytes.ts";
import { equal, isZero, ProtocolError, type Verdict } from "../protocol/codec.ts";
import type { RosterMember } from "../protocol/epoch.ts";
import { findMember, rankOf } from "../protocol/epoch-rules.ts";
import { checkSeen, isHeld, type Pin } from "../protocol/pins.ts";
import type { KnownEpoch } from "./judging/epochs.ts";
import type { KnownConversation } from "./judging/known-conversation.ts";
import type { People } from "./people/people.ts";
import type { Removed } from "./store.ts";

const HOUR = 3600 * 1000;
const DAY = 24 * HOUR;
const OLDEST = 7 * DAY;
const MOST_ENTRIES = 1000;

/** Why the next epoch comes before the next record. */
export type Reason = "left" | "removed" | "renewed" | "device_left" | "receive_renewed" | "old";

export type SealingState =
  | { state: "stopped"; verdict: Verdict }
  | { state: "unconfirmed" }
  /** A restored server may be given back what it lost: of these people's chains, or else epochs. */
  | { state: "awaiting"; users: number[] }
  | { state: "rotating"; reason: Reason | null }
  /** These people's change of identity waits for acceptance, or for `reidentify`; or a link named another one. */
  | { state: "held"; users: number[] }
  | { state: "keyless" }
  /** A restored server has lost that these people were removed, and this person may not do it. */
  | { state: "removed"; users: number[] }
  | { state: "ready" };

/** What is known beside records and chains. */
export interface Standing {
  stopped: Verdict | null;
  /** In this connection the server has named this epoch as the current one. */
  isConfirmed: boolean;
  /** Whose chains may come back; of nobody when only epochs may, null when nothing is waited for. */
  awaited: readonly number[] | null;
  /** A request without an answer. */
  isPending: boolean;
  removed: readonly Removed[];
  /** The server has told of a restore: heads of pins may be lost (9.2). */
  isTold: boolean;
  /** Of whom a link named another identity (9.1). */
  doubted: ReadonlySet<number>;
}

/** In milliseconds: this device's own, and the server's. */
export interface Clocks {
  now: number;
  server: number;
  device: Bytes;
}

export type Pins = ReadonlyMap<number, Pin>;

/** Whether somebody has decided about a person whose removal is lost: no link has, which the backup may have brought back, nor an epoch that was lost with it. */
function isDecided({ all }: KnownConversation["epochs"], [user, n, added = []]: Removed): boolean {
  return all.some(({ epoch, hash }) => {
    const target = epoch.n > n && epoch.targets.find((one) => one.user === user);
    if (!target) return false;
    return epoch.action === "remove" || (epoch.action === "add" && isZero(target.cause) && !added.includes(toHex(hash)));
  });
}

/** Members who were removed in what is lost, of whom nobody has decided since, and who have not left: who has is removed by anybody. */
export function listUnwanted({ epochs, judged }: KnownConversation, removed: readonly Removed[]): number[] {
  const hasLeft = (user: number): boolean => judged.signed.leaves.some((one) => one.n === epochs.newest!.epoch.n && one.user === user);
  const isUnwanted = (one: Removed): boolean => findMember(epochs.newest!.roster, one[0]) !== undefined && !isDecided(epochs, one) && !hasLeft(one[0]);
  return removed.filter(isUnwanted).map(([user]) => user);
}

/** Who has reset since the head that the roster states: only `reidentify` takes that up. */
export function isResetSince(people: People, member: RosterMember): boolean {
  const chain = people.chain(member.user);
  return chain.at(member.chain).incarnation !== chain.head.incarnation;
}

export function listHeld(epoch: KnownEpoch, people: People, pins: Pins, self: number, doubted: ReadonlySet<number>): number[] {
  const isUnsure = (user: number): boolean => doubted.has(user) || isHeld(pins.get(user), people.chain(user));
  const waits = (member: RosterMember): boolean => isResetSince(people, member) || (member.user !== self && isUnsure(member.user));
  return epoch.roster.filter(waits).map((member) => member.user);
}

/** A receive statement that counts now, later than the stated one by more than a day; at once when none was stated. */
function hasNewReceive(people: People, member: RosterMember): boolean {
  const chain = people.chain(member.user);
  const newest = chain.newestReceive(chain.head);
  if (newest === undefined || newest.statement.version <= member.receiveVersion) return false;
  if (member.receiveVersion === 0) return true;
  return newest.statement.time > chain.receiveAt(member.receiveVersion, member.receiveHash).time + DAY;
}

function findMemberReason(people: People, member: RosterMember): Reason | null {
  const chain = people.chain(member.user);
  if (isResetSince(people, member)) return null;
  if (!equal(chain.head.identityKey, member.identityKey)) return "renewed";
  if (chain.hasLostDevice(member.chain)) return "device_left";
  return hasNewReceive(people, member) ? "receive_renewed" : null;
}

/** By the server's clock and, of what this device has made, by its own too: a server that is wrong has no epoch made after one just made. */
function isOld({ epoch, told }: KnownEpoch, headSeq: number, { now, server, device }: Clocks): boolean {
  if (told === null) return false;
  const timer = epoch.settings.timer * 1000;
  const oldest = timer === 0 ? OLDEST : Math.min(Math.max(timer / 4, HOUR), DAY);
  const isYoung = equal(epoch.device, device) && Math.abs(now - epoch.time) < oldest;
  return (!isYoung && server - told.time >= oldest) || headSeq - Math.max(told.seq, epoch.seen.seq) >= MOST_ENTRIES;
}

/** Why the epoch is not good enough any more; the first reason, or null. */
export function findReason(known: KnownConversation, epoch: KnownEpoch, people: People, clocks: Clocks): Reason | null {
  if (known.judged.signed.leaves.some((one) => one.n === epoch.epoch.n)) return "left";
  for (const member of epoch.roster) {
    const reason = findMemberReason(people, member);
    if (reason !== null) return reason;
  }
  return isOld(epoch, known.log.head.seq, clocks) ? "old" : null;
}

/** Of several things that stand against sealing the first of the list. */
export function judgeSealing(known: KnownConversation, people: People, pins: Pins, standing: Standing, clocks: Clocks): SealingState {
  try {
    return findState(known, people, pins, standing, clocks);
  } catch (error) {
    // A member's chain is not shown, or not the one that the roster states.
    if (!(error instanceof ProtocolError)) throw error;
    return error.verdict === "unproven" ? { state: "unconfirmed" } : { state: "stopped", verdict: error.verdict };
  }
}

/** Throws ProtocolError `rollback`, `fork`. */
function checkEachSeen({ roster }: KnownEpoch, people: People, pins: Pins): void {
  for (const { user } of roster) {
    const pin = pins.get(user);
    if (pin !== undefined) checkSeen(pin, people.chain(user));
  }
}

function findState(known: KnownConversation, people: People, pins: Pins, standing: Standing, clocks: Clocks): SealingState {
  if (standing.stopped !== null) return { state: "stopped", verdict: standing.stopped };
  const { newest } = known.epochs;
  if (!standing.isConfirmed || newest === null) return { state: "unconfirmed" };
  if (standing.awaited !== null) return { state: "awaiting", users: [...standing.awaited] };
  if (standing.isPending) return { state: "rotating", reason: null };
  if (!standing.isTold) checkEachSeen(newest, people, pins);
  const users = listHeld(newest, people, pins, known.where.user, standing.doubted);
  if (users.length > 0) return { state: "held", users };
  if (newest.seed === null) return { state: "keyless" };
  const unwanted = listUnwanted(known, standing.removed);
  const rank = rankOf(newest.roster, known.where.user);
  if (unwanted.some((user) => rank >= rankOf(newest.roster, user))) return { state: "removed", users: unwanted };
  const reason = unwanted.length > 0 ? "removed" : findReason(known, newest, people, clocks);
  return reason === null ? { state: "ready" } : { state: "rotating", reason };
}
