// What is known of people, what is decided about them, and what follows in conversations (docs/protocol-encryption.md, 9).
import { beforeAll, describe, expect, test } from "vitest";

import type { Bytes } from "../../../lib/bytes.ts";
import { changePassword } from "../../account/change-password.ts";
import { carryOver } from "../../account/renew.ts";
import { resetWithout } from "../../account/reset.ts";
import type { Account } from "../../account/self.ts";
import { MemorySession } from "../../account/testing/memory-session.ts";
import { MemoryStore } from "../../account/testing/memory-store.ts";
import { asNext, makePassword, ready, verdictOf } from "../../account/testing/world.ts";
import { equal } from "../../protocol/codec.ts";
import { findMember } from "../../protocol/epoch-rules.ts";
import { random } from "../../protocol/primitives.ts";
import { act, begin, makeReady, NotReady } from "../acting/act.ts";
import { describeConversation } from "../conversation-facts.ts";
import type { Device } from "../device.ts";
import { confirm } from "../fetching/fetch-epochs.ts";
import { PLAIN_SETTINGS } from "../acting/make-epoch.ts";
import { MemoryConversations } from "../testing/memory-conversations.ts";
import { catchUp, read, say } from "../testing/talk.ts";
import { Town } from "../testing/town.ts";
import { acceptIdentity, confirmCompared, look, type PersonTrust, refresh, takeComparisonBack } from "./trusting.ts";

const LONG = { timeout: 60_000 };
const BOB = { user: 2, isFriend: true, fingerprint: null };
const CAROL = { user: 3, isFriend: true, fingerprint: null };

class Scene {
  readonly town = new Town();
  readonly accounts = new Map<number, Account>();
  alice!: Device;
  bob!: Device;
  carol!: Device;

  static async begin(): Promise<Scene> {
    const scene = new Scene();
    for (const [at, name] of ["alice", "bob", "carol"].entries()) scene.accounts.set(at + 1, await scene.town.move(at + 1, name));
    scene.alice = await scene.town.start(scene.accounts.get(1)!);
    scene.bob = await scene.town.start(scene.accounts.get(2)!);
    scene.carol = await scene.town.start(scene.accounts.get(3)!);
    return scene;
  }

  /** Another device of alice. */
  laptop = async (): Promise<Device> => this.town.start(await this.town.worlds.get(1)!.add());

  /** Bob begins anew, with an administrator's link and nothing else. */
  async resetBob(): Promise<Device> {
    const world = this.town.worlds.get(2)!;
    const token = `token ${random(4).join()}`;
    world.server.resetTokens.add(token);
    const account = await resetWithout(new MemorySession(world.server, random(16)), token, asNext(makePassword()), (start) => Promise.resolve(world.accountOf(start.device, new MemoryStore())));
    await ready(account);
    return this.town.start(account);
  }

  /** Bob suspects that somebody knows his password: another identity key, linked to the one before. */
  async renewBob(): Promise<Device> {
    const world = this.town.worlds.get(2)!;
    await changePassword(this.accounts.get(2)!, world.password, asNext(makePassword()), { kept: [], isTheft: true });
    return this.town.start(this.accounts.get(2)!);
  }
}

const ofBob = async (device: Device, who: Parameters<typeof refresh>[1] = [BOB]): Promise<PersonTrust> => (await refresh(device, who)).find((one) => one.user === 2)!;
const shown = async (device: Device, user = 2): Promise<string> => (await look(device, { user, fingerprint: null })).fingerprint!;
const stateOf = async (device: Device, conversation: Bytes): Promise<string> => device.stateOf(await device.open(conversation)).state;

