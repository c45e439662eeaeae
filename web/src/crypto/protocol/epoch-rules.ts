// Which epoch may follow which: the one table of docs/protocol-encryption.md, 7.4, as code. Pure; signatures and chains
// are checked beside it.
import { equal, check, isZero } from "./codec.ts";
import { ADMIN, directId, encodeRoster, type Epoch, groupId, hashRoster, MEMBER, OWNER, type RosterMember, sameSettings, selfId, type Target } from "./epoch.ts";
import type { Bytes } from "../../lib/bytes.ts";

export interface Step {
  epoch: Epoch;
  roster: RosterMember[];
}

export interface Facts {
  /** Whether two identity keys of a person belong to one incarnation of their verified chain. */
  isLinked: (user: number, before: Bytes, after: Bytes) => boolean;
  /** Whether the person left before: a leave entry with this hash stands in the log, for the epoch before. */
  hasLeft: (user: number, cause: Bytes) => boolean;
}

const deny = (holds: boolean, why: string): void => check(holds, "not_allowed", why);
export const findMember = (roster: readonly RosterMember[], user: number): RosterMember | undefined => roster.find((one) => one.user === user);

/** The role that counts: without an owner the highest one that is there counts as owner. Infinity for who is not there. */
export function rankOf(roster: readonly RosterMember[], user: number): number {
  const role = findMember(roster, user)?.role;
  const highest = Math.min(...roster.map((one) => one.role));
  return role === highest ? OWNER : (role ?? Infinity);
}

/** Whether the id is the computed one (7.1). Throws ProtocolError `wrong_place`. */
export function checkPlace(epoch: Epoch, roster: readonly RosterMember[]): void {
  const users = roster.map((one) => one.user);
  if (epoch.kind === "self") {
    check(users.length === 1 && equal(epoch.conversation, selfId(epoch.server, users[0]!)), "wrong_place", "not the id of this self conversation");
  } else if (epoch.kind === "direct") {
    check(users.length === 2 && equal(epoch.conversation, directId(epoch.server, users[0]!, users[1]!)), "wrong_place", "not the id of this pair");
  } else if (epoch.n === 1) {
    const id = groupId(epoch.server, epoch.actor, epoch.device, epoch.time);
    check(equal(epoch.conversation, id), "wrong_place", "not the id of this group");
  }
}

/** For a group, by each client: the id must not be one that is computed for its own user. Who begins late has no other check. */
export function checkGroupId(epoch: Epoch, roster: readonly RosterMember[], self: number): void {
  if (epoch.kind !== "group") return;
  const taken = [selfId(epoch.server, self), ...roster.filter((one) => one.user !== self).map((one) => directId(epoch.server, self, one.user))];
  check(!taken.some((id) => equal(id, epoch.conversation)), "wrong_place", "a group with the id of another conversation");
}

/** A roster has one encoding, so its bytes need not be kept for this. Throws ProtocolError `bad_roster`. */
export function checkRosterHash({ epoch, roster }: Step): void {
  check(equal(hashRoster(encodeRoster(roster)), epoch.rosterHash), "bad_roster", "not the roster of this record");
}

function checkPlainSettings(epoch: Epoch): void {
  if (epoch.kind === "group") return;
  const { addBy, postBy, settingsBy, links, pinBy, everyoneBy } = epoch.settings;
  deny(addBy === MEMBER && postBy === MEMBER && settingsBy === MEMBER && links.length === 0, "settings of groups");
  deny(pinBy === ADMIN && everyoneBy === ADMIN, "rights of groups");
}

function checkCreate({ epoch, roster }: Step): void {
  deny(epoch.targets.length === 0 && epoch.historyFrom === 0, "create has no targets and gives no history");
  const role = findMember(roster, epoch.actor)?.role;
  if (epoch.kind === "direct") deny(roster.every((one) => one.role === MEMBER), "both are members of a direct conversation");
  else deny(role === OWNER, "who creates is owner");
}

/** Which targets an actor of this rank may touch, by action; the roles afterwards are checked too. */
function checkTarget(before: Step, { epoch }: Step, target: Target, rank: number, facts: Facts): void {
  const was = findMember(before.roster, target.user);
  const isSelf = target.user === epoch.actor;
  switch (epoch.action) {
    case "add": {
      const isKnownLink = before.epoch.settings.links.some((link) => equal(link.publicKey, target.cause));
      deny(was === undefined && target.role === MEMBER && (isZero(target.cause) || isKnownLink), "not to be added so");
      return;
    }
    case "remove": {
      deny(was !== undefined && !isSelf && target.role === 0, "not to be removed so");
      const isAbove = isZero(target.cause) && rank <= ADMIN && rank < was!.role;
      deny(isAbove || (!isZero(target.cause) && facts.hasLeft(target.user, target.cause)), "only from above, or who left");
      return;
    }
    case "role": {
      deny(was !== undefined && target.role !== 0 && target.role !== was.role && isZero(target.cause), "not a change of role");
      const byOwner = rank === OWNER && (isSelf || was!.role !== OWNER);
      deny(byOwner || (isSelf && target.role > was!.role), "only an owner gives roles");
      return;
    }
    case "reidentify":
      deny(was !== undefined && isZero(target.cause), "not to be reidentified so");
      return;
    default:
      deny(false, "an action without targets");
  }
}

