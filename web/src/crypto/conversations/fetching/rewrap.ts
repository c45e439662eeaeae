// Asking co-members for a seed that one should have, and answering (docs/protocol-encryption.md, 7.7). Failures are silence towards who
// asked; here they have names.
import type { Bytes } from "../../../lib/bytes.ts";
import { check, equal, ProtocolError } from "../../protocol/codec.ts";
import { makeRewrapRequest, openRewrap, readRewrapRequest, REWRAP_REQUEST, rewrapSeed } from "../../protocol/epoch-keys.ts";
import { findMember } from "../../protocol/epoch-rules.ts";
import type { KnownReceive } from "../../protocol/known-chain.ts";
import { isHeld } from "../../protocol/pins.ts";
import { verifyStatement } from "../../protocol/statements.ts";
import { findDevice } from "../../protocol/user-state.ts";
import type { Device, Live } from "../device.ts";
import type { KnownEpoch } from "../judging/epochs.ts";
import type { KnownConversation } from "../judging/known-conversation.ts";

/** From before a reset of one's own: no co-member gives this seed to the identity of today, and the keyring has not kept it. */
export function isLost({ where, epochs }: Pick<KnownConversation, "where" | "epochs">, { seed, roster }: KnownEpoch): boolean {
  const { own } = epochs.people;
  const member = findMember(roster, where.user);
  const was = member && own.incarnationOf(member.identityKey);
  return seed === null && was !== undefined && was < own.head.incarnation;
}

/** Epochs of which this person is a member and has no seed, but could be given it, newest first. */
export function listKeyless({ author }: Device, { known }: Live): KnownEpoch[] {
  const isMissing = (one: KnownEpoch): boolean => one.seed === null && findMember(one.roster, author.user) !== undefined && !isLost(known, one);
  return known.epochs.all.filter(isMissing).reverse();
}

/** What is asked of co-members for the seed of one epoch. Throws ProtocolError `keyless` without a receive key of one's own. */
export function makeRequest({ author, people, self, around }: Device, { epoch, hash }: KnownEpoch): Promise<Bytes> {
  const newest = people.own.newestReceive(people.own.head);
  check(newest !== undefined && self.receiveSeeds.has(newest.statement.version), "keyless", "no receive key of one's own");
  const { server, conversation, n } = epoch;
  return makeRewrapRequest({
    server, conversation, n, recordHash: hash, user: author.user, device: author.device, receiveVersion: newest.statement.version, receiveHash: newest.hash,
    time: around.now(), extensions: [],
  }, author.sign);
}

/** The highest known receive statement of a person, if it is the one that a request names and counts now. */
function findReceive({ people }: Device, user: number, version: number, hash: Bytes): KnownReceive {
  const chain = people.chain(user);
  const named = chain.receives.find((one) => one.statement.version === version);
  check(named !== undefined, "unproven", "a receive statement that is not known yet");
  check(equal(named.hash, hash), "fork", "another receive statement of this version");
  check(version === chain.receiveVersion, "rollback", "an older receive key than is known");
  check(chain.counts(named.statement, chain.head), "not_allowed", "a receive key that does not count");
  return named;
}

/**
 * The seed that a co-member asks for, sealed to their receive key. Their chain must have been fetched. Throws ProtocolError with the
 * first reason not to answer.
 */
export async function answerRequest(device: Device, live: Live, bytes: Bytes): Promise<Bytes> {
  const request = readRewrapRequest(bytes);
  const { where } = live.known;
  const epoch = live.known.epochs.find(request.n);
  const isHere = equal(request.server, where.server) && equal(request.conversation, where.conversation);
  check(isHere && epoch !== undefined && equal(epoch.hash, request.recordHash), "wrong_place", "not of an epoch that is known");
  const member = findMember(epoch.roster, request.user);
  check(member !== undefined, "not_listed", "no member of that epoch");
  const chain = device.people.chain(request.user);
  check(chain.state !== null, "unproven", "a chain that is not known yet");
  // Below it, after a restore, devices may be listed that had been removed when the epoch was made.
  chain.at(member.chain);
  const isLinked = chain.incarnationOf(member.identityKey) === chain.head.incarnation;
  check(isLinked && !device.doubted.has(request.user) && !isHeld(device.pins.get(request.user), chain), "changed_identity", "not the identity that was in that epoch");
  const receive = findReceive(device, request.user, request.receiveVersion, request.receiveHash);
  const listed = findDevice(chain.head, request.device);
  check(listed !== undefined, "not_listed", "the device is not listed now");
  await verifyStatement(REWRAP_REQUEST, bytes, listed.signKey);
  check(epoch.seed !== null, "keyless", "the seed is not here either");
  const publicKey = device.people.publicKey(request.user, receive.statement.version);
  check(publicKey !== undefined, "unproven", "a receive key that is not known yet");
  return rewrapSeed(publicKey, epoch.hash, receive.hash, epoch.seed);
}

/** Tries an answer with each receive key of one's own. Returns whether it gave the seed; a wrong one is dropped and asked for again. */
export async function takeAnswer({ people, self }: Device, live: Live, n: number, wrap: Bytes): Promise<boolean> {
  const epoch = live.known.epochs.find(n);
  if (epoch === undefined) return false;
  for (const { statement, hash } of people.own.receives.reverse()) {
    const seed = self.receiveSeeds.get(statement.version);
    if (seed === undefined) continue;
    try {
      live.known.epochs.takeSeed(n, await openRewrap(seed, epoch.hash, hash, wrap, epoch.epoch));
      await live.known.learn();
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
  return false;
}