describe("first sight", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.begin();
  });

  test("a friend is pinned by the request; nothing is written twice", LONG, async () => {
    const { alice, town } = scene;
    expect(await ofBob(alice)).toMatchObject({ how: 2, since: town.now, change: "none", isHeld: false, isVerified: false, isNotOfLink: false, verdict: null });
    const { rows } = town.worlds.get(1)!.server.kept;
    const before = rows.length;
    await ofBob(alice);
    expect(rows.length).toBe(before);
  });

  test("a link that names the keys raises the trust; one that names others pins nothing and is said", LONG, async () => {
    const { alice, bob } = scene;
    const print = await shown(alice);
    expect(await ofBob(alice, [{ ...BOB, fingerprint: print }])).toMatchObject({ how: 1, isNotOfLink: false });
    const stranger = await shown(bob, 3);
    const [carol] = (await refresh(alice, [{ ...CAROL, fingerprint: print }])).filter((one) => one.user === 3);
    expect(carol).toMatchObject({ how: null, isNotOfLink: true, fingerprint: stranger });
    expect((await refresh(alice, [CAROL])).find((one) => one.user === 3)).toMatchObject({ how: 2, isNotOfLink: false });
  });

  test("both see one number, and each the code that the other shows", LONG, async () => {
    const { alice, bob } = scene;
    const [ofHim, ofHer] = [await look(alice, { user: 2, fingerprint: null }), await look(bob, { user: 1, fingerprint: null })];
    expect(ofHim.number).toMatch(/^\d{60}$/);
    expect(ofHer.number).toBe(ofHim.number);
    expect([ofHer.shows, ofHer.expects]).toEqual([ofHim.expects, ofHim.shows]);
    expect(ofHim.shows).not.toBe(ofHim.expects);
    expect((await look(alice, { user: 3, fingerprint: null })).number).not.toBe(ofHim.number);
  });

  test("what cannot be of one of them holds up nobody else", LONG, async () => {
    const { alice, town } = scene;
    const { kept } = town.worlds.get(3)!.server;
    const [statements, states] = [kept.statements.splice(2), kept.states.splice(2)];
    const found = await refresh(alice, [BOB, CAROL]);
    expect(found.map((one) => [one.user, one.verdict])).toEqual([[2, null], [3, "rollback"]]);
    expect(await verdictOf(confirmCompared(alice, 3, found[1]!.fingerprint!))).toBe("rollback");
    kept.statements.push(...statements);
    kept.states.push(...states);
    expect((await refresh(alice, [BOB, CAROL]))[1]!.verdict).toBeNull();
  });

  test("of whom nothing may be seen there is nothing to compare", LONG, async () => {
    expect(await look(scene.alice, { user: 9, fingerprint: null })).toMatchObject({ fingerprint: null, number: null, how: null });
    expect(await verdictOf(acceptIdentity(scene.alice, 9, "0".repeat(32)))).toBe("unproven");
  });
});

test("a comparison is known on all own devices, and so is taking it back", LONG, async () => {
  const { alice, laptop } = await Scene.begin();
  const other = await laptop();
  await ofBob(alice);
  expect(await verdictOf(confirmCompared(alice, 2, "0".repeat(32)))).toBe("changed_identity");
  expect((await ofBob(alice)).isVerified).toBe(false);
  await confirmCompared(alice, 2, await shown(alice));
  for (const device of [alice, other]) expect(await ofBob(device)).toMatchObject({ how: 3, isVerified: true });
  await takeComparisonBack(other, 2);
  for (const device of [alice, other]) expect(await ofBob(device)).toMatchObject({ how: 2, isVerified: false });
});

test("when own devices were shown different keys of one head, both say so until somebody has compared", LONG, async () => {
  const { alice, laptop } = await Scene.begin();
  const other = await laptop();
  await confirmCompared(alice, 2, await shown(alice));
  expect(await ofBob(other)).toMatchObject({ isVerified: true, hasConflict: false });
  const seen = alice.pins.get(2)!;
  await other.append([{ ...seen, identityKey: random(32), how: 2 }]);
  for (const device of [alice, other]) expect(await ofBob(device)).toMatchObject({ isVerified: false, hasConflict: true });
  expect((await refresh(alice, [CAROL])).find((one) => one.user === 3)).toMatchObject({ hasConflict: false });
  await confirmCompared(alice, 2, await shown(alice));
  for (const device of [alice, other]) expect(await ofBob(device)).toMatchObject({ isVerified: true, hasConflict: false });
  await other.append([{ ...seen, n: seen.n - 1, hash: random(32), how: 2 }]);
  for (const device of [alice, other]) expect(await ofBob(device)).toMatchObject({ isVerified: false, hasConflict: true });
});

test("a conflict goes on under the next generations until somebody has compared", LONG, async () => {
  const { alice, town, laptop } = await Scene.begin();
  const world = town.worlds.get(1)!;
  const { account } = alice.self;
  await ofBob(alice);
  const seen = alice.pins.get(2)!;
  await alice.append([{ ...seen, identityKey: random(32) }, seen]);
  const renew = async (): Promise<Device> => {
    town.pass(31 * 24 * 3600 * 1000);
    const g = world.server.kept.generations.length;
    await ready(account);
    expect(world.server.kept.generations.length).toBe(g + 1);
    return town.start(account);
  };
  for (let round = 0; round < 2; round++) {
    const device = await renew();
    expect(await ofBob(device)).toMatchObject({ hasConflict: true, isHeld: false });
    expect(device.everyPin.get(2)!.length).toBeLessThan(4);
  }
  // A device that died before it had appended what the request had no room for.
  world.server.kept.rows = world.server.kept.rows.filter((row) => row.isOfSet || row.g < world.server.kept.generations.length);
  const other = await laptop();
  expect(await ofBob(other)).toMatchObject({ hasConflict: false });
  other.self.carryFrom = other.self.own.newest!.statement.g - 1;
  for (let round = 0; round < 2; round++) await carryOver(other.self);
  expect(await ofBob(other)).toMatchObject({ hasConflict: true });
  const last = await renew();
  await confirmCompared(last, 2, await shown(last));
  expect(await ofBob(await renew())).toMatchObject({ hasConflict: false, isVerified: true });
});