function checkReidentify(before: Step, after: Step, facts: Facts): void {
  const { epoch } = after;
  const actorRole = findMember(before.roster, epoch.actor)?.role ?? MEMBER;
  const isEverybody = epoch.kind !== "group" && epoch.targets.length === before.roster.length;
  for (const target of epoch.targets) {
    deny(target.user !== epoch.actor || isEverybody, "nobody reidentifies only themselves");
    const [was, is] = [findMember(before.roster, target.user)!, findMember(after.roster, target.user)];
    deny(is !== undefined && !facts.isLinked(target.user, was.identityKey, is.identityKey), "the identity is still the old one");
    deny(target.role === Math.max(was.role, actorRole), "comes back with at most the actor's role");
  }
}

function checkAction(before: Step, after: Step, facts: Facts): void {
  const { epoch } = after;
  const rank = rankOf(before.roster, epoch.actor);
  const { addBy, settingsBy } = before.epoch.settings;
  const isGroup = epoch.kind === "group";
  const needsTargets = epoch.action !== "rotate" && epoch.action !== "settings";
  deny(epoch.targets.length > 0 === needsTargets, "targets that do not fit the action");
  deny(epoch.historyFrom === 0 || (epoch.action === "add" && epoch.historyFrom < epoch.n), "history without an add");
  deny(epoch.action !== "create", "created twice");
  if (epoch.action === "add" || epoch.action === "remove" || epoch.action === "role") deny(isGroup, "for groups only");
  if (isGroup && (epoch.action === "add" || epoch.action === "reidentify")) deny(rank <= addBy, "may not add");
  if (isGroup && epoch.action === "settings") deny(rank <= settingsBy, "may not change settings");
  if (epoch.action !== "settings") {
    deny(sameSettings(before.epoch.settings, epoch.settings), "settings change with settings only");
  }
  for (const target of epoch.targets) checkTarget(before, after, target, rank, facts);
  if (epoch.action === "reidentify") checkReidentify(before, after, facts);
}

/** Roles after the action, by user. */
function applyTargets(before: Step, epoch: Epoch): Map<number, number> {
  const roles = new Map(before.roster.map((one) => [one.user, one.role]));
  for (const target of epoch.targets) {
    if (target.role === 0) roles.delete(target.user);
    else roles.set(target.user, target.role);
  }
  return roles;
}

function checkRise(was: RosterMember, is: RosterMember, isReidentified: boolean, facts: Facts): void {
  deny(is.chain.n > was.chain.n || (is.chain.n === was.chain.n && equal(is.chain.hash, was.chain.hash)), "a chain head that fell");
  const isRisen = is.receiveVersion > was.receiveVersion || is.receiveVersion === 0;
  deny(isRisen || (is.receiveVersion === was.receiveVersion && equal(is.receiveHash, was.receiveHash)), "a receive version that fell");
  deny(isReidentified || facts.isLinked(was.user, was.identityKey, is.identityKey), "an identity that changed");
}

function checkRoster(before: Step, after: Step, facts: Facts): void {
  const roles = applyTargets(before, after.epoch);
  deny(roles.size === after.roster.length && after.roster.every((one) => roles.get(one.user) === one.role), "not the members that follow");
  const hadOwner = before.roster.some((one) => one.role === OWNER);
  if (after.epoch.action === "role" && hadOwner) deny(after.roster.some((one) => one.role === OWNER), "an owner must remain");
  const isReidentify = after.epoch.action === "reidentify";
  for (const is of after.roster) {
    const was = findMember(before.roster, is.user);
    const isTarget = isReidentify && after.epoch.targets.some((target) => target.user === is.user);
    if (was !== undefined) checkRise(was, is, isTarget, facts);
  }
}

/** Checks 2 to 6 of section 7.5 and the member part of 7. Throws ProtocolError `wrong_place`, `wrong_link`, `bad_roster`, `not_allowed`. */
export function checkStep(before: Step | null, after: Step, beforeHash: Bytes | null, facts: Facts): void {
  const { epoch, roster } = after;
  if (before !== null) {
    const isHere = equal(before.epoch.server, epoch.server) && equal(before.epoch.conversation, epoch.conversation);
    check(isHere && epoch.kind === before.epoch.kind, "wrong_place", "of another conversation");
  }
  checkPlace(epoch, roster);
  if (before === null || beforeHash === null) {
    deny(epoch.action === "create", "a conversation begins with create");
    check(epoch.n === 1 && isZero(epoch.previous), "wrong_link", "create is epoch 1");
    checkRosterHash(after);
    checkCreate(after);
  } else {
    const { epoch: last } = before;
    check(epoch.n === last.n + 1 && equal(epoch.previous, beforeHash), "wrong_link", "not after this record");
    checkRosterHash(after);
    deny(epoch.minimumFormat >= last.minimumFormat, "a minimum format that fell");
    deny(findMember(before.roster, epoch.actor) !== undefined, "the actor was no member");
    checkAction(before, after, facts);
    checkRoster(before, after, facts);
  }
  checkPlainSettings(epoch);
  deny(findMember(roster, epoch.actor) !== undefined, "the actor is no member");
}
