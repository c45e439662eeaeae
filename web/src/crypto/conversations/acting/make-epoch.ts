// The next epoch of a conversation, ready to be sent (docs/protocol-encryption.md, 7.2 to 7.4 and 7.8). It is judged here as everybody
// will judge it: what a person may not do is refused before it leaves.
import type { Bytes } from "../../../lib/bytes.ts";
import { check, equal, zeros } from "../../protocol/codec.ts";
import type { Sign } from "../../protocol/ed25519.ts";
import {
  ADMIN, directId, encodeRoster, type Epoch, groupId, hashRoster, makeEpoch, MEMBER, OWNER, type RosterMember, selfId, type Settings, type Target,
} from "../../protocol/epoch.ts";
import { commitSeed, type PastSeed, sealHistory, wrapHistoryKey, wrapSeed } from "../../protocol/epoch-keys.ts";
import { findMember, rankOf } from "../../protocol/epoch-rules.ts";
import { RECEIVE } from "../../protocol/own-keys.ts";
import { isHeld, type Pin } from "../../protocol/pins.ts";
import { random } from "../../protocol/primitives.ts";
import { hashStatement } from "../../protocol/statements.ts";
import type { KnownEpoch } from "../judging/epochs.ts";
import { judgeEpoch, readNext, type ReadEpoch } from "../judging/judge-epoch.ts";
import type { KnownConversation } from "../judging/known-conversation.ts";
import type { People } from "../people/people.ts";
import type { EpochRequest, MemberWrap, NewHistory } from "../server.ts";

/** What somebody does. Users are named; roles are those afterwards. */
export type Act =
  | { action: "add"; targets: { user: number; cause: Bytes | null }[]; historyFrom: number }
  | { action: "remove"; targets: { user: number; cause: Bytes | null }[] }
  | { action: "rotate" }
  | { action: "role"; targets: { user: number; role: number }[] }
  | { action: "settings"; settings: Settings }
  | { action: "reidentify"; targets: { user: number }[] };

export interface Author {
  user: number;
  device: Bytes;
  sign: Sign;
  /** Whom this person has met: nothing is sealed to an identity that waits for acceptance (9.2). */
  pins: ReadonlyMap<number, Pin>;
  /** Of whom a link named another identity (9.1). */
  doubted: ReadonlySet<number>;
}

/** An epoch that is made and not known to be taken. It is written down before it leaves: a repeat sends the same bytes. */
export interface EpochDraft {
  request: EpochRequest;
  action: Epoch["action"];
  n: number;
  conversation: Bytes;
  seed: Bytes;
}

export const PLAIN_SETTINGS: Settings = { addBy: MEMBER, postBy: MEMBER, settingsBy: MEMBER, timer: 0, links: [], pinBy: ADMIN, everyoneBy: ADMIN };

/**
 * The newest receive key, if it counts at the chain's head. If it does not, its owner has forgotten those before it (6.2): then none is
 * named, unless the one before still counts, which only its owner may change (7.4).
 */
function receiveLine(people: People, user: number, was: RosterMember | undefined): Pick<RosterMember, "receiveVersion" | "receiveHash"> {
  const chain = people.chain(user);
  const newest = chain.newestReceive(chain.head);
  const stillCounts = was !== undefined && was.receiveVersion > 0 && chain.counts(chain.receiveAt(was.receiveVersion, was.receiveHash), chain.head);
  const mayName = newest !== undefined && (newest.statement.version === chain.receiveVersion || stillCounts);
  if (!mayName) return { receiveVersion: 0, receiveHash: zeros(32) };
  return { receiveVersion: newest.statement.version, receiveHash: hashStatement(RECEIVE, newest.bytes) };
}

/**
 * A member as the roster states them: at their newest head, but as before while a reset is not taken up by `reidentify`, or a renewal
 * waits to be compared. Nobody is brought in whose identity waits. Throws ProtocolError `unproven`, `changed_identity`.
 */
