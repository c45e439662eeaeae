// Whom a person has met, and what happens when their identity changes (docs/protocol-encryption.md, 6.3, 9.1 and 9.2). Values:
// every change gives another one.
import { toHex } from "../../lib/bytes.ts";
import { check, equal } from "./codec.ts";
import type { Row } from "./keyring.ts";
import type { UserState } from "./user-state.ts";

export type Pin = Extract<Row, { kind: "pin" }>;
/** The numbers of a pin's `how`. */
export const BY_LINK = 1;
export const BY_REQUEST = 2;
export const COMPARED = 3;
export const IN_A_GROUP = 4;
const TRUST: Record<number, number> = { [COMPARED]: 3, [BY_LINK]: 2, [BY_REQUEST]: 1, [IN_A_GROUP]: 0 };

export type Change = "none" | "linked" | "unlinked";

function makePin(user: number, state: UserState, how: number, by: number, time: number): Pin {
  const { username, identityKey, incarnation, n, hash } = state;
  return { kind: "pin", user, username, identityKey, incarnation, n, hash, how, by: how === IN_A_GROUP ? by : 0, time };
}

/** Pins a person as first met, or raises the trust in the same identity. Another identity stays: only `accept` and `compare` change it. */
export function meet(pin: Pin | undefined, user: number, state: UserState, how: number, by: number, time: number): Pin {
  if (pin === undefined) return makePin(user, state, how, by, time);
  const isRaised = equal(pin.identityKey, state.identityKey) && TRUST[how]! > TRUST[pin.how]!;
  return isRaised ? { ...pin, how, by: 0, time } : pin;
}

/** How the identity at a chain's highest head differs from the pin. */
export function findChange(pin: Pin | undefined, state: UserState): Change {
  if (pin === undefined || equal(pin.identityKey, state.identityKey)) return "none";
  return pin.incarnation === state.incarnation ? "linked" : "unlinked";
}

/** Whether sealing to the person waits: for acceptance, or for comparing again who was compared. */
export function isHeld(pin: Pin | undefined, state: UserState): boolean {
  const change = findChange(pin, state);
  return change === "unlinked" || (change === "linked" && pin?.how === COMPARED);
}

/** Throws ProtocolError `changed_identity` while sealing to the person waits. */
export function checkPin(pin: Pin | undefined, state: UserState): void {
  check(!isHeld(pin, state), "changed_identity", "not the identity that was accepted");
}

/** A linked change that holds nothing moves the pin along. */
export function follow(pin: Pin, state: UserState, time: number): Pin {
  const moves = findChange(pin, state) === "linked" && !isHeld(pin, state);
  return moves ? makePin(pin.user, state, pin.how, pin.by, time) : pin;
}

/** The person takes the changed identity: neither a link nor a comparison vouches for it any more. */
export const accept = (pin: Pin, state: UserState, time: number): Pin =>
  makePin(pin.user, state, pin.how === IN_A_GROUP ? IN_A_GROUP : BY_REQUEST, pin.by, time);

/** Safety numbers were compared. */
export const compare = (user: number, state: UserState, time: number): Pin => makePin(user, state, COMPARED, 0, time);

/** The person takes a comparison back: of the same identity, later in the list, nothing vouches for it any more. */
export const uncompare = (pin: Pin, time: number): Pin => (pin.how === COMPARED ? { ...pin, how: BY_REQUEST, time } : pin);

/** Of one n they say different things. Another key at another n may be a renewal, which the chain shows. */
const isConflict = (a: Pin, b: Pin): boolean => a.n === b.n && !(equal(a.hash, b.hash) && equal(a.identityKey, b.identityKey));

/** Those of a person's pins, in the order of the list, that say something since somebody compared last. */
export const listSinceCompared = (pins: readonly Pin[]): Pin[] => pins.slice(Math.max(0, pins.findLastIndex((pin) => pin.how === COMPARED)));

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
export function hasConflict(pins: readonly Pin[], states: readonly UserState[]): boolean {
  return pins.some((pin, at) => {
    const state = states[pin.n - 1];
    const isShown = state === undefined || (equal(state.hash, pin.hash) && equal(state.identityKey, pin.identityKey));
    return !isShown || pins.slice(0, at).some((before) => isConflict(before, pin));
  });
}
