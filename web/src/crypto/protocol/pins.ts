// Whom a person has met, and what happens when their identity changes (docs/protocol-encryption.md, 6.3, 9.1 and 9.2). Values:
// every change gives another one.
import { type Bytes, fromHex, toHex } from "../../lib/bytes.ts";
import { check, compare as compareBytes, equal } from "./codec.ts";
import { hashPin, listStanding, MOST_TAKEN_BACK, type PinRow } from "./keyring.ts";
import type { KnownChain } from "./known-chain.ts";
import type { UserState } from "./user-state.ts";

export type Pin = PinRow;
/** The numbers of a pin's `how`. */
export const BY_LINK = 1;
export const BY_REQUEST = 2;
export const COMPARED = 3;
export const IN_A_GROUP = 4;
const TRUST: Record<number, number> = { [COMPARED]: 3, [BY_LINK]: 2, [BY_REQUEST]: 1, [IN_A_GROUP]: 0 };

/** `earlier`: the chain does not have the key that was pinned, which only a restore of the server explains. */
export type Change = "none" | "linked" | "unlinked" | "earlier";

function makePin(user: number, state: UserState, how: number, by: number, time: number, takesBack: Bytes[] = []): Pin {
  const { username, identityKey, incarnation, n, hash } = state;
  return { kind: "pin", user, username, identityKey, incarnation, n, hash, how, by: how === IN_A_GROUP ? by : 0, time, takesBack };
}

/** Pins a person as first met, or raises the trust in the same identity. Another identity stays: only `accept` and `compare` change it. */
export function meet(pin: Pin | undefined, user: number, state: UserState, how: number, by: number, time: number): Pin {
  if (pin === undefined) return makePin(user, state, how, by, time);
  const isRaised = equal(pin.identityKey, state.identityKey) && TRUST[how]! > TRUST[pin.how]!;
  return isRaised ? { ...pin, how, by: 0, time } : pin;
}

/** How the identity at a chain's highest head differs from the pin, by the keys of the chain. */
export function findChange(pin: Pin | undefined, chain: KnownChain): Change {
  const { identityKey, incarnation } = chain.head;
  if (pin === undefined || equal(pin.identityKey, identityKey)) return "none";
  const pinned = chain.incarnationOf(pin.identityKey);
  if (pinned === undefined) return "earlier";
  return pinned === incarnation ? "linked" : "unlinked";
}

/** Whether sealing to the person waits: for acceptance, or for comparing again who was compared. */
export function isHeld(pin: Pin | undefined, chain: KnownChain): boolean {
  const change = findChange(pin, chain);
  return change === "unlinked" || change === "earlier" || (change === "linked" && pin?.how === COMPARED);
}

/** Throws ProtocolError `changed_identity` while sealing to the person waits. */
export function checkPin(pin: Pin | undefined, chain: KnownChain): void {
  check(!isHeld(pin, chain), "changed_identity", "not the identity that was accepted");
}

/** Before a restore was told the head of a pin binds. Throws ProtocolError `rollback` for a chain that ends below it, `fork` for another hash. */
export function checkSeen(pin: Pin, chain: KnownChain): void {
  check(pin.n <= chain.states.length, "rollback", "the chain ends below what was pinned");
  chain.at(pin);
}

export const isOnChain = ({ n, hash }: Pin, { states }: KnownChain): boolean => states[n - 1] !== undefined && equal(states[n - 1]!.hash, hash);

/** Whether it would count, in some order of the list, against a pin at the chain's head. */
const isInTheWay = (pin: Pin, chain: KnownChain): boolean => pin.n === chain.head.n || !isOnChain(pin, chain);

/** What a pin takes back that follows on another: what that one did, and of these (in the order of the list) as many as have room, the highest n first. */
function listTakenBack(before: Pin | undefined, pins: readonly Pin[]): Bytes[] {
  const highest = [...pins].reverse().sort((a, b) => b.n - a.n).map((pin) => toHex(hashPin(pin)));
  const inherited = [...(before?.takesBack ?? [])].sort(compareBytes).map(toHex);
  return [...new Set([...highest, ...inherited])].slice(0, MOST_TAKEN_BACK).sort().map(fromHex);
}

/** What nobody decides takes back the pin before it where that would count still. */
const moveTo = (pin: Pin, { user, head }: KnownChain, time: number): Pin =>
  makePin(user, head, pin.how, pin.by, time, listTakenBack(pin, head.n > pin.n ? [] : [pin]));

