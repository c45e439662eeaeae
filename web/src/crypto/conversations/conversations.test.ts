// Whole conversations between devices at a server that keeps its rules (docs/protocol-encryption.md, 7).
import { beforeAll, describe, expect, test } from "vitest";

import type { Bytes } from "../../lib/bytes.ts";
import { removeDevices, retire } from "../account/remove-devices.ts";
import type { Account } from "../account/self.ts";
import { resetWithout } from "../account/reset.ts";
import { MemorySession } from "../account/testing/memory-session.ts";
import { MemoryStore } from "../account/testing/memory-store.ts";
import { asNext, DAY, makePassword, ready, verdictOf } from "../account/testing/world.ts";
import { random } from "../protocol/primitives.ts";
import { accept } from "../protocol/pins.ts";
import { act, begin, makeReady, NotReady } from "./acting/act.ts";
import { leaveGroup } from "./acting/group.ts";
import type { Device } from "./device.ts";
import { confirm } from "./fetching/fetch-epochs.ts";
import { listClaims, takeGossip } from "./gossip.ts";
import { askForSeeds, listHealing } from "./fetching/heal.ts";
import { PLAIN_SETTINGS } from "./acting/make-epoch.ts";
import { describeConversation } from "./conversation-facts.ts";
import { isLost } from "./fetching/rewrap.ts";
import { readSeeds, takeWraps } from "./fetching/seeds.ts";
import { MemoryConversations } from "./testing/memory-conversations.ts";
import { catchUp, read, say } from "./testing/talk.ts";
import { Town } from "./testing/town.ts";

const GROUP_SETTINGS = { ...PLAIN_SETTINGS, addBy: 2, settingsBy: 2 };

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

  group = (...members: number[]): Promise<Bytes> => begin(this.alice, { kind: "group", members, settings: GROUP_SETTINGS });
}

const n = async (device: Device, conversation: Bytes): Promise<number> => (await device.open(conversation)).known.epochs.newest!.epoch.n;
const stateOf = async (device: Device, conversation: Bytes): Promise<string> => device.stateOf(await device.open(conversation)).state;
const does = async (device: Device, conversation: Bytes, wanted: Parameters<typeof act>[2]): Promise<void> => act(device, await device.open(conversation), wanted);

/** Bob begins anew, with an administrator's link and nothing else. */
async function resetBob(town: Town): Promise<Account> {
  const world = town.worlds.get(2)!;
  world.server.resetTokens.add("token");
  const session = new MemorySession(world.server, random(16));
  const account = await resetWithout(session, "token", asNext(makePassword()), (start) => Promise.resolve(world.accountOf(start.device, new MemoryStore())));
  await ready(account);
  return account;
}

const LONG = { timeout: 60_000 };