function lineOf({ pins, doubted }: Author, people: People, user: number, role: number, was: RosterMember | undefined, isReidentified: boolean): RosterMember {
  const chain = people.chain(user);
  check(chain.state !== null, "unproven", "a member's chain is not known");
  const isReset = was !== undefined && chain.at(was.chain).incarnation !== chain.head.incarnation;
  const isWaiting = doubted.has(user) || isHeld(pins.get(user), chain);
  if (was !== undefined && (isReset || isWaiting) && !isReidentified) return { ...was, role };
  check(!isWaiting, "changed_identity", "an identity that waits for acceptance");
  const { identityKey, n, hash } = chain.head;
  return { user, role, identityKey, chain: { n, hash }, ...receiveLine(people, user, isReidentified ? undefined : was) };
}

function targetsOf(act: Act, before: KnownEpoch, actor: number): Target[] {
  const none = zeros(32);
  const list = ((): Target[] => {
    switch (act.action) {
      case "add":
        return act.targets.map(({ user, cause }) => ({ user, role: MEMBER, cause: cause ?? none }));
      case "remove":
        return act.targets.map(({ user, cause }) => ({ user, role: 0, cause: cause ?? none }));
      case "role":
        return act.targets.map(({ user, role }) => ({ user, role, cause: none }));
      case "reidentify": {
        const actorRole = findMember(before.roster, actor)?.role ?? MEMBER;
        return act.targets.map(({ user }) => ({ user, role: Math.max(findMember(before.roster, user)?.role ?? MEMBER, actorRole), cause: none }));
      }
      default:
        return [];
    }
  })();
  return list.sort((a, b) => a.user - b.user);
}

function rosterAfter(author: Author, people: People, before: KnownEpoch, action: Act["action"], targets: readonly Target[]): RosterMember[] {
  const roles = new Map(before.roster.map((one) => [one.user, one.role]));
  for (const { user, role } of targets) roles.set(user, role);
  const members = [...roles].filter(([, role]) => role > 0).sort(([a], [b]) => a - b);
  const isReidentified = (user: number): boolean => action === "reidentify" && targets.some((target) => target.user === user);
  return members.map(([user, role]) => lineOf(author, people, user, role, findMember(before.roster, user), isReidentified(user)));
}

/** One wrap for each of these with a receive key. Throws ProtocolError `unproven`, `bad_key`. */
async function wrapFor(people: People, members: readonly RosterMember[], wrap: (publicKey: Bytes, user: number) => Promise<Bytes>): Promise<MemberWrap[]> {
  const wraps: MemberWrap[] = [];
  for (const { user, receiveVersion } of members) {
    if (receiveVersion === 0) continue;
    const publicKey = people.publicKey(user, receiveVersion);
    check(publicKey !== undefined, "unproven", "a receive key that is not known");
    wraps.push({ user, wrap: await wrap(publicKey, user) });
  }
  return wraps;
}

async function makeHistory(known: KnownConversation, people: People, made: ReadEpoch): Promise<NewHistory | null> {
  const { historyFrom, n, targets } = made.epoch;
  if (historyFrom === 0) return null;
  const seeds: PastSeed[] = [];
  for (let past = historyFrom; past < n; past += 1) {
    const one = known.epochs.find(past);
    check(one !== undefined, "unproven", "an epoch that is not known");
    if (one.epoch.settings.timer > 0) continue;
    // Everybody sees that it is given.
    check(one.seed !== null, "keyless", "no seed of an epoch that would be given");
    seeds.push({ n: past, seed: one.seed });
  }
  const key = random(32);
  const newcomers = made.roster.filter((one) => targets.some((target) => target.user === one.user));
  const wraps = await wrapFor(people, newcomers, (publicKey, user) => wrapHistoryKey(publicKey, made.hash, user, key));
  return { sealed: await sealHistory(key, made.hash, seeds), wraps };
}

type Fields = Pick<Epoch, "minimumFormat" | "kind" | "conversation" | "n" | "previous" | "settings" | "action" | "targets" | "historyFrom" | "seen" | "time">;