/** A linked change that holds nothing moves the pin along. */
export function follow(pin: Pin, chain: KnownChain, time: number): Pin {
  const moves = findChange(pin, chain) === "linked" && !isHeld(pin, chain);
  return moves ? moveTo(pin, chain, time) : pin;
}

/** A pin whose head a restored server has lost, of the same identity, goes where the chain is now: else who was told of no restore takes it for a rollback. */
export function findAgain(pin: Pin, chain: KnownChain, time: number): Pin {
  const isLost = findChange(pin, chain) === "none" && !isOnChain(pin, chain);
  return isLost ? moveTo(pin, chain, time) : pin;
}

/**
 * The person takes the changed identity: neither a link nor a comparison vouches for it any more. `past` are, after a restore, all pins of
 * the person that are known: those that are not on the chain, or at its head, are taken back, but not of a third identity.
 */
export function accept(pin: Pin, chain: KnownChain, time: number, past: readonly Pin[] = []): Pin {
  const isOver = (one: Pin): boolean => equal(one.identityKey, pin.identityKey) || chain.incarnationOf(one.identityKey) !== undefined;
  const lost = past.filter((one) => isInTheWay(one, chain) && isOver(one));
  return makePin(pin.user, chain.head, pin.how === IN_A_GROUP ? IN_A_GROUP : BY_REQUEST, pin.by, time, listTakenBack(pin, lost));
}

/** Safety numbers were compared; `past` as for accept, but that no third identity is in doubt any more. */
export function compare(pin: Pin | undefined, chain: KnownChain, time: number, past: readonly Pin[] = []): Pin {
  const lost = past.filter((one) => isInTheWay(one, chain));
  return makePin(chain.user, chain.head, COMPARED, 0, time, listTakenBack(pin, lost));
}

/** The person takes a comparison back: of the same identity, later in the list, nothing vouches for it any more. */
export const uncompare = (pin: Pin, time: number): Pin => (pin.how === COMPARED ? { ...pin, how: BY_REQUEST, time } : pin);

/** Of one n they say different things. Another key at another n may be a renewal, which the chain shows. */
const isConflict = (a: Pin, b: Pin): boolean => a.n === b.n && !(equal(a.hash, b.hash) && equal(a.identityKey, b.identityKey));

/** Those of a person's pins, in the order of the list, that say something since somebody compared last. */
export function listSinceCompared(pins: readonly Pin[]): Pin[] {
  const standing = listStanding(pins);
  return standing.slice(Math.max(0, standing.findLastIndex((pin) => pin.how === COMPARED)));
}

const nameSaid = ({ n, hash, identityKey }: Pin): string => `${n} ${toHex(hash)} ${toHex(identityKey)}`;

/** All that pins say of people of whom they say more than one thing since somebody compared, each once and in the order of the list: they go on together. */
export function listDisputed(pins: readonly Pin[]): Pin[] {
  return [...new Set(pins.map((pin) => pin.user))].flatMap((user) => {
    const since = listSinceCompared(pins.filter((pin) => pin.user === user));
    const last = new Map(since.map((pin) => [nameSaid(pin), pin]));
    return last.size > 1 ? since.filter((pin) => last.get(nameSaid(pin)) === pin) : [];
  });
}

/**
 * Whether the server showed one's own devices different things of a person (6.3), which is to be shown until somebody has compared:
 * two pins of one head differ, or one is not of the chain as it is shown here.
 */
export function hasConflict(pins: readonly Pin[], { states }: KnownChain): boolean {
  const since = listSinceCompared(pins);
  return since.some((pin, at) => {
    const state = states[pin.n - 1];
    const isShown = state === undefined || (equal(state.hash, pin.hash) && equal(state.identityKey, pin.identityKey));
    return !isShown || since.slice(0, at).some((before) => isConflict(before, pin));
  });
}

/** The same after a restore, which may have lost heads: then only keys tell, that are neither on the chain nor those of the pin that counts. */
export const hasThirdKey = (pins: readonly Pin[], counting: Pin | undefined, chain: KnownChain): boolean =>
  listSinceCompared(pins).some(({ identityKey }) =>
    chain.incarnationOf(identityKey) === undefined && !(counting !== undefined && equal(counting.identityKey, identityKey)));