test("a link that names other keys holds all that is sealed to that person, until it is let go of", LONG, async () => {
  const scene = await Scene.begin();
  const { town, accounts } = scene;
  const store = new MemoryConversations();
  const alice = await town.start(accounts.get(1)!, store);
  const [direct, group] = [await begin(alice, { kind: "direct", other: 2 }), await begin(alice, { kind: "group", members: [2, 3], settings: PLAIN_SETTINGS })];
  await ofBob(alice);
  const other = await shown(alice, 3);
  expect(await ofBob(alice, [{ ...BOB, fingerprint: other }])).toMatchObject({ isNotOfLink: true, isHeld: false });
  const again = await town.start(accounts.get(1)!, store);
  await confirm(again, [direct, group]);
  for (const device of [alice, again]) {
    for (const one of [direct, group]) expect(device.stateOf(await device.open(one))).toEqual({ state: "held", users: [2] });
    await expect(say(town, device, direct, "to whom?")).rejects.toThrow(NotReady);
    town.pass(1);
    expect(await verdictOf(begin(device, { kind: "group", members: [2], settings: PLAIN_SETTINGS }))).toBe("changed_identity");
    expect(describeConversation(device, await device.open(group)).members.filter((one) => one.isHeld)).toMatchObject([{ user: 2 }]);
  }
  for (const device of [alice, again]) await refresh(device, [BOB]);
  for (const one of [direct, group]) expect(await stateOf(again, one)).toBe("ready");
  await say(town, again, direct, "to you");
  const third = await town.start(accounts.get(1)!, store);
  await catchUp(third, direct);
  expect(await stateOf(third, direct)).toBe("ready");
});

test("who has reset is not brought back while a link names other keys, and is not waited for by a link that names the new ones", LONG, async () => {
  const scene = await Scene.begin();
  const { alice } = scene;
  const direct = await begin(alice, { kind: "direct", other: 2 });
  await ofBob(alice);
  const before = await shown(alice);
  await scene.resetBob();
  await ofBob(alice, [{ ...BOB, fingerprint: before }]);
  await acceptIdentity(alice, 2, await shown(alice));
  await confirm(alice, [direct]);
  expect(alice.stateOf(await alice.open(direct))).toEqual({ state: "held", users: [2] });
  expect((await alice.open(direct)).known.epochs.newest!.epoch.n).toBe(1);
  await ofBob(alice, [{ ...BOB, fingerprint: await shown(alice) }]);
  expect(await stateOf(alice, direct)).toBe("ready");
  expect((await alice.open(direct)).known.epochs.newest!.epoch).toMatchObject({ action: "reidentify", n: 2 });
});

describe("a new identity", () => {
  test("holds until one tap, which brings the person back into every conversation", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice } = scene;
    const [direct, group] = [await begin(alice, { kind: "direct", other: 2 }), await begin(alice, { kind: "group", members: [2, 3], settings: PLAIN_SETTINGS })];
    await ofBob(alice);
    const before = await shown(alice);
    const bob = await scene.resetBob();
    await confirm(alice, [direct, group]);
    expect(await ofBob(alice)).toMatchObject({ change: "unlinked", isHeld: true, how: 2 });
    for (const one of [direct, group]) expect(await stateOf(alice, one)).toBe("held");
    expect(await verdictOf(acceptIdentity(alice, 2, before))).toBe("changed_identity");
    expect((await ofBob(alice)).isHeld).toBe(true);
    await acceptIdentity(alice, 2, await shown(alice));
    for (const one of [direct, group]) expect(await stateOf(alice, one)).toBe("ready");
    expect(await ofBob(alice)).toMatchObject({ change: "none", isHeld: false, how: 2 });
    await say(town, alice, direct, "there you are");
    await catchUp(bob, direct);
    expect((await read(bob, direct)).at(-1)).toBe("there you are");
    expect((await alice.open(direct)).known.epochs.newest!.epoch).toMatchObject({ action: "reidentify", n: 2 });
    expect(describeConversation(alice, await alice.open(direct)).events).toEqual([{ seq: 2, user: 2, what: "reset" }]);
  });

  test("that was accepted on another device is taken up here by itself, once", LONG, async () => {
    const scene = await Scene.begin();
    const { alice, laptop } = scene;
    const direct = await begin(alice, { kind: "direct", other: 2 });
    const other = await laptop();
    await ofBob(alice);
    await scene.resetBob();
    await ofBob(other);
    await acceptIdentity(other, 2, await shown(other));
    await confirm(alice, [direct]);
    expect(await stateOf(alice, direct)).toBe("held");
    await ofBob(alice);
    expect(await stateOf(alice, direct)).toBe("ready");
    await ofBob(alice);
    expect((await alice.open(direct)).known.epochs.newest!.epoch.n).toBe(2);
  });

  test("that nobody has accepted is taken up by nobody; a comparison accepts it", LONG, async () => {
    const scene = await Scene.begin();
    const { alice } = scene;
    const direct = await begin(alice, { kind: "direct", other: 2 });
    await ofBob(alice);
    await scene.resetBob();
    await confirm(alice, [direct]);
    for (let times = 0; times < 2; times += 1) expect((await ofBob(alice)).isHeld).toBe(true);
    expect((await alice.open(direct)).known.epochs.newest!.epoch.n).toBe(1);
    await confirmCompared(alice, 2, await shown(alice));
    expect(await ofBob(alice)).toMatchObject({ isVerified: true, isHeld: false });
    expect(await stateOf(alice, direct)).toBe("ready");
  });
});

