// What is taken of chains, receive statements, generations and pins over time: what stands in no vector (docs/protocol-encryption.md, 5.2, 6.1, 6.2, 9.2).
import { expect, test } from "vitest";

import { type Bytes, toHex } from "../../lib/bytes.ts";
import { zeros } from "./codec.ts";
import { hashPin, listCounting } from "./keyring.ts";
import { headOf, KnownChain } from "./known-chain.ts";
import { OwnChain } from "./own-chain.ts";
import { type ChainHead, commitGeneration, GENERATION, makeGeneration, makeReceive, sealPredecessor } from "./own-keys.ts";
import * as pins from "./pins.ts";
import { hashStatement } from "./statements.ts";
import { Chain, device, publicOf, SERVER, signerOf, sortDevices, TIME } from "./vectors/cast.ts";
import { flip, named, named16 } from "./vectors/form.ts";

const DAY = 24 * 3600 * 1000;
const profile = { kind: "profile", displayName: "Alice", avatar: zeros(32) } as const;
const vault = { version: 1, sealedHash: named("sealed"), commitment: named("commitment"), kemHash: named("kem") };

const list = async (chain: Chain, ...names: string[]): Promise<Chain> =>
  chain.add({ kind: "devices", devices: sortDevices(await Promise.all(names.map((name) => device(name)))) });
const begin = async (): Promise<Chain> => list(await new Chain(1, "alice").genesis(), "phone", "laptop");

async function know(chain: Chain): Promise<KnownChain> {
  const known = new KnownChain(SERVER, 1);
  await follow(known, chain);
  return known;
}

async function follow(known: KnownChain, chain: Chain): Promise<void> {
  for (const statement of chain.statements) await known.take(statement);
}

async function reset(chain: Chain, identity: string, ...names: string[]): Promise<void> {
  chain.identity = identity;
  await chain.genesis();
  await list(chain, ...names);
}

const headAt = (chain: Chain): ChainHead => ({ n: chain.statements.length, hash: chain.hash });
const verdict = (act: Promise<unknown> | (() => unknown)): Promise<string> =>
  Promise.resolve().then(() => (typeof act === "function" ? act() : act)).then(() => "accepted", (error: { verdict: string }) => error.verdict);

const receive = (version: number, by: string, chain: ChainHead, time = TIME): Promise<Bytes> =>
  makeReceive({ server: SERVER, user: 1, version, kemHash: named(`kem ${version}`), chain, device: named16(by), time, extensions: [] }, signerOf(by));

test("a second statement for an n is a fork only if it verifies", async () => {
  const chain = await begin();
  const [twin, known] = [chain.copy(), await know(chain)];
  await chain.add(profile, "phone");
  await follow(known, chain);
  await twin.add({ ...profile, displayName: "Mallory" }, "phone");
  expect(await verdict(known.take(twin.statements[2]!))).toBe("fork");
  expect(await verdict(known.take(flip(twin.statements[2]!, -1)))).toBe("bad_signature");
  expect(known.head.displayName).toBe("Alice");
  await follow(known, chain);
});

test("heads that others state: known, another, not fetched yet, and a chain that ends below", async () => {
  const chain = await begin();
  const known = await know(chain);
  expect(known.at(headAt(chain)).n).toBe(2);
  expect(await verdict(() => known.see({ n: 2, hash: named("x") }))).toBe("fork");
  expect(await verdict(() => known.at({ n: 0, hash: zeros(32) }))).toBe("fork");
  expect(await verdict(() => known.at({ n: 9, hash: named("x") }))).toBe("unproven");
  known.requireWhole();
  known.see({ n: 3, hash: named("x") });
  expect(await verdict(() => known.requireWhole())).toBe("rollback");
});

test("identities are linked within an incarnation only", async () => {
  const chain = await begin();
  await chain.add(await chain.identityBody("alice 2"));
  chain.identity = "alice 2";
  await reset(chain, "alice 3", "tablet");
  const known = await know(chain);
  expect(known.isLinked(publicOf("alice"), publicOf("alice 2"))).toBe(true);
  expect(known.isLinked(publicOf("alice 2"), publicOf("alice 3"))).toBe(false);
  expect(await verdict(() => known.isLinked(publicOf("alice"), publicOf("x")))).toBe("unproven");
});