describe("talking", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.begin();
  });

  test("two people, directly: both read all of it and have the same log", LONG, async () => {
    const { town, alice, bob } = scene;
    const direct = await begin(alice, { kind: "direct", other: 2 });
    await say(town, alice, direct, "hello");
    await catchUp(bob, direct);
    await say(town, bob, direct, "hello yourself");
    expect([await read(alice, direct), await read(bob, direct)]).toEqual([["hello", "hello yourself"], ["hello", "hello yourself"]]);
    expect((await alice.open(direct)).known.log.head).toEqual((await bob.open(direct)).known.log.head);
    expect(await begin(bob, { kind: "direct", other: 1 })).toEqual(direct);
    expect(await n(bob, direct)).toBe(1);
  });

  test("one's own notes", LONG, async () => {
    const { town, alice } = scene;
    const notes = await begin(alice, { kind: "self" });
    await say(town, alice, notes, "milk");
    expect(await read(alice, notes)).toEqual(["milk"]);
  });

  test("who is added reads from then on, who is removed no more", LONG, async () => {
    const { town, alice, bob, carol } = scene;
    const group = await scene.group(2);
    await say(town, alice, group, "before");
    await does(alice, group, { action: "add", targets: [{ user: 3, cause: null }], historyFrom: 0 });
    await say(town, alice, group, "with carol");
    await catchUp(carol, group);
    expect(await read(carol, group)).toEqual(["[keyless]", "with carol"]);
    await catchUp(bob, group);
    expect(await read(bob, group)).toEqual(["before", "with carol"]);
    await does(alice, group, { action: "remove", targets: [{ user: 3, cause: null }] });
    await say(town, alice, group, "without carol");
    await catchUp(carol, group);
    expect((await read(carol, group)).at(-1)).toBe("[unproven]");
    await catchUp(bob, group);
    expect(await read(bob, group)).toEqual(["before", "with carol", "without carol"]);
    expect(await verdictOf(does(bob, group, { action: "add", targets: [{ user: 3, cause: null }], historyFrom: 0 }))).toBe("not_allowed");
  });

  test("a newcomer is given history as far as the record says", LONG, async () => {
    const { town, alice, carol } = scene;
    town.pass(1);
    const group = await scene.group(2);
    await say(town, alice, group, "one");
    await does(alice, group, { action: "rotate" });
    await say(town, alice, group, "two");
    await does(alice, group, { action: "rotate" });
    await say(town, alice, group, "three");
    await does(alice, group, { action: "add", targets: [{ user: 3, cause: null }], historyFrom: 2 });
    await catchUp(carol, group);
    expect(await read(carol, group)).toEqual(["[keyless]", "two", "three"]);
  });

  test("what a device did not keep it knows again: from its store, and on a new device from the keyring", LONG, async () => {
    const { town, alice } = scene;
    town.pass(1);
    const store = new MemoryConversations();
    const account = scene.accounts.get(2)!;
    const bob = await town.start(account, store);
    const group = await scene.group(2);
    await say(town, alice, group, "one");
    await catchUp(bob, group);
    await does(alice, group, { action: "rotate" });
    await say(town, alice, group, "two");
    await catchUp(bob, group);
    const codeOf = async (device: Device): Promise<string | null> => describeConversation(device, await device.open(group)).code;
    const code = await codeOf(bob);
    const again = await town.start(account, store);
    expect([code, await codeOf(again)], "without being handed anything").toEqual([code ?? "a code", code]);
    expect(await read(again, group)).toEqual(["one", "two"]);
    const tablet = await town.start(await town.worlds.get(2)!.add());
    await catchUp(tablet, group);
    expect((await tablet.open(group)).known.hasHead).toBe(true);
    expect((await read(tablet, group)).at(-1)).toBe("two");
  });
});