/** Signs, judges and wraps. Throws ProtocolError: 7.5. */
async function finish(known: KnownConversation, people: People, author: Author, before: KnownEpoch | null, roster: RosterMember[], fields: Fields): Promise<EpochDraft> {
  const { n, conversation } = fields;
  const seed = random(32);
  const rosterBytes = encodeRoster(roster);
  const record = await makeEpoch({
    ...fields, server: known.where.server, rosterHash: hashRoster(rosterBytes), actor: author.user, device: author.device,
    commitment: commitSeed(conversation, n, seed), extensions: [],
  }, author.sign);
  const made = readNext(before, record, rosterBytes);
  await people.prove(roster);
  const { leaves } = known.judged.signed;
  const hasLeft = (user: number, cause: Bytes): boolean => leaves.some((one) => one.n === n - 1 && one.user === user && equal(one.cause, cause));
  await judgeEpoch(known.where, people, before, made, hasLeft);
  const wraps = await wrapFor(people, roster, (publicKey, user) => wrapSeed(publicKey, made.hash, user, seed));
  const isSame = before !== null && equal(before.epoch.rosterHash, made.epoch.rosterHash);
  const request = { record, roster: isSame ? null : rosterBytes, wraps, history: await makeHistory(known, people, made) };
  return { request, action: fields.action, n, conversation, seed };
}

/**
 * The epoch that does `act`, on the newest one. Everybody's chain must have been fetched. `now` in milliseconds. Throws ProtocolError
 * `not_allowed` for what this person may not do, and whatever else of 7.5.
 */
export async function makeNextEpoch(known: KnownConversation, people: People, author: Author, act: Act, now: number): Promise<EpochDraft> {
  const before = known.epochs.newest;
  check(before !== null, "unproven", "no epoch to follow");
  const targets = targetsOf(act, before, author.user);
  const { minimumFormat, kind, conversation, n, settings } = before.epoch;
  return finish(known, people, author, before, rosterAfter(author, people, before, act.action, targets), {
    minimumFormat, kind, conversation, n: n + 1, previous: before.hash, settings: act.action === "settings" ? act.settings : settings, action: act.action,
    targets, historyFrom: act.action === "add" ? act.historyFrom : 0, seen: known.log.head, time: now,
  });
}

export type Beginning = { kind: "direct"; other: number } | { kind: "self" } | { kind: "group"; members: number[]; settings: Settings };

/** The id that a beginning has; of a group it is new with each millisecond. */
export function conversationId(server: Bytes, { user, device }: Pick<Author, "user" | "device">, beginning: Beginning, now: number): Bytes {
  if (beginning.kind === "direct") return directId(server, user, beginning.other);
  return beginning.kind === "self" ? selfId(server, user) : groupId(server, user, device, now);
}

/** Epoch 1. `known` is empty, under the id that `conversationId` says for the same `now`. Throws ProtocolError. */
export async function makeFirstEpoch(known: KnownConversation, people: People, author: Author, beginning: Beginning, now: number): Promise<EpochDraft> {
  const others = beginning.kind === "direct" ? [beginning.other] : beginning.kind === "group" ? beginning.members : [];
  const ownRole = beginning.kind === "direct" ? MEMBER : OWNER;
  const members = [{ user: author.user, role: ownRole }, ...others.map((user) => ({ user, role: MEMBER }))].sort((a, b) => a.user - b.user);
  const roster = members.map(({ user, role }) => lineOf(author, people, user, role, undefined, false));
  const settings = beginning.kind === "group" ? beginning.settings : PLAIN_SETTINGS;
  return finish(known, people, author, null, roster, {
    minimumFormat: 1, kind: beginning.kind, conversation: known.where.conversation, n: 1, previous: zeros(32), settings, action: "create", targets: [],
    historyFrom: 0, seen: known.log.head, time: now,
  });
}

export const mayAdd = ({ epoch, roster }: KnownEpoch, user: number): boolean => epoch.kind === "group" && rankOf(roster, user) <= epoch.settings.addBy;