describe("renewed keys", () => {
  test("hold nothing where nothing was compared", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice } = scene;
    const direct = await begin(alice, { kind: "direct", other: 2 });
    await ofBob(alice);
    const before = await shown(alice);
    await scene.renewBob();
    expect(await ofBob(alice)).toMatchObject({ change: "none", isHeld: false, how: 2 });
    expect(await shown(alice)).not.toBe(before);
    await confirm(alice, [direct]);
    await say(town, alice, direct, "as before");
    expect(describeConversation(alice, await alice.open(direct)).events).toMatchObject([{ user: 2, what: "renewed" }]);
  });

  test("of somebody who was compared wait; others are removed meanwhile under the keys that were", LONG, async () => {
    const scene = await Scene.begin();
    const { alice } = scene;
    const group = await begin(alice, { kind: "group", members: [2, 3], settings: PLAIN_SETTINGS });
    await confirmCompared(alice, 2, await shown(alice));
    const lineOf = async (): Promise<Bytes> => findMember((await alice.open(group)).known.epochs.newest!.roster, 2)!.identityKey;
    const before = await lineOf();
    await scene.renewBob();
    await confirm(alice, [group]);
    expect(await ofBob(alice)).toMatchObject({ change: "linked", isHeld: true, isVerified: false, how: 3 });
    expect(alice.stateOf(await alice.open(group))).toEqual({ state: "held", users: [2] });
    await act(alice, await alice.open(group), { action: "remove", targets: [{ user: 3, cause: null }] });
    expect(equal(await lineOf(), before)).toBe(true);
    await confirmCompared(alice, 2, await shown(alice));
    await makeReady(alice, await alice.open(group));
    expect(equal(await lineOf(), alice.people.chain(2).head.identityKey)).toBe(true);
    expect(await ofBob(alice)).toMatchObject({ isVerified: true, isHeld: false });
  });

  test("of somebody who was compared may also be taken without comparing: then nothing vouches for them", LONG, async () => {
    const scene = await Scene.begin();
    const { alice } = scene;
    await confirmCompared(alice, 2, await shown(alice));
    await scene.renewBob();
    expect((await ofBob(alice)).isHeld).toBe(true);
    await acceptIdentity(alice, 2, await shown(alice));
    expect(await ofBob(alice)).toMatchObject({ isHeld: false, isVerified: false, how: 2 });
  });
});

test("everybody in a conversation sees one code, until the keys change", LONG, async () => {
  const { alice, bob } = await Scene.begin();
  const direct = await begin(alice, { kind: "direct", other: 2 });
  const facts = async (device: Device): Promise<ReturnType<typeof describeConversation>> => {
    await catchUp(device, direct);
    return describeConversation(device, await device.open(direct));
  };
  const [ofAlice, ofBobs] = [await facts(alice), await facts(bob)];
  expect(ofAlice).toMatchObject({ n: 1, first: { n: 1 }, sealing: { state: "ready" } });
  expect(ofAlice.members.map(({ user, devices, isVerified }) => [user, devices, isVerified])).toEqual([[1, 1, false], [2, 1, false]]);
  expect(ofAlice.code).toMatch(/^\d{30}$/);
  expect(ofBobs.code).toBe(ofAlice.code);
  await confirmCompared(alice, 2, await shown(alice));
  await act(alice, await alice.open(direct), { action: "rotate" });
  const later = await facts(alice);
  expect(later).toMatchObject({ n: 2 });
  expect(later.code).not.toBe(ofAlice.code);
  expect(later.members[1]).toMatchObject({ user: 2, isVerified: true });
  const empty = describeConversation(alice, await alice.open(random(16)));
  expect(empty).toMatchObject({ n: 0, since: null, code: null, members: [] });
});
