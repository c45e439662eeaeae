// What a browser has and a restored server lost comes back, once, whatever dies or is refused meanwhile.
import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import { PLAIN_SETTINGS } from "../crypto/conversations/make-epoch.ts";
import { type Browser, openBrowsers } from "../crypto/keys/testing/browser.ts";
import { fromHex, toBase64 } from "../lib/bytes.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import { type ConversationRow, Replica } from "../replica/database.ts";
import { findReturning } from "../replica/held-back.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { makeError } from "../replica/testing.ts";
import { toEntry } from "../sealing/testing.ts";
import { setAside } from "./set-aside.ts";
import { Returning } from "./returning.ts";
import { RestoredTown } from "./testing.ts";

vi.setConfig({ testTimeout: 120_000 });

let count = 0;
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

const makeRow = (id: string): ConversationRow => ({
  ...{ id, kind: "group", open: true, users: [1, 2], created_at: "", last_seq: 0, last_ordinal: 0, log_hash: "", last_entry: null },
  ...{ read_ordinal: 0, first_seq: 1, active_at: "", flaw: null, is_stale: false },
});

/** Alice and bob in a group that was backed up after "one"; since then bob made an epoch, and both wrote. Alice has all of it. */
class Scene {
  readonly own = new OwnDatabase(1, `returning-own-${++count}`);
  readonly replica = new Replica(1, `returning-${count}`);

  constructor(readonly server: RestoredTown, readonly alice: Browser, readonly bob: Browser, readonly group: string) {
    ends.push(() => [this.own, this.replica].forEach((database) => database.close()));
  }

  static async begin(): Promise<Scene> {
    const { town, browsers } = await openBrowsers("alice", "bob");
    const [alice, bob] = browsers as [Browser, Browser];
    const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2], settings: PLAIN_SETTINGS } });
    const scene = new Scene(new RestoredTown(town), alice, bob, group);
    for (const browser of browsers) await browser.ask("meetDatabase", { database: scene.server.generation, partings: [] });
    await alice.ask("confirm", { conversations: [group], databases: [] });
    await alice.say(group, 1, "one");
    scene.server.backUp();
    await scene.learn(bob);
    await bob.say(group, 1, "two");
    await bob.ask("actOn", { conversation: group, wanted: { action: "rotate" } });
    await bob.say(group, 2, "three");
    await scene.learn(alice);
    await alice.say(group, 2, "four");
    await scene.learn(alice);
    await scene.fill();
    return scene;
  }

  get place() {
    return this.server.town.place(fromHex(this.group));
  }

  async learn(browser: Browser): Promise<string[]> {
    await browser.ask("confirm", { conversations: [this.group], databases: [this.server.generation] });
    return (await browser.read(this.group)).filter((one) => one !== "stands");
  }

  async fill(): Promise<void> {
    const { server_id, device_id } = { server_id: this.alice.place.server, device_id: this.alice.place.device };
    await this.replica.putMeta("cursor", { server_id, device_id, generation: this.server.generation, log_seq: 1, user_id: 1 });
    await this.replica.conversations.put(makeRow(this.group));
    await applyEntries(this.replica, this.place.rows.map((row) => toRow(toEntry(this.place, row))));
  }

  /** The server is restored, and alice's page hears of it. The log parts after "one". */
  async restore(): Promise<void> {
    const parting = { seq: 2, log_hash: toBase64(this.place.hashes[2]!) };
    this.server.restore();
    await setAside(this.replica, this.server.generation, new Map([[this.group, parting]]));
    const { server, device } = this.alice.place;
    await this.replica.putMeta("cursor", { server_id: server, device_id: device, generation: this.server.generation, log_seq: 1, user_id: 1 });
  }

  /** Until everything is back, or `isOver`. */
  async giveBack(isOver: () => Promise<boolean> = async () => (await this.replica.restores.count()) === 0): Promise<void> {
    const stop = new AbortController();
    const call = this.server.callOf(this.alice);
    const returning = new Returning({ replica: this.replica, own: this.own, call, callLarge: call, ask: this.alice.askAbout });
    const running = returning.run(stop.signal, async () => undefined);
    await vi.waitFor(async () => expect(await isOver()).toBe(true), { timeout: 60_000, interval: 50 });
    stop.abort();
    await running;
  }

  async stateOf(browser: Browser): Promise<string> {
    const [standing] = await browser.ask("confirm", { conversations: [this.group], databases: [this.server.generation] });
    const { sealing } = standing!;
    return sealing.state === "stopped" ? `stopped: ${sealing.verdict}` : sealing.state;
  }
}

const ALL = ["one", "two", "three", "four"];

test("epochs and entries come back as they stood, and the conversation goes on", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  expect(scene.place.rows).toHaveLength(2);
  expect(await findReturning(scene.replica, [scene.group])).toEqual(new Set([scene.group]));
  await scene.giveBack();
  expect(await scene.learn(scene.alice)).toEqual(ALL);
  expect(await scene.stateOf(scene.alice)).toBe("ready");
  expect(scene.place.rows.map(({ kind }) => kind)).toEqual([16, 1, 18, 1, 16, 1, 1]);
  expect(await scene.replica.lost.count()).toBe(0);
  await scene.alice.say(scene.group, 3, "five");
  // Bob has looked at the other database, too: his keys for it are here still.
  await scene.bob.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  await scene.bob.ask("takeBack", { conversation: scene.group });
  expect(await scene.learn(scene.bob)).toEqual([...ALL, "five"]);
});

