// What there is to say of a conversation's encryption: since when, who is in it, and the code that its members compare
// (docs/protocol-encryption.md, 9.3).
import { toHex } from "../../lib/bytes.ts";
import { equal } from "../protocol/codec.ts";
import type { Epoch } from "../protocol/epoch.ts";
import { findMember } from "../protocol/epoch-rules.ts";
import { COMPARED, findChange, isHeld } from "../protocol/pins.ts";
import { conversationCode } from "../protocol/trust.ts";
import type { Device, Live } from "./device.ts";
import type { KnownEpoch } from "./judging/epochs.ts";
import type { SealingState } from "./sealing-state.ts";

/** Of what kind a conversation is, and with whom. */
export interface Bond {
  kind: Epoch["kind"];
  users: number[];
}

export interface MemberFacts {
  user: number;
  role: number;
  devices: number;
  isHeld: boolean;
  isVerified: boolean;
}

/** At `seq` in the log somebody takes part with another identity than before: after a reset, or renewed by themselves. */
export interface IdentityEvent {
  seq: number;
  user: number;
  what: "reset" | "renewed";
}

/** `n` is the newest epoch, 0 while nothing is encrypted. Times are the server's, in milliseconds. */
export interface ConversationFacts {
  conversation: string;
  n: number;
  /** When the newest epoch began, and the first that this device knows. */
  since: number | null;
  first: { n: number; since: number | null };
  /** 30 digits; null until the newest epoch's place in the log is known. */
  code: string | null;
  members: MemberFacts[];
  events: IdentityEvent[];
  sealing: SealingState;
}

/** As the newest accepted epoch says it; null before there is one. */
export function describeBond({ known: { epochs: { newest } } }: Live): Bond | null {
  return newest && { kind: newest.epoch.kind, users: newest.roster.map((one) => one.user) };
}

function describeMember({ people, pins, author }: Device, doubted: ReadonlySet<number>, { user, role }: KnownEpoch["roster"][number]): MemberFacts {
  const chain = people.chain(user);
  const pin = pins.get(user);
  const isOther = user !== author.user && chain.state !== null;
  return {
    user, role, devices: chain.state?.devices.length ?? 0, isHeld: isOther && (doubted.has(user) || isHeld(pin, chain)),
    isVerified: isOther && pin?.how === COMPARED && findChange(pin, chain) === "none",
  };
}

function findCode({ known }: Live, { epoch, hash }: KnownEpoch): string | null {
  const seq = known.judged.signed.entryOf(epoch.n);
  const logHash = seq === undefined ? undefined : known.log.hashAt(seq);
  return seq === undefined || logHash === undefined ? null : conversationCode(epoch.conversation, epoch.n, hash, seq, logHash);
}

/** What the rosters of two epochs in a row say of the identities in both. */
function listEvents({ known }: Live): IdentityEvent[] {
  return known.epochs.all.flatMap((one) => {
    const before = known.epochs.find(one.epoch.n - 1);
    const seq = one.told?.seq ?? known.judged.signed.entryOf(one.epoch.n);
    if (before === undefined || seq === undefined) return [];
    return one.roster.flatMap(({ user, identityKey }): IdentityEvent[] => {
      const was = findMember(before.roster, user);
      if (was === undefined || equal(was.identityKey, identityKey)) return [];
      const isReset = one.epoch.action === "reidentify" && one.epoch.targets.some((target) => target.user === user);
      return [{ seq, user, what: isReset ? "reset" : "renewed" }];
    });
  });
}

export function describeConversation(device: Device, live: Live): ConversationFacts {
  const { newest, oldest } = live.known.epochs;
  const { doubted } = device;
  return {
    conversation: toHex(live.known.where.conversation), n: newest?.epoch.n ?? 0, since: newest?.told?.time ?? null,
    first: { n: oldest?.epoch.n ?? 0, since: oldest?.told?.time ?? null }, code: newest === null ? null : findCode(live, newest),
    members: newest?.roster.map((member) => describeMember(device, doubted, member)) ?? [], events: listEvents(live), sealing: device.stateOf(live),
  };
}
