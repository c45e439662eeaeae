// People's chains after a restore of the server (docs/protocol-encryption.md, 10.10): one's own is given back as far as it can be, and
// what the server does not show any more is learnt anew.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import { findPast } from "../../account/past.ts";
import { type Account, recall, type Self } from "../../account/self.ts";
import { type NewReceive, type PublicKey, Refusal } from "../../account/server.ts";
import { check, equal } from "../../protocol/codec.ts";
import { hashKemKey, kemPublicKey } from "../../protocol/hpke.ts";
import { GENERATION } from "../../protocol/own-keys.ts";
import { hashStatement } from "../../protocol/statements.ts";
import { readUserStatement, USER_CHAIN } from "../../protocol/user-chain.ts";
import { findDevice } from "../../protocol/user-state.ts";
import type { PersonHead, RememberedPerson } from "../people/people.ts";
import type { ConversationServer } from "../server.ts";
import type { AwaitedChain, ConversationStore } from "../store.ts";

const MOST_IN_ONE = 500;
const MOST_OFFERED = 50;
/** The others come with a vault, which is lost with its password's proof. */
const MAY_COME_BACK: ReadonlySet<string> = new Set(["devices", "profile", "retire"]);

/** Another statement stands there, or nothing is taken back: what the server shows then tells which. */
const IS_OVER = new Set(["chain_moved", "receive_moved", "not_restored", "not_accepted", "not_found"]);

/** Whether the last known statement stands where it stood. */
async function isThere(api: ConversationServer, head: PersonHead | undefined, user: number, statements: readonly Bytes[]): Promise<boolean> {
  const n = statements.length;
  if (n === 0 || head === undefined || head.n < n) return n === 0;
  const { statements: [found] } = await api.readChain(user, n - 1);
  return found !== undefined && equal(found, statements[n - 1]!);
}

async function findHead(api: ConversationServer, user: number): Promise<PersonHead | undefined> {
  return (await api.listHeads([user])).find((one) => one.user === user);
}

async function listReceives({ chain, receiveSeeds }: Self, above: number, n: number): Promise<NewReceive[]> {
  const known = new Map(chain.receives.map((one) => [one.statement.version, one]));
  const receives: NewReceive[] = [];
  for (let version = above + 1; receives.length < MOST_OFFERED; version += 1) {
    const [one, seed] = [known.get(version), receiveSeeds.get(version)];
    if (one === undefined || seed === undefined || one.statement.chain.n > n) break;
    receives.push({ statement: one.bytes, publicKey: await kemPublicKey(seed) });
  }
  return receives;
}

/** Whether a head stands on what was known. */
function isKnown({ chain: { states } }: Self, head: PersonHead | undefined): head is PersonHead {
  const there = head && states[head.n - 1];
  return there !== undefined && equal(there.hash, head!.hash);
}

/** Those of devices that come into the list between two heads: the server may have lost them. */
async function listNewKeys(self: Self, above: number, until: number): Promise<PublicKey[]> {
  const [before, after] = [self.chain.states[above - 1]!, self.chain.states[until - 1]!];
  const keys = await self.findListedKeys();
  const known = keys === null ? self.deviceKeys : [...self.deviceKeys, { device: keys.device, publicKey: keys.kemPublicKey }];
  return after.devices
    .filter(({ device }) => findDevice(before, device) === undefined)
    .flatMap((listed) => known.find((one) => equal(one.device, listed.device) && equal(hashKemKey(one.publicKey), listed.kemHash)) ?? []);
}

/** While this device is in no list up to n: the next one above that it is in, under the same identity key, by which it shows that it is a device. */
function findListing({ account: { device }, chain: { states, statements } }: Self, n: number): Bytes | null {
  const reached = states[n - 1]!;
  if (reached.deviceKeys.has(`id ${toHex(device)}`)) return null;
  const at = states.findIndex((state, index) => index >= n && findDevice(state, device) !== undefined);
  return at >= 0 && equal(states[at]!.identityKey, reached.identityKey) ? statements[at]! : null;
}

const mayComeBack = (statement: Bytes): boolean => MAY_COME_BACK.has(readUserStatement(statement).body.kind);

/** Whether the statements of a chain above the server's head may come back, and which: nobody offers others, nor what rests on another statement than the server has. */
function findReach(user: number, statements: readonly Bytes[], head: PersonHead | undefined): AwaitedChain {
  const from = head?.n ?? 0;
  const there = statements[from - 1];
  const stands = head === undefined || (there !== undefined && equal(hashStatement(USER_CHAIN, there), head.hash));
  if (!stands) return { user, n: from, hashes: [] };
  const end = head === undefined ? -1 : statements.findIndex((one, at) => at >= from && !mayComeBack(one));
  const above = statements.slice(from, end < 0 ? statements.length : end);
  return { user, n: from + above.length, hashes: above.map((one) => toHex(hashStatement(USER_CHAIN, one))) };
}

/** Returns whether the server took it; `until` is the n of the last that is offered. */
async function offer(self: Self, api: ConversationServer, { head, until, ...given }: { head: PersonHead; until: number; receives: NewReceive[]; publicKeys: PublicKey[] }): Promise<boolean> {
  try {
    await api.offerChain({ statements: self.chain.statements.slice(head.n, until), ...given, listing: findListing(self, until) });
    return true;
  } catch (error) {
    if (!(error instanceof Refusal) || !IS_OVER.has(error.code)) throw error;
    return false;
  }
}