test("a page that dies in the middle goes on at its next start, and nothing comes twice", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  scene.server.before = (name) => {
    if (name === "message.offer" && scene.place.epochs.length === 2) throw makeError("network");
  };
  await scene.giveBack(async () => scene.place.epochs.length === 2 && scene.server.commands.at(-1) === "message.offer");
  expect(await scene.replica.lost.count()).toBe(2);
  scene.server.before = () => undefined;
  scene.alice.restart();
  await scene.giveBack();
  expect(await scene.learn(scene.alice)).toEqual(ALL);
});

test("what others made meanwhile wins: what was sealed under the lost epoch is sealed again, and nothing is stopped", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  await scene.bob.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  await scene.bob.ask("giveUp", { conversation: scene.group, isDenied: false });
  await scene.learn(scene.bob);
  await scene.bob.ask("actOn", { conversation: scene.group, wanted: { action: "rotate" } });
  const written = { client_id: "ab".repeat(16), conversation: scene.group, counter: 1, number: 3, device: scene.alice.place.device, kind: 1 as const };
  const sealed = { record: new Uint8Array(9), epoch: 2 };
  await scene.own.outbox.add({ ...written, content: { type: "text", text: "unsent" }, target: null, created_at: "", state: "waiting", sealed });
  await scene.giveBack();
  const waiting = (await scene.own.outbox.get(written.client_id))!;
  expect([waiting.number, waiting.sealed, waiting.is_adopted]).toEqual([3, undefined, true]);
  expect(await scene.learn(scene.alice)).toEqual(["one", "two"]);
  expect(await scene.replica.lost.count()).toBe(2);
  expect(await scene.stateOf(scene.alice)).toBe("ready");
});

test("a server that says that it was restored and takes nothing back is stopped", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  scene.server.before = (name) => {
    if (name === "epoch.offer") throw makeError("not_restored");
  };
  await scene.giveBack();
  expect(await scene.stateOf(scene.alice)).toBe("stopped: rollback");
});

test("what waits for somebody's chain is not sealed over, until the patience is over", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  scene.server.before = (name) => {
    if (name === "epoch.offer") throw makeError("chain_moved");
  };
  await scene.giveBack(async () => scene.server.commands.includes("epoch.offer"));
  expect(await scene.stateOf(scene.alice)).toBe("unconfirmed");
  scene.server.town.pass(700_000);
  expect(await scene.stateOf(scene.alice)).toBe("ready");
});

test("without a new generation a shorter log is a rollback", async () => {
  const scene = await Scene.begin();
  scene.server.restore();
  expect(await scene.stateOf(scene.alice)).toBe("stopped: rollback");
});

test("one's own chain comes back, and people whose chains are shorter are waited for", async () => {
  const scene = await Scene.begin();
  const { server } = scene.alice.world;
  await scene.alice.ask("sayProfile", { displayName: "Alice Again", avatar: null });
  const { n } = server.head!;
  await scene.learn(scene.bob);
  await scene.restore();
  expect(server.head!.n).toBe(n - 1);
  await scene.bob.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  expect(await scene.bob.ask("takeBack", { conversation: scene.group })).toMatchObject({ isAwaiting: true });
  expect(await scene.stateOf(scene.bob)).toBe("unconfirmed");
  await scene.giveBack();
  expect(server.head!.n).toBe(n);
  expect(await scene.learn(scene.alice)).toEqual(ALL);
  expect((await scene.alice.ask("connect", {})).state).toBe("ready");
  await scene.bob.ask("takeBack", { conversation: scene.group });
  expect(await scene.learn(scene.bob)).toEqual(ALL);
  expect(await scene.stateOf(scene.bob)).toBe("ready");
});

test("a person's chain that is not given back is taken as it is, once the patience is over", async () => {
  const scene = await Scene.begin();
  await scene.alice.ask("sayProfile", { displayName: "Alice Again", avatar: null });
  await scene.learn(scene.bob);
  await scene.restore();
  await scene.bob.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  await scene.bob.ask("takeBack", { conversation: scene.group });
  await scene.bob.ask("giveUp", { conversation: scene.group, isDenied: false });
  expect(await scene.stateOf(scene.bob)).toBe("unconfirmed");
  scene.server.town.pass(700_000);
  expect(await scene.stateOf(scene.bob)).toBe("ready");
});

test("what the server does not say the parting of is set aside whole, and what a link or the person said stays", async () => {
  const { replica, server, group } = await Scene.begin();
  await replica.putMeta("friendLinks", { 2: "ab".repeat(32) });
  await setAside(replica, server.generation, new Map());
  expect((await replica.lost.toArray()).map(({ seq }) => seq).sort()).toEqual([2, 3, 5, 6]);
  expect(await replica.restores.get(group)).toMatchObject({ parting: { seq: 0 }, head: { seq: 6 } });
  expect(await replica.findMeta("friendLinks")).toEqual({ 2: "ab".repeat(32) });
  expect(await replica.findMeta("cursor")).toBeUndefined();
});