describe("the next epoch", () => {
  test("who left is removed by the next who writes", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice, bob, carol } = scene;
    const group = await scene.group(2, 3);
    await catchUp(carol, group);
    await leaveGroup(carol, await carol.open(group), null);
    await catchUp(bob, group);
    expect(await stateOf(bob, group)).toBe("rotating");
    await say(town, bob, group, "without carol");
    expect((await bob.open(group)).known.epochs.newest!.epoch.action).toBe("remove");
    await catchUp(alice, group);
    expect(await read(alice, group)).toEqual(["without carol"]);
    expect(await n(alice, group)).toBe(2);
  });

  test("a removed device reads nothing that is written later", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice } = scene;
    const world = town.worlds.get(2)!;
    const laptopAccount = await world.add();
    const laptop = await town.start(laptopAccount);
    const group = await scene.group(2);
    await say(town, alice, group, "both");
    await catchUp(laptop, group);
    expect(await read(laptop, group)).toEqual(["both"]);
    await removeDevices(scene.accounts.get(2)!, world.password, [laptopAccount.device]);
    await catchUp(alice, group);
    expect(await stateOf(alice, group)).toBe("rotating");
    await say(town, alice, group, "phone only");
    const bob = await town.start(scene.accounts.get(2)!);
    await catchUp(bob, group);
    expect(await read(bob, group)).toEqual(["both", "phone only"]);
    // A server that goes on giving it all that the phone is given.
    laptopAccount.server = scene.accounts.get(2)!.server;
    await readSeeds(laptop);
    await confirm(laptop, [group]);
    await takeWraps(laptop);
    expect(await read(laptop, group)).toEqual(["both", "[keyless]"]);
  });

  test("who signed out goes on reading, and a week is too long for an epoch", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice } = scene;
    const world = town.worlds.get(2)!;
    const laptopAccount = await world.add();
    const group = await scene.group(2);
    await retire(scene.accounts.get(2)!);
    const laptop = await town.start(laptopAccount);
    await catchUp(laptop, group);
    await say(town, laptop, group, "still here");
    expect((await laptop.open(group)).known.epochs.newest!.epoch.action).toBe("rotate");
    await catchUp(alice, group);
    expect(await read(alice, group)).toEqual(["still here"]);
    expect(await stateOf(alice, group)).toBe("ready");
    town.pass(7 * DAY);
    expect(await stateOf(alice, group)).toBe("rotating");
  });

  test("two who make it at once: one is first, the other looks again", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice, bob } = scene;
    const group = await scene.group(2);
    await catchUp(bob, group);
    town.pass(7 * DAY);
    await makeReady(alice, await alice.open(group));
    await makeReady(bob, await bob.open(group));
    expect([await n(alice, group), await n(bob, group)]).toEqual([2, 2]);
    await say(town, bob, group, "under alice's");
    await catchUp(alice, group);
    expect(await read(alice, group)).toEqual(["under alice's"]);
  });

  test("a reset holds until it is accepted and taken up; earlier seeds stay with the old identity", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice } = scene;
    const group = await scene.group(2);
    await say(town, alice, group, "to the old bob");
    const account = await resetBob(town);
    await confirm(alice, [group]);
    expect(alice.stateOf(await alice.open(group))).toEqual({ state: "held", users: [2] });
    expect(await say(town, alice, group, "x").catch((error: unknown) => error)).toBeInstanceOf(NotReady);
    alice.pins.set(2, accept(alice.pins.get(2)!, alice.people.chain(2), town.now));
    expect(await stateOf(alice, group)).toBe("held");
    await does(alice, group, { action: "reidentify", targets: [{ user: 2 }] });
    await say(town, alice, group, "to the new bob");
    const bob = await town.start(account);
    await catchUp(bob, group);
    expect((await read(bob, group)).slice(-1)).toEqual(["to the new bob"]);
    expect((await read(bob, group))[0]).toBe("[keyless]");
    // Nobody would give it: nobody is asked.
    const { known } = await bob.open(group);
    expect(known.epochs.all.map((epoch) => [epoch.epoch.n, isLost(known, epoch)])).toEqual([[1, true], [2, false]]);
    expect(listHealing(bob)).toEqual([]);
    await askForSeeds(bob);
    expect(town.place(group).rewraps.size).toBe(0);
  });
});

test("rows under a generation that another device has renewed are written under the new one", LONG, async () => {
  const scene = await Scene.begin();
  const { town, alice } = scene;
  const laptop = await town.worlds.get(1)!.add();
  const group = await scene.group(2);
  await say(town, alice, group, "one");
  await removeDevices(scene.accounts.get(1)!, town.worlds.get(1)!.password, [laptop.device]);
  await catchUp(alice, group);
  const tablet = await town.start(await town.worlds.get(1)!.add());
  await catchUp(tablet, group);
  expect((await tablet.open(group)).known.hasHead).toBe(true);
  expect(await read(tablet, group)).toEqual(["one"]);
});