test("receive statements: by whom, when, which is the newest", async () => {
  const chain = await begin();
  const head = headAt(chain);
  const known = await know(chain);
  const first = await receive(1, "phone", head);
  await known.takeReceive(first);
  expect(await verdict(known.takeReceive(await receive(2, "stranger", head)))).toBe("not_listed");
  expect(await verdict(known.takeReceive(await receive(2, "phone", { n: 5, hash: named("x") })))).toBe("unproven");
  expect(await verdict(known.takeReceive(flip(await receive(2, "phone", head), -1)))).toBe("bad_signature");
  await known.takeNewestReceive(await receive(2, "laptop", head));
  expect(await verdict(known.takeNewestReceive(first))).toBe("rollback");
  expect(await verdict(known.takeReceive(await receive(2, "phone", head, 5)))).toBe("fork");
});

test("a receive key counts while its device is listed or left by itself, in its incarnation", async () => {
  const chain = await begin();
  const before = headAt(chain);
  const statement = await receive(1, "laptop", before);
  await chain.add({ kind: "retire" }, "laptop");
  const retired = headAt(chain);
  await list(chain, "phone", "laptop");
  const back = headAt(chain);
  await list(chain, "phone");
  const removed = headAt(chain);
  await reset(chain, "alice 2", "laptop 2");
  const known = await know(chain);
  const { statement: taken } = await known.takeReceive(statement);
  const counts = [before, retired, back, removed, headAt(chain)].map((head) => known.counts(taken, known.at(head)));
  expect(counts).toEqual([true, true, true, false, false]);
  expect(known.counts(taken, known.states[0]!)).toBe(false);
  expect(known.newestReceive(known.head)).toBeUndefined();
});

class Maker {
  g = 0;
  previous = zeros(32);
  constructor(readonly chain: Chain) {}

  async make(by: string, changed: object = {}): Promise<Bytes> {
    this.g += 1;
    const statement = await makeGeneration({
      server: SERVER, user: 1, g: this.g, previous: this.previous, chain: headAt(this.chain), commitment: commitGeneration(SERVER, 1, this.g, named(`A${this.g}`)),
      set: zeros(32), time: TIME, device: named16(by), extensions: [], ...changed,
    }, signerOf(by));
    this.previous = hashStatement(GENERATION, statement);
    return statement;
  }
}

async function own(): Promise<{ chain: Chain; known: KnownChain; maker: Maker; generations: OwnChain }> {
  const chain = await begin();
  const [known, maker] = [await know(chain), new Maker(chain)];
  const generations = new OwnChain(known);
  await generations.take(await maker.make("phone"), named("A1"));
  return { chain, known, maker, generations };
}

test.each([
  [{ server: named16("x") }, "wrong_place"], [{ user: 2 }, "wrong_place"], [{ g: 3 }, "wrong_link"], [{ previous: named("x") }, "wrong_link"],
  [{ device: named16("x") }, "not_listed"], [{ device: named16("laptop") }, "bad_signature"], [{ commitment: named("x") }, "bad_commitment"],
  [{ chain: { n: 2, hash: named("x") } }, "fork"], [{ chain: { n: 9, hash: named("x") } }, "unproven"],
])("a generation that does not fit is refused: %j", async (changed, expected) => {
  const { generations, maker } = await own();
  expect(await verdict(generations.take(await maker.make("phone", changed), named("A2")))).toBe(expected);
  expect(generations.newest!.statement.g).toBe(1);
});

test("generations: the next, the same again, a second one, a head that falls", async () => {
  const { chain, known, generations, maker } = await own();
  const twin = await new Maker(chain).make("laptop", { time: 1 });
  const older = headAt(chain);
  await chain.add(profile, "phone");
  await follow(known, chain);
  const second = await maker.make("laptop");
  await generations.take(second, named("A2"));
  expect(await generations.take(second, named("A2"))).toBe(generations.newest);
  expect(await verdict(generations.take(twin, named("A1")))).toBe("fork");
  expect(await verdict(generations.take(await maker.make("phone", { chain: older }), named("A3")))).toBe("rollback");
});