/**
 * Offers what follows on the server's head, as far as it can come back. Throws ProtocolError `rollback` unless it is there then, or another
 * statement in its place: else a removed device would be one again, and be given what was made since.
 */
async function offerOwn(self: Self, api: ConversationServer): Promise<void> {
  const { chain, account: { place: { user } } } = self;
  for (let head = await findHead(api, user); isKnown(self, head);) {
    const above = chain.statements.slice(head.n, head.n + MOST_OFFERED);
    const end = above.findIndex((one) => !mayComeBack(one));
    const until = head.n + (end < 0 ? above.length : end);
    const receives = await listReceives(self, head.receiveVersion, until);
    if (until === head.n && receives.length === 0) return;
    const isTaken = await offer(self, api, { head, until, receives, publicKeys: await listNewKeys(self, head.n, until) });
    const after: PersonHead | undefined = await findHead(api, user);
    check(after !== undefined && (after.n >= until || !isKnown(self, after)), "rollback", "one's own chain is not taken back");
    if (!isTaken || (after.n === head.n && after.receiveVersion <= head.receiveVersion)) return;
    head = after;
  }
}

/**
 * Gives one's own chain back, and forgets what is not there then; rows of the keyring are read anew. Returns how far the chain that was known
 * is there, null for all of it. Throws Refusal, NoAnswer, ProtocolError: `rollback` where it is denied.
 */
export async function returnOwn(account: Account, api: ConversationServer, store: ConversationStore): Promise<AwaitedChain | null> {
  const self = await recall(account);
  const remembered = await account.store.read();
  if (remembered === null || self.chain.state === null) return null;
  const { user } = account.place;
  await offerOwn(self, api);
  const head = await findHead(api, user);
  const isWhole = await isThere(api, head, user, self.chain.statements);
  const known = self.chain.receives;
  const found = isWhole && known.length > 0 ? await api.readReceive(user, known.map((one) => one.hash)) : [];
  const receives = known.filter((one) => found.some(({ statement }) => equal(statement, one.bytes)));
  const versions = new Set(receives.map((one) => one.statement.version));
  const { newest } = self.own;
  const listed = newest === null ? [] : await account.server.listGenerations(newest.statement.g + 1);
  const isOwnWhole = isWhole && newest !== null && listed[0] !== undefined && equal(hashStatement(GENERATION, listed[0].statement), newest.hash);
  const pins = (await self.readCarried()).filter((row) => row.kind === "pin");
  // What the keyring had not shown yet is later than what it had.
  const kept = [...pins, ...(await self.listMissing(await store.readPins()))];
  await store.writePins(kept);
  await self.noteCounted(kept);
  const past = isWhole ? null : findPast(remembered, null);
  // Who finds no chain afterwards must know that there was one.
  if (past !== null) await account.store.writePast({ ...past, isReleased: true });
  await account.store.write({
    ...remembered,
    ...{ rows: [], rowPosition: 0, counted: self.counted, highestSeen: isWhole ? remembered.statements.length : 0 },
    ...(isWhole ? {} : { statements: [], newsFrom: null, made: [] }),
    ...(isOwnWhole ? {} : { generations: [], carryFrom: null, carry: null, vault: null }),
    receives: receives.map((one) => one.bytes),
    receiveSeeds: remembered.receiveSeeds.filter((one) => versions.has(one.version)),
  });
  return isWhole ? null : { user, n: head?.n ?? 0, hashes: [] };
}

/**
 * What is known of others stays as far as the server shows it; until a time (ms) what may come back of the rest is waited for. `own` is of
 * one's own chain. Returns whether anything is waited for.
 */
export async function setPeopleAside(api: ConversationServer, store: ConversationStore, own: AwaitedChain | null, until: number): Promise<boolean> {
  const people = await store.readPeople();
  const awaited = new Map((await store.readAwaited()).people.map((one) => [one.user, one]));
  const ends = new Map<number, number>();
  if (own !== null) awaited.set(own.user, own);
  const kept: RememberedPerson[] = [];
  for (let at = 0; at < people.length; at += MOST_IN_ONE) {
    const some = people.slice(at, at + MOST_IN_ONE);
    const heads = new Map((await api.listHeads(some.map(({ user }) => user))).map((head) => [head.user, head]));
    for (const { user, statements } of some) {
      const head = heads.get(user);
      const isWhole = await isThere(api, head, user, statements);
      const left = isWhole ? statements : [];
      const reach = findReach(user, statements, head);
      // More may have been known before a restore that came just before this one.
      if (!isWhole && reach.n >= (awaited.get(user)?.n ?? 0)) awaited.set(user, reach);
      ends.set(user, head?.n ?? 0);
      kept.push({ user, statements: left, highestSeen: left.length, receives: [], publicKeys: [] });
    }
  }
  // First: after a crash in between nobody is short of anything any more.
  if (awaited.size > 0) await store.writeAwaited({ people: [...awaited.values()], until });
  await store.writePeople(kept);
  return [...awaited.values()].some(({ user, n }) => n > (ends.get(user) ?? Infinity));
}
