// Whose keys are earlier ones again on a restored server: what holds, what one tap does, and what it does not (docs/protocol-encryption.md, 9.2).
import "fake-indexeddb/auto";

import { beforeEach, describe, expect, test } from "vitest";

import { asNext, makePassword } from "../crypto/account/testing/world.ts";
import type { PersonLook, PersonTrust } from "../crypto/conversations/people/trusting.ts";
import { Browser, openBrowsers } from "../crypto/keys/testing/browser.ts";
import type { Chosen } from "../crypto/keys/messages.ts";
import { fromHex, randomId } from "../lib/bytes.ts";
import { RestoredTown } from "./testing.ts";

const LONG = { timeout: 60_000 };
const NOTHING = { change: "none", isHeld: false, hasConflict: false, verdict: null };

function handOn<T>(given: T): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(given);
  return port2;
}

function choose(): Chosen {
  const password = makePassword();
  const { salt, stretching } = asNext(password).password;
  return { keys: handOn(password), salt, stretching };
}

class Scene {
  readonly server: RestoredTown;
  direct = "";

  constructor(readonly alice: Browser, readonly bob: Browser) {
    this.server = new RestoredTown(alice.town);
  }

  /** Alice and Bob write to each other and know each other; then the server is backed up. */
  static async begin(): Promise<Scene> {
    const { browsers: [alice, bob] } = await openBrowsers("alice", "bob");
    const scene = new Scene(alice!, bob!);
    for (const browser of [alice!, bob!]) await scene.meet(browser);
    scene.direct = await alice!.ask("beginConversation", { beginning: { kind: "direct", other: 2 } });
    await alice!.say(scene.direct, 1, "one");
    await scene.look(alice!);
    await scene.confirm(bob!);
    scene.server.backUp();
    return scene;
  }

  /** As at a connection. The log parts at what the backup has. */
  async meet(browser: Browser): Promise<void> {
    const { generation, town } = this.server;
    const place = town.places.get(this.direct);
    const partings = place === undefined ? [] : [{ conversation: this.direct, seq: place.rows.length, hash: place.hashes.at(-1)! }];
    await browser.ask("meetDatabase", { database: generation, partings });
    if (place === undefined) return;
    await browser.ask("connect", {});
    await browser.ask("takeBack", { conversation: this.direct, taken: 0 });
  }

  async confirm(browser: Browser): Promise<string> {
    const [standing] = await browser.ask("confirm", { conversations: [this.direct], databases: [this.server.generation] });
    return standing!.sealing.state;
  }

  async look(browser: Browser): Promise<PersonTrust> {
    const { people } = await browser.ask("refreshTrust", { people: [{ user: 2, isFriend: true, fingerprint: null }] });
    return people.find((one) => one.user === 2)!;
  }

  person = (browser: Browser): Promise<PersonLook> => browser.ask("lookAtPerson", { user: 2, fingerprint: null });

  async accept(browser: Browser): Promise<void> {
    await browser.ask("acceptIdentity", { user: 2, fingerprint: (await this.person(browser)).fingerprint! });
  }

  async addDevice({ world }: Browser): Promise<Browser> {
    const browser = new Browser(this.server.town, world);
    await browser.addDevice();
    await browser.ask("meetDatabase", { database: this.server.generation, partings: [] });
    await browser.ask("connect", {});
    return browser;
  }

  /** Bob suspects that somebody knows his password. */
  async renew(): Promise<void> {
    await this.bob.ask("changePassword", { password: handOn(this.bob.world.password), next: choose(), kept: [], isTheft: true });
    await this.bob.ask("connect", {});
  }

  /** Bob begins anew, and alice takes it. */
  async reset(): Promise<void> {
    const { world } = this.bob;
    world.server.resetTokens.add("token");
    await this.bob.ask("resetHere", { token: "token", next: choose() });
    await this.bob.ask("connect", {});
    await this.look(this.alice);
    await this.confirm(this.alice);
    await this.accept(this.alice);
  }

  async restore(): Promise<void> {
    this.server.restore();
    for (const browser of [this.alice, this.bob]) await this.meet(browser);
  }

  readonly said = async (browser: Browser): Promise<string[]> => {
    await this.confirm(browser);
    return (await browser.read(this.direct)).filter((one) => one !== "stands");
  };
}