describe("after a time outside", () => {
  test("who is added again reads what is of the two stays, and what was kept of the first stays open after a new start", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice } = scene;
    const store = new MemoryConversations();
    const bob = await town.start(scene.accounts.get(2)!, store);
    const group = await scene.group(2, 3);
    await say(town, alice, group, "one");
    await catchUp(bob, group);
    await does(alice, group, { action: "remove", targets: [{ user: 2, cause: null }] });
    await does(alice, group, { action: "rotate" });
    await say(town, alice, group, "without bob");
    await does(alice, group, { action: "rotate" });
    await does(alice, group, { action: "add", targets: [{ user: 2, cause: null }], historyFrom: 0 });
    await say(town, alice, group, "welcome back");
    await catchUp(bob, group);
    expect([await read(bob, group), await stateOf(bob, group)]).toEqual([["one", "[unproven]", "welcome back"], "ready"]);
    await say(town, bob, group, "thanks");
    const again = await town.start(scene.accounts.get(2)!, store);
    expect(await read(again, group)).toEqual(["one", "[unproven]", "welcome back", "thanks"]);
    await catchUp(alice, group);
    expect((await read(alice, group)).at(-1)).toBe("thanks");
  });
});

describe("what people tell each other", () => {
  test("of a group that is further on, and of one that is shown in two ways", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice, bob } = scene;
    const group = await scene.group(2);
    const direct = await begin(alice, { kind: "direct", other: 2 });
    await catchUp(bob, group, direct);
    await does(alice, group, { action: "rotate" });
    await say(town, alice, direct, "hello");
    await read(bob, direct);
    expect(await takeGossip(bob, await bob.open(direct))).toEqual([]);
    expect(await n(bob, group)).toBe(2);
    await catchUp(bob, group, direct);
    await say(town, alice, direct, "the same");
    await read(bob, direct);
    expect(await takeGossip(bob, await bob.open(direct))).toEqual([]);
    expect([await stateOf(bob, group), listClaims(await bob.open(group))]).toEqual(["ready", []]);
    const newest = (await alice.open(group)).known.epochs.newest!;
    const { hash } = newest;
    // A server that splits the group shows nobody both halves: it is her word, which is kept, and holds nothing.
    Object.assign(newest, { hash: random(32) });
    await say(town, alice, direct, "another group");
    await read(bob, direct);
    expect(await takeGossip(bob, await bob.open(direct))).toEqual([await bob.open(group)]);
    expect([await stateOf(bob, group), listClaims(await bob.open(group))]).toEqual(["ready", [1]]);
    Object.assign(newest, { hash });
    await say(town, alice, direct, "the same again");
    await read(bob, direct);
    expect(await takeGossip(bob, await bob.open(direct))).toEqual([await bob.open(group)]);
    expect(listClaims(await bob.open(group))).toEqual([]);
  });

  test("who was removed may say what they like", LONG, async () => {
    const scene = await Scene.begin();
    const { town, alice, carol } = scene;
    const store = new MemoryConversations();
    const bob = await town.start(scene.accounts.get(2)!, store);
    const group = await scene.group(2, 3);
    const direct = await begin(carol, { kind: "direct", other: 2 });
    await catchUp(bob, group, direct);
    await catchUp(carol, group, direct);
    const lie = async (device: Device): Promise<number[]> => {
      await say(town, carol, direct, "hello");
      await read(device, direct);
      await takeGossip(device, await device.open(direct));
      return listClaims(await device.open(group));
    };
    expect(await lie(bob)).toEqual([]);
    Object.assign((await carol.open(group)).known.epochs.newest!, { hash: random(32) });
    // The group is known from before, and nobody has opened it in this run.
    expect(await lie(await town.start(scene.accounts.get(2)!, store))).toEqual([3]);
    expect([await lie(bob), await stateOf(bob, group)]).toEqual([[3], "ready"]);
    const again = await town.start(scene.accounts.get(2)!, store);
    await catchUp(again, group, direct);
    expect([listClaims(await again.open(group)), await stateOf(again, group)]).toEqual([[3], "ready"]);
    await does(alice, group, { action: "remove", targets: [{ user: 3, cause: null }] });
    await catchUp(bob, group, direct);
    expect([listClaims(await bob.open(group)), await lie(bob), await stateOf(bob, group)]).toEqual([[], [], "ready"]);
    await say(town, bob, group, "among us");
  });
});