test("from an anchor on in both directions", async () => {
  const chain = await begin();
  const maker = new Maker(chain);
  const [one, two, three] = [await maker.make("phone"), await maker.make("phone"), await maker.make("phone")];
  const generations = new OwnChain(await know(chain));
  expect(await verdict(generations.anchor(two, named("x"), named("A2")))).toBe("fork");
  await generations.anchor(two, hashStatement(GENERATION, two), named("A2"));
  await generations.take(three, named("A3"));
  const [box, wrong] = [await sealPredecessor(named("A2"), SERVER, 1, 2, named("A1")), await sealPredecessor(named("A2"), SERVER, 1, 2, named("A9"))];
  expect(await verdict(generations.takeBefore(three, box))).toBe("wrong_link");
  expect(await verdict(generations.takeBefore(one, wrong))).toBe("bad_commitment");
  await generations.takeBefore(one, box);
  expect(generations.generations.map((generation) => generation.statement.g)).toEqual([1, 2, 3]);
});

test("when the next generation is due", async () => {
  const { chain, known, generations } = await own();
  const stale = async (now = TIME): Promise<string | null> => {
    await follow(known, chain);
    return generations.findStale(now);
  };
  expect([await stale(TIME + 30 * DAY), await stale(TIME + 30 * DAY + 1)]).toEqual([null, "old"]);
  await list(chain, "phone", "laptop", "tablet");
  expect(await stale()).toBeNull();
  await chain.add({ kind: "retire" }, "tablet");
  expect(await stale()).toBe("device_left");
  await list(chain, "phone", "laptop", "tablet");
  await chain.add({ kind: "vault", vault });
  expect(await stale()).toBe("new_vault");
  await list(chain, "laptop");
  expect(await stale()).toBe("signer_left");
  await reset(chain, "alice 2", "new");
  expect(await stale()).toBe("reset");
  await generations.take(await new Maker(chain).make("new"), named("A1"));
  expect([await stale(), generations.generations.length]).toEqual([null, 1]);
});

test("pins: what raises trust, what moves along, what waits", async () => {
  const chain = await begin();
  const first = await know(chain);
  await chain.add(await chain.identityBody("alice 2"));
  chain.identity = "alice 2";
  const linked = await know(chain);
  await reset(chain, "alice 3", "new");
  const unlinked = await know(chain);
  const met = pins.meet(undefined, 1, first.head, pins.IN_A_GROUP, 5, 1);
  expect(met).toMatchObject({ how: pins.IN_A_GROUP, by: 5, n: headOf(first.head).n, takesBack: [] });
  const asked = pins.meet(met, 1, first.head, pins.BY_REQUEST, 0, 2);
  expect([asked.how, asked.by, pins.meet(asked, 1, first.head, pins.IN_A_GROUP, 5, 3).how]).toEqual([pins.BY_REQUEST, 0, pins.BY_REQUEST]);
  expect(pins.meet(asked, 1, unlinked.head, pins.COMPARED, 0, 3)).toBe(asked);
  expect([pins.findChange(asked, linked), pins.isHeld(asked, linked)]).toEqual(["linked", false]);
  expect(pins.follow(asked, linked, 4)).toMatchObject({ identityKey: linked.head.identityKey, how: pins.BY_REQUEST, takesBack: [] });
  const compared = pins.compare(undefined, first, 5);
  expect([pins.isHeld(compared, linked), pins.follow(compared, linked, 6)]).toEqual([true, compared]);
  expect([pins.findChange(asked, unlinked), pins.follow(asked, unlinked, 6)]).toEqual(["unlinked", asked]);
  expect(await verdict(() => pins.checkPin(asked, unlinked))).toBe("changed_identity");
  const accepted = pins.accept(compared, unlinked, 7);
  expect([accepted.how, pins.isHeld(accepted, unlinked), pins.accept(met, unlinked, 7).how]).toEqual([pins.BY_REQUEST, false, pins.IN_A_GROUP]);
  const others = [pins.follow(asked, linked, 4), accepted, { ...asked, how: pins.COMPARED }, { ...asked, hash: named("x") }, { ...asked, identityKey: named("x") }];
  for (const known of [new KnownChain(SERVER, 1), unlinked]) expect(others.map((other) => pins.hasConflict([asked, other], known))).toEqual([false, false, false, true, true]);
  expect(pins.hasConflict([{ ...asked, hash: named("x") }], unlinked)).toBe(true);
  const forked = { ...asked, hash: named("x") };
  expect([pins.listSinceCompared([asked, forked, compared]), pins.listSinceCompared([compared, asked, forked])]).toEqual([[compared], [compared, asked, forked]]);
});

