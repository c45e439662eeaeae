// Other people's identities as this device knows them, and what its person decides about them (docs/protocol-encryption.md, 6.3,
// 9.1 and 9.2). Decisions name the fingerprint that the person was shown: of another identity nothing is taken.
import { toHex } from "../../../lib/bytes.ts";
import { catchUpListed } from "../../account/connect.ts";
import { check, equal, ProtocolError, type Verdict } from "../../protocol/codec.ts";
import type { KnownChain } from "../../protocol/known-chain.ts";
import {
  accept, BY_LINK, BY_REQUEST, type Change, checkSeen, compare, COMPARED, findAgain, findChange, follow, hasConflict, hasThirdKey, isHeld, meet, type Pin, uncompare,
} from "../../protocol/pins.ts";
import { fingerprint, type Person, safetyCode, safetyNumber } from "../../protocol/trust.ts";
import { readUserStatement } from "../../protocol/user-chain.ts";
import type { UserState } from "../../protocol/user-state.ts";
import type { Device } from "../device.ts";
import type { UserName } from "./people.ts";
import { takeUpAccepted } from "./reidentify.ts";

/** Other people's identities as the tab that leads found them last; every tab follows it. `own` is one's own fingerprint as hex. */
export interface TrustRow {
  own: string;
  people: PersonTrust[];
}

/** What lists and headers show of a person. Times in milliseconds. */
export interface PersonTrust {
  user: number;
  /** What their own devices call them; null while their chain is not known. */
  name: UserName | null;
  /** Of the identity at the newest head, as hex; null without keys, or when they may not be seen. */
  fingerprint: string | null;
  /** How (the numbers of a pin) and when the identity that counts was met; null before. */
  how: number | null;
  since: number | null;
  change: Change;
  /** Nothing is sealed to them until the person decides. */
  isHeld: boolean;
  isVerified: boolean;
  /** A link named another identity than the server shows: nothing is sealed to them before the person lets go of it. */
  isNotOfLink: boolean;
  /** One's own devices were shown different keys of them (6.3). */
  hasConflict: boolean;
  /** Why what the server shows of them cannot be right. */
  verdict: Verdict | null;
}

/** What two people compare, too. */
export interface PersonLook extends PersonTrust {
  /** 60 digits, and the texts of the codes; null without an identity. */
  number: string | null;
  shows: string | null;
  expects: string | null;
  /** When the newest identity was made, by the clock of the device that made it. */
  madeAt: number | null;
  devices: number;
}

/** Who is to be looked at: friends are pinned by their request, or by the link that named their fingerprint. */
export interface Acquaintance {
  user: number;
  isFriend: boolean;
  /** As hex, from a link; null without one. */
  fingerprint: string | null;
}

const personOf = (device: Device, chain: KnownChain, state: UserState): Person => ({ server: device.self.account.place.server, user: chain.user, identityKey: state.identityKey });

const printOf = (device: Device, chain: KnownChain, state: UserState): string => toHex(fingerprint(personOf(device, chain, state)));

/** One's own, as hex. */
export const ownFingerprint = ({ self }: Device): string =>
  toHex(fingerprint({ ...self.account.place, identityKey: self.chain.head.identityKey }));

function describe(device: Device, { user, fingerprint: named }: Pick<Acquaintance, "user" | "fingerprint">, verdict: Verdict | null): PersonTrust {
  const chain = device.people.chain(user);
  const { state } = chain;
  const pin = device.pins.get(user);
  const print = state && printOf(device, chain, state);
  const change = state === null ? "none" : findChange(pin, chain);
  const every = device.everyPin.get(user) ?? [];
  const differs = device.isTold ? hasThirdKey(every, pin, chain) : hasConflict(every, chain);
  return {
    user, name: device.people.nameOf(user), fingerprint: print, how: pin?.how ?? null, since: pin?.time ?? null, change, isHeld: state !== null && isHeld(pin, chain),
    isVerified: pin?.how === COMPARED && change === "none" && verdict === null && !differs,
    isNotOfLink: print !== null && named !== null && named !== print, hasConflict: differs, verdict,
  };
}

/** The pin as it should be now; the one that is there, or none, when nothing is to be written. */
function settle(device: Device, { user, isFriend, fingerprint: named }: Acquaintance): Pin | undefined {
  const chain = device.people.chain(user);
  const pin = device.pins.get(user);
  if (chain.state === null) return pin;
  const now = device.around.now();
  const found = pin && device.isTold && !device.awaiting.isShort(user) ? findAgain(pin, chain, now) : pin;
  const moved = found && follow(found, chain, now);
  const isOfLink = named !== null && named === printOf(device, chain, chain.state);
  if (isOfLink) return meet(moved, user, chain.state, BY_LINK, 0, now);
  // A link that names another identity vouches against this one: nothing is pinned by itself.
  return isFriend && named === null ? meet(moved, user, chain.state, BY_REQUEST, 0, now) : moved;
}

/** The pin that counts is of a head that was seen: a chain without that head is not the one that was pinned, unless a restore has lost it (9.2). */
function seePin(device: Device, user: number): Verdict | null {
  const pin = device.pins.get(user);
  const chain = device.people.chain(user);
  try {
    if (pin === undefined || chain.state === null) return null;
    if (!device.isTold) checkSeen(pin, chain);
    chain.requireWhole();
    return null;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.verdict;
  }
}

