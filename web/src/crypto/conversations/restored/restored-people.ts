// People's chains after a restore of the server (docs/protocol-encryption.md, 10.10): one's own is given back as far as it can be, and
// what the server does not show any more is learnt anew.
import type { Bytes } from "../../../lib/bytes.ts";
import { type Account, recall, type Self } from "../../account/self.ts";
import { type NewReceive, type PublicKey, Refusal } from "../../account/server.ts";
import { check, equal } from "../../protocol/codec.ts";
import { hashKemKey, kemPublicKey } from "../../protocol/hpke.ts";
import { GENERATION } from "../../protocol/own-keys.ts";
import { hashStatement } from "../../protocol/statements.ts";
import { readUserStatement } from "../../protocol/user-chain.ts";
import { findDevice } from "../../protocol/user-state.ts";
import type { PersonHead, RememberedPerson } from "../people/people.ts";
import type { ConversationServer } from "../server.ts";
import type { ConversationStore } from "../store.ts";

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

/** Returns whether the server took it; `until` is the n of the last that is offered. */
async function offer(self: Self, api: ConversationServer, { head, until, ...given }: { head: PersonHead; until: number; receives: NewReceive[]; publicKeys: PublicKey[] }): Promise<boolean> {
  try {
    await api.offerChain({ statements: self.chain.statements.slice(head.n, until), ...given });
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
    const end = above.findIndex((one) => !MAY_COME_BACK.has(readUserStatement(one).body.kind));
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

/** Gives one's own chain back, and forgets what is not there then; rows of the keyring are read anew. Throws Refusal, NoAnswer, ProtocolError: `rollback` where it is denied. */
export async function returnOwn(account: Account, api: ConversationServer, store: ConversationStore): Promise<void> {
  const self = await recall(account);
  const remembered = await account.store.read();
  if (remembered === null || self.chain.state === null) return;
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
  await store.writePins([...(await store.readPins()), ...pins]);
  await account.store.write({
    ...remembered,
    ...{ rows: [], rowPosition: 0, highestSeen: isWhole ? remembered.statements.length : 0 },
    ...(isWhole ? {} : { statements: [], newsFrom: null, made: [] }),
    ...(isOwnWhole ? {} : { generations: [], carryFrom: null, vault: null }),
    receives: receives.map((one) => one.bytes),
    receiveSeeds: remembered.receiveSeeds.filter((one) => versions.has(one.version)),
  });
}

/** What is known of others stays as far as the server shows it; until a time (ms) the rest is waited for. Returns whether there is any. */
export async function setPeopleAside(account: Account, api: ConversationServer, store: ConversationStore, until: number): Promise<boolean> {
  const people = await store.readPeople();
  const before = await store.readAwaited();
  const awaited = new Map(account.now() < before.until ? before.people : []);
  const kept: RememberedPerson[] = [];
  for (let at = 0; at < people.length; at += MOST_IN_ONE) {
    const some = people.slice(at, at + MOST_IN_ONE);
    const heads = new Map((await api.listHeads(some.map(({ user }) => user))).map((head) => [head.user, head]));
    for (const { user, statements } of some) {
      const head = heads.get(user);
      const left = (await isThere(api, head, user, statements)) ? statements : [];
      // Of who is not shown at all nothing is there.
      if ((head?.n ?? 0) < statements.length) awaited.set(user, Math.max(statements.length, awaited.get(user) ?? 0));
      kept.push({ user, statements: left, highestSeen: left.length, receives: [], publicKeys: [] });
    }
  }
  // First: after a crash in between nobody is short of anything any more.
  if (awaited.size > 0) await store.writeAwaited({ people: [...awaited], until });
  await store.writePeople(kept);
  return awaited.size > 0;
}