test("earlier keys hold whatever their incarnation, and taking them takes back what is not on the chain and nothing else", async () => {
  const chain = await begin();
  const backup = await know(chain);
  const old = pins.meet(undefined, 1, backup.head, pins.BY_REQUEST, 0, 1);
  const another = new Chain(1, "alice");
  await another.genesis();
  await list(another, "phone", "laptop");
  await chain.add(await chain.identityBody("alice 2"));
  chain.identity = "alice 2";
  const renewed = await know(chain);
  const pin = pins.follow(old, renewed, 2);
  expect([pins.findChange(pin, backup), pins.isHeld(pin, backup), pins.follow(pin, backup, 3), pins.findAgain(pin, backup, 3)]).toEqual(["earlier", true, pin, pin]);
  expect(await verdict(() => pins.checkPin(pin, backup))).toBe("changed_identity");
  expect([await verdict(() => pins.checkSeen(pin, backup)), pins.checkSeen(old, renewed)]).toEqual(["rollback", undefined]);

  const third = { ...pin, identityKey: named("third"), time: 9 };
  const past = [old, pin, { ...pin, how: pins.BY_LINK }, third];
  const taken = pins.accept(pin, backup, 4, past);
  expect(taken).toMatchObject({ n: old.n, identityKey: old.identityKey, how: pins.BY_REQUEST });
  expect(taken.takesBack.map(toHex)).toEqual(past.slice(0, 3).map((one) => toHex(hashPin(one))).sort());
  expect(listCounting([...past, taken])).toEqual([third]);
  expect(listCounting([taken, pin, old])).toEqual([taken]);
  expect([pins.hasThirdKey([...past, taken], taken, backup), pins.hasThirdKey(past.slice(0, 3), pin, backup)]).toEqual([true, false]);
  const compared = pins.compare(pin, backup, 5, [...past, taken]);
  expect(listCounting([...past, taken, compared])).toEqual([compared]);
  expect(pins.hasThirdKey([...past, taken, compared], compared, backup)).toBe(false);
  expect(pins.listDisputed([old, pin, taken])).toEqual([]);

  // Another renewal since: of the keys that were taken it is one, of those that are lost it is not.
  await another.add(await another.identityBody("alice 4"));
  const anew = await know(another);
  expect(await verdict(() => pins.checkSeen(pin, anew))).toBe("fork");
  expect([pins.findChange(pin, anew), pins.findChange(taken, anew)]).toEqual(["earlier", "linked"]);
  // The newer keys come back.
  expect([pins.findChange(taken, renewed), pins.hasConflict([old, pin, taken], renewed)]).toEqual(["linked", false]);
  const back = pins.follow(taken, renewed, 6);
  expect(listCounting([old, pin, taken, back])).toEqual([back]);
  expect(back.takesBack).toEqual(taken.takesBack);
});

test("a pin whose head a restore has lost goes where the chain is, and takes back no more than itself", async () => {
  const chain = await begin();
  const backup = await know(chain);
  await chain.add(profile, "phone");
  const later = await know(chain);
  const pin = pins.compare(undefined, later, 1);
  expect(pins.findChange(pin, backup)).toBe("none");
  const moved = pins.findAgain(pin, backup, 2);
  expect([moved.n, moved.how, moved.takesBack.map(toHex)]).toEqual([backup.head.n, pins.COMPARED, [toHex(hashPin(pin))]]);
  expect(pins.findAgain(moved, later, 3)).toBe(moved);
  const many = Array.from({ length: 20 }, (_, at) => ({ ...pin, n: pin.n + at }));
  const taken = pins.accept(moved, backup, 4, many).takesBack.map(toHex);
  expect(taken).toEqual(many.slice(4).map((one) => toHex(hashPin(one))).sort());
});