/**
 * Everybody as they are now: pins that one's other devices made come in, chains are caught up, who is new is pinned, renewed keys
 * are followed, and what the person accepted before is carried through. Throws Refusal, NoAnswer, ProtocolError of one's own keys.
 */
export async function refresh(device: Device, people: readonly Acquaintance[]): Promise<PersonTrust[]> {
  await device.takeLinks(people.flatMap(({ user, fingerprint: named }) => (named === null ? [] : [[user, named] as const])));
  await catchUpListed(device.self);
  await device.readPins();
  const known = new Map(people.map((one) => [one.user, one]));
  for (const user of device.pins.keys()) if (!known.has(user)) known.set(user, { user, isFriend: false, fingerprint: null });
  const all = [...known.values()].filter(({ user }) => user !== device.author.user);
  const wrong = await device.people.catchUpEach(all.map((one) => one.user));
  await device.around.store.writePeople(device.people.takeChanged());
  for (const { user } of all) {
    const verdict = wrong.get(user) ?? seePin(device, user);
    if (verdict !== null) wrong.set(user, verdict);
  }
  const changed = all.flatMap((one) => {
    const pin = wrong.has(one.user) ? undefined : settle(device, one);
    return pin === undefined || pin === device.pins.get(one.user) ? [] : [pin];
  });
  await device.pin(changed);
  await takeUpAccepted(device);
  return all.map((one) => describe(device, one, wrong.get(one.user) ?? null));
}

/** When the identity at the head was made. */
function findMadeAt(chain: KnownChain): number | null {
  const { state } = chain;
  if (state === null) return null;
  const at = chain.states.findIndex((one) => equal(one.identityKey, state.identityKey));
  return readUserStatement(chain.statements[at]!).time;
}

/** One person, with what there is to compare. Throws Refusal, NoAnswer. */
export async function look(device: Device, who: Pick<Acquaintance, "user" | "fingerprint">): Promise<PersonLook> {
  const wrong = await device.people.catchUpEach([who.user]);
  await device.around.store.writePeople(device.people.takeChanged());
  const chain = device.people.chain(who.user);
  const trust = describe(device, who, wrong.get(who.user) ?? seePin(device, who.user));
  if (chain.state === null) return { ...trust, number: null, shows: null, expects: null, madeAt: null, devices: 0 };
  const [self, other] = [personOf(device, device.self.chain, device.self.chain.head), personOf(device, chain, chain.state)];
  return {
    ...trust, number: safetyNumber(self, other), shows: safetyCode(self, other), expects: safetyCode(other, self),
    madeAt: findMadeAt(chain), devices: chain.state.devices.length,
  };
}

/** The chain of the identity that the person was shown, if it is still the newest. Throws ProtocolError `unproven`, `changed_identity`. */
async function requireShown(device: Device, user: number, shown: string): Promise<KnownChain> {
  const wrong = await device.people.catchUpEach([user]);
  const verdict = wrong.get(user) ?? seePin(device, user);
  check(verdict === null, verdict ?? "unproven", "what the server shows of this person cannot be");
  const chain = device.people.chain(user);
  check(chain.state !== null, "unproven", "nobody who is known");
  check(printOf(device, chain, chain.state) === shown, "changed_identity", "another identity than the one that was shown");
  return chain;
}

/** What a decision may take back: nothing before a restore was told. */
const listPast = (device: Device, user: number): readonly Pin[] => (device.isTold ? (device.everyPin.get(user) ?? []) : []);

/** Of whom the person takes what there is nothing else is waited for. */
async function decide(device: Device, pin: Pin): Promise<void> {
  if (device.pins.has(pin.user) && findChange(device.pins.get(pin.user), device.people.chain(pin.user)) === "earlier") await device.awaiting.end(pin.user);
  await device.pin([pin]);
  await takeUpAccepted(device);
}

/** Safety numbers were compared and are the same. Throws ProtocolError `unproven`, `changed_identity`; Refusal, NoAnswer. */
export async function confirmCompared(device: Device, user: number, shown: string): Promise<void> {
  const chain = await requireShown(device, user, shown);
  await decide(device, compare(device.pins.get(user), chain, device.around.now(), listPast(device, user)));
}

/** The comparison does not count any more. Throws Refusal, NoAnswer. */
export async function takeComparisonBack(device: Device, user: number): Promise<void> {
  const pin = device.pins.get(user);
  const next = pin && uncompare(pin, device.around.now());
  if (next !== undefined && next !== pin) await device.pin([next]);
}

/** The person takes a changed identity (9.2): then it is carried into the conversations, too. Throws as confirmCompared. */
export async function acceptIdentity(device: Device, user: number, shown: string): Promise<void> {
  const chain = await requireShown(device, user, shown);
  const pin = device.pins.get(user);
  check(pin !== undefined, "unproven", "nobody whom this person has met");
  if (findChange(pin, chain) === "none") return takeUpAccepted(device);
  await decide(device, accept(pin, chain, device.around.now(), listPast(device, user)));
}

