// Whether an epoch record may follow another (docs/protocol-encryption.md, 7.5, steps 1 to 9), by chains and statements that have
// been fetched before.
import type { Bytes } from "../../../lib/bytes.ts";
import { check, equal } from "../../protocol/codec.ts";
import { type Epoch, EPOCH, readEpoch, readRoster, type RosterMember } from "../../protocol/epoch.ts";
import { checkGroupId, checkPlace, checkRosterHash, checkStep, findMember, type Facts, type Step } from "../../protocol/epoch-rules.ts";
import type { ChainHead } from "../../protocol/own-keys.ts";
import { hashStatement, verifyStatement } from "../../protocol/statements.ts";
import { findDevice } from "../../protocol/user-state.ts";
import type { People } from "../people/people.ts";

/** Which conversation is asked for, on which server, and by whom. */
export interface Where {
  server: Bytes;
  conversation: Bytes;
  user: number;
}

/** A record with its roster, and its hash. */
export interface ReadEpoch extends Step {
  hash: Bytes;
  bytes: Bytes;
}

/** Steps 1, 2 and 4: what anchors and records reached backwards are judged by. Throws ProtocolError `malformed`, `unsupported`, `wrong_place`, `bad_roster`. */
export function readHere(where: Where, record: Bytes, roster: Bytes): ReadEpoch {
  const read = { epoch: readEpoch(record), roster: readRoster(roster), hash: hashStatement(EPOCH, record), bytes: record };
  const isHere = equal(read.epoch.server, where.server) && equal(read.epoch.conversation, where.conversation);
  check(isHere, "wrong_place", "of another conversation");
  checkPlace(read.epoch, read.roster);
  checkGroupId(read.epoch, read.roster, where.user);
  checkRosterHash(read);
  return read;
}

/** Step 1. Without a roster it is that of the record before. Throws ProtocolError `malformed`, `unsupported`, `bad_roster`. */
export function readNext(before: Step | null, record: Bytes, roster: Bytes | null): ReadEpoch {
  const epoch = readEpoch(record);
  check(roster !== null || before !== null, "bad_roster", "no roster at all");
  return { epoch, roster: roster === null ? before!.roster : readRoster(roster), hash: hashStatement(EPOCH, record), bytes: record };
}

/** Two identity keys of a person, as the heads beside them say; a key that stands nowhere is linked to none. Throws ProtocolError `unproven`. */
function areLinked(people: People, user: number, before: Bytes, after: Bytes, stated: ChainHead | undefined): boolean {
  if (equal(before, after)) return true;
  const chain = people.chain(user);
  check(stated !== undefined && stated.n <= chain.states.length, "unproven", "a head that is not known yet");
  const [was, is] = [chain.incarnationOf(before), chain.incarnationOf(after)];
  return was !== undefined && was === is;
}

export function makeFacts(people: People, { roster }: Step, hasLeft: Facts["hasLeft"]): Facts {
  const isLinked: Facts["isLinked"] = (user, before, after) => areLinked(people, user, before, after, findMember(roster, user)?.chain);
  return { isLinked, hasLeft };
}

/** Step 8 for one member. Throws ProtocolError `unproven`, `fork`, `not_allowed`. */
function checkMember(people: People, was: RosterMember | undefined, is: RosterMember): void {
  const chain = people.chain(is.user);
  const state = chain.at(is.chain);
  check(equal(state.identityKey, is.identityKey), "not_allowed", "not the identity key of the stated head");
  if (is.receiveVersion > 0) {
    const receive = chain.receiveAt(is.receiveVersion, is.receiveHash);
    check(chain.counts(receive, state), "not_allowed", "a receive key that does not count there");
  } else if (was !== undefined && was.receiveVersion > 0) {
    const receive = chain.receiveAt(was.receiveVersion, was.receiveHash);
    check(!chain.counts(receive, state), "not_allowed", "a receive key that counts was dropped");
  }
}

/** The key of the actor's device. Throws ProtocolError `unproven`, `fork`, `not_listed`. */
function findSignKey(people: People, { epoch, roster }: Step): Bytes {
  const member = findMember(roster, epoch.actor);
  check(member !== undefined, "not_allowed", "the actor is no member");
  const device = findDevice(people.chain(epoch.actor).at(member.chain), epoch.device);
  check(device !== undefined, "not_listed", "the device is not listed at the stated head");
  return device.signKey;
}

/** Steps 7 to 9. Throws ProtocolError `unproven`, `fork`, `not_allowed`, `not_listed`, `bad_signature`. */
export async function checkPeople(people: People, before: Step | null, after: ReadEpoch): Promise<void> {
  const signKey = findSignKey(people, after);
  for (const member of after.roster) checkMember(people, before === null ? undefined : findMember(before.roster, member.user), member);
  await verifyStatement(EPOCH, after.bytes, signKey);
}

/** Steps 2 to 9, on the record before or on none. Throws ProtocolError: the first that fails. */
export async function judgeEpoch(
  where: Where, people: People, before: ReadEpoch | null, after: ReadEpoch, hasLeft: Facts["hasLeft"],
): Promise<void> {
  const isHere = equal(after.epoch.server, where.server) && equal(after.epoch.conversation, where.conversation);
  check(isHere, "wrong_place", "of another conversation");
  checkStep(before, after, before?.hash ?? null, makeFacts(people, after, hasLeft));
  checkGroupId(after.epoch, after.roster, where.user);
  await checkPeople(people, before, after);
}

/** Only what is said of a record: for the seed's commitment. */
export const committedOf = ({ conversation, n, commitment }: Epoch): Pick<Epoch, "conversation" | "n" | "commitment"> => ({ conversation, n, commitment });