describe.each(["renew", "reset"] as const)("after a %s that a restored server has lost", (what) => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.begin();
    await scene[what]();
    await scene.look(scene.alice);
    await scene.confirm(scene.alice);
    await scene.alice.say(scene.direct, 2, "to the newer keys");
    expect(scene.server.town.place(fromHex(scene.direct)).epochs).toHaveLength(2);
  }, 60_000);

  test("nothing is sealed to the earlier keys, and the lost epoch is not waited for, until one tap", LONG, async () => {
    const { alice, bob, direct } = scene;
    await scene.restore();
    expect(await alice.ask("takeBack", { conversation: direct, taken: 0 })).toMatchObject({ epochs: [], isAwaiting: false });
    expect(await scene.look(alice)).toMatchObject({ change: "earlier", isHeld: true, how: 2, hasConflict: false, verdict: null });
    expect(await scene.confirm(alice)).toBe("held");
    await expect(alice.say(direct, 3, "too early")).rejects.toMatchObject({ kind: "not_ready", code: "held" });
    await scene.accept(alice);
    expect(await scene.look(alice)).toMatchObject(NOTHING);
    await alice.say(direct, 3, "two");
    expect(await scene.said(bob)).toEqual(["one", "two"]);
    await bob.say(direct, 1, "three");
    expect(await scene.said(alice)).toEqual(["one", "two", "three"]);
    alice.restart();
    expect(await scene.look(alice)).toMatchObject(NOTHING);
  });

  test("one's other devices have the decision; one that was told of no restore shows a rollback until then", LONG, async () => {
    const laptop = await scene.addDevice(scene.alice);
    await scene.look(laptop);
    scene.server.restore();
    // The backup does not know the laptop.
    await scene.meet(scene.alice);
    expect(await scene.look(scene.alice)).toMatchObject({ change: "earlier" });
    const later = await scene.addDevice(scene.alice);
    expect(await scene.look(later)).toMatchObject({ isHeld: true, verdict: "rollback" });
    await expect(scene.accept(later)).rejects.toMatchObject({ code: "rollback" });
    expect(await scene.confirm(later)).toBe("stopped");
    await scene.accept(scene.alice);
    expect(await scene.look(later)).toMatchObject(NOTHING);
    expect(await scene.confirm(later)).toBe("ready");
  });

  test("keys that come back with a later backup are a change like any other, whose acceptance counts", LONG, async () => {
    const { alice, direct } = scene;
    const newer = new RestoredTown(scene.server.town);
    newer.backUp();
    const place = scene.server.town.place(fromHex(direct));
    const before = { epochs: [...place.epochs], rows: [...place.rows], hashes: [...place.hashes] };
    await scene.restore();
    await scene.look(alice);
    await scene.accept(alice);
    await alice.say(direct, 3, "to the earlier keys");
    Object.assign(place, before);
    newer.restore();
    scene.server.generation = newer.generation;
    await scene.meet(alice);
    await scene.meet(scene.bob);
    const found = await scene.look(alice);
    expect(found).toMatchObject(what === "renew" ? NOTHING : { ...NOTHING, change: "unlinked", isHeld: true });
    if (found.isHeld) await scene.accept(alice);
    expect(await scene.look(alice)).toMatchObject(NOTHING);
    await alice.say(direct, 4, "two");
    expect((await scene.said(scene.bob)).at(-1)).toBe("two");
  });

  test("a server that says nothing of a restore shows a rollback, and no button takes the earlier keys", LONG, async () => {
    const { alice, server: { generation } } = scene;
    scene.server.restore();
    scene.server.generation = generation;
    const later = await scene.addDevice(alice);
    for (const browser of [alice, later]) await browser.ask("refreshTrust", { people: [{ user: 2, isFriend: true, fingerprint: null }] }).catch(() => undefined);
    expect(await scene.confirm(alice)).toBe("stopped");
    await expect(scene.accept(alice)).rejects.toMatchObject({ kind: "verdict" });
  });

  test("who was compared is verified no more, but by comparing again", LONG, async () => {
    const { alice } = scene;
    const confirm = async (): Promise<null> => alice.ask("confirmCompared", { user: 2, fingerprint: (await scene.person(alice)).fingerprint! });
    await confirm();
    await scene.restore();
    expect(await scene.look(alice)).toMatchObject({ change: "earlier", isHeld: true, isVerified: false, how: 3 });
    await scene.accept(alice);
    expect(await scene.look(alice)).toMatchObject({ ...NOTHING, isVerified: false, how: 2 });
    await confirm();
    expect(await scene.look(alice)).toMatchObject({ ...NOTHING, isVerified: true });
  });

  test("keys that are made anew since then are no renewal of those that were accepted", LONG, async () => {
    const { alice, bob, direct } = scene;
    await scene.restore();
    await scene[what === "renew" ? "renew" : "reset"]().catch(() => undefined);
    expect(bob.world.server.head!.n).toBeGreaterThan(5);
    if (what === "renew") expect(await scene.look(alice)).toMatchObject({ change: "earlier", isHeld: true, verdict: null });
    if (what === "renew") await scene.accept(alice);
    expect(await scene.look(alice)).toMatchObject(NOTHING);
    await scene.confirm(alice);
    await alice.say(direct, 3, "two");
    expect((await scene.said(bob)).at(-1)).toBe("two");
  });
});

test("a name that a restored server has lost stops nobody, here or on a device that comes later", LONG, async () => {
  const scene = await Scene.begin();
  const { alice, bob, direct } = scene;
  const { fingerprint } = await scene.person(alice);
  await bob.ask("sayProfile", { displayName: "Bob Again", avatar: null });
  await scene.look(alice);
  await alice.ask("confirmCompared", { user: 2, fingerprint: fingerprint! });
  scene.server.restore();
  await scene.meet(alice);
  expect(await scene.look(alice)).toMatchObject({ ...NOTHING, isVerified: true });
  await alice.ask("takeBack", { conversation: direct, taken: 0 });
  expect(await scene.confirm(alice)).toBe("awaiting");
  scene.server.town.pass(600_000);
  expect(await scene.look(alice)).toMatchObject({ ...NOTHING, isVerified: true });
  expect(await scene.look(await scene.addDevice(alice))).toMatchObject({ ...NOTHING, isVerified: true });
  expect(await scene.confirm(alice)).toBe("ready");
});

test("somebody who says that they were restored, again and again, gets no quiet change", LONG, async () => {
  const scene = await Scene.begin();
  await scene.renew();
  await scene.look(scene.alice);
  for (let times = 0; times < 3; times += 1) {
    scene.server.restore();
    scene.server.generation = randomId();
    await scene.meet(scene.alice);
    expect(await scene.look(scene.alice)).toMatchObject({ change: "earlier", isHeld: true });
    expect(await scene.confirm(scene.alice)).not.toBe("ready");
  }
});
