// What a server must not bring about by saying that it was restored (docs/protocol-encryption.md, 10.10).
import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import { PLAIN_SETTINGS } from "../crypto/conversations/acting/make-epoch.ts";
import { PATIENCE } from "../crypto/conversations/restored/patience.ts";
import type { Parting } from "../crypto/conversations/restored/restored.ts";
import type { PersonTrust } from "../crypto/conversations/people/trusting.ts";
import { IndexedConversations } from "../crypto/keys/indexed-conversations.ts";
import { type Browser, openBrowsers } from "../crypto/keys/testing/browser.ts";
import { fromHex, randomId } from "../lib/bytes.ts";
import type { EntryRow } from "../replica/database.ts";
import type { AskConversations } from "../sealing/ask.ts";
import type { CommandName } from "../wire/contract.ts";
import { meetDatabase } from "./meet.ts";
import type { Call } from "./offer.ts";
import { startOf } from "./partings.ts";
import { ends, Scene } from "./scene.ts";
import { RestoredTown } from "./testing.ts";

afterEach(() => {
  vi.restoreAllMocks();
  ends.splice(0).forEach((end) => end());
});

/** Waits of so many milliseconds end at once. */
function hurry(milliseconds: number): void {
  const wait = globalThis.setTimeout;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((act: () => void, ms?: number) => wait(act, ms === milliseconds ? 50 : ms)) as typeof setTimeout);
}

async function lookAtBob(browser: Browser): Promise<PersonTrust> {
  await browser.ask("connect", {});
  const { people } = await browser.ask("refreshTrust", { people: [{ user: 2, isFriend: true, fingerprint: null }] });
  return people.find((one) => one.user === 2)!;
}

test("whom somebody compared since the backup stays verified, and the keyring is given it again", async () => {
  const scene = await Scene.begin();
  const { fingerprint } = await lookAtBob(scene.alice);
  await scene.alice.ask("confirmCompared", { user: 2, fingerprint: fingerprint! });
  // Carried into the set of a generation that is lost, too.
  scene.server.town.pass(31 * 24 * 3600 * 1000);
  expect(await scene.alice.ask("connect", {})).toMatchObject({ renewed: "generation" });
  expect((await lookAtBob(scene.alice)).isVerified).toBe(true);
  for (const again of [false, true]) {
    await scene.restore();
    const rows = scene.alice.world.server.kept.rows.length;
    await scene.alice.ask("meetDatabase", { database: scene.server.generation, partings: [] });
    expect(await lookAtBob(scene.alice)).toMatchObject({ isVerified: true, how: 3 });
    expect(scene.alice.world.server.kept.rows.length).toBeGreaterThan(rows);
    if (!again) scene.alice.restart();
  }
  expect((await lookAtBob(await scene.addDevice(scene.alice))).isVerified).toBe(true);
});

test("a comparison that the server has taken and does not show is known after a new start", async () => {
  const scene = await Scene.begin();
  const { fingerprint } = await lookAtBob(scene.alice);
  const { kept } = scene.alice.world.server;
  const rows = kept.rows.length;
  await scene.alice.ask("confirmCompared", { user: 2, fingerprint: fingerprint! });
  kept.rows.length = rows;
  scene.alice.restart();
  expect((await lookAtBob(scene.alice)).isVerified).toBe(true);
});

test("seeds of epochs that are given up open what is sealed under them when a later restore shows them again", async () => {
  const scene = await Scene.begin();
  const { epochs, rows, hashes } = scene.place;
  const before = { epochs: [...epochs], rows: [...rows], hashes: [...hashes] };
  await scene.restore();
  await scene.makeAnother();
  await scene.giveBack();
  scene.alice.restart();
  Object.assign(scene.place, before);
  scene.server.generation = randomId();
  const parting = { conversation: scene.group, seq: 2, hash: hashes[2]! };
  await scene.alice.ask("meetDatabase", { database: scene.server.generation, partings: [parting] });
  await scene.alice.ask("takeBack", { conversation: scene.group, taken: 0 });
  expect(await scene.learn(scene.alice)).toEqual(["one", "two", "three", "four"]);
});

test("who could not be asked for a seed is asked again by a restored server", async () => {
  const scene = await Scene.begin();
  const store = new IndexedConversations(scene.alice.store);
  const known = (await store.readConversation(fromHex(scene.group)))!;
  await store.writeConversation({ ...known, denied: [[1, 1]] });
  await scene.restore();
  await scene.alice.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  expect((await store.readConversation(fromHex(scene.group)))!.denied).toEqual([]);
});

test("who was removed since the backup is removed again before anything is sent, or it waits for who may", async () => {
  const { town, browsers } = await openBrowsers("alice", "bob", "carol");
  const [alice, bob] = browsers as [Browser, Browser];
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2, 3], settings: PLAIN_SETTINGS } });
  const server = new RestoredTown(town);
  const meet = (browser: Browser, ...partings: Parting[]) => browser.ask("meetDatabase", { database: server.generation, partings });
  const look = async (browser: Browser) => (await browser.ask("confirm", { conversations: [group], databases: [server.generation] }))[0]!.sealing;
  for (const browser of browsers) await meet(browser).then(() => look(browser));
  server.backUp();
  await alice.ask("actOn", { conversation: group, wanted: { action: "remove", targets: [{ user: 3, cause: null }] } });
  await look(bob);
  const { hashes, epochs } = town.place(fromHex(group));
  const parting = { conversation: group, seq: 1, hash: hashes[1]! };
  server.restore();
  for (const browser of [alice, bob]) {
    await meet(browser, parting);
    await browser.ask("takeBack", { conversation: group, taken: 0 });
    expect(await look(browser)).toEqual({ state: "awaiting", users: [] });
  }
  town.pass(700_000);
  expect(await look(bob)).toEqual({ state: "removed", users: [3] });
  bob.restart();
  await expect(bob.say(group, 1, "to carol, too")).rejects.toMatchObject({ kind: "not_ready" });
  await alice.say(group, 1, "two");
  expect(epochs.at(-1)!.members.map(({ user }) => user)).toEqual([1, 2]);
  expect(await look(bob)).toEqual({ state: "ready" });
  await alice.ask("actOn", { conversation: group, wanted: { action: "add", targets: [{ user: 3, cause: null }], historyFrom: 0 } });
  alice.restart();
  expect(await look(alice)).toEqual({ state: "ready" });
});

test("who was removed since the backup and has left by themselves is removed by anybody", async () => {
  const { town, browsers } = await openBrowsers("alice", "bob", "carol");
  const [alice, bob, carol] = browsers as [Browser, Browser, Browser];
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2, 3], settings: PLAIN_SETTINGS } });
  const server = new RestoredTown(town);
  const meet = (browser: Browser, ...partings: Parting[]) => browser.ask("meetDatabase", { database: server.generation, partings });
  const look = async (browser: Browser) => (await browser.ask("confirm", { conversations: [group], databases: [server.generation] }))[0]!.sealing;
  for (const browser of browsers) await meet(browser).then(() => look(browser));
  server.backUp();
  await alice.ask("actOn", { conversation: group, wanted: { action: "remove", targets: [{ user: 3, cause: null }] } });
  await look(bob);
  server.restore();
  for (const browser of [bob, carol]) await meet(browser, { conversation: group, seq: 1, hash: town.place(fromHex(group)).hashes[1]! });
  await bob.ask("takeBack", { conversation: group, taken: 0 });
  town.pass(700_000);
  expect(await look(bob)).toEqual({ state: "removed", users: [3] });
  await look(carol);
  await carol.ask("leaveGroup", { conversation: group, heir: null });
  await bob.read(group);
  expect(await look(bob)).toEqual({ state: "rotating", reason: "left" });
  await bob.say(group, 1, "to alice");
  expect(town.place(fromHex(group)).epochs.at(-1)!.members.map(({ user }) => user)).toEqual([1, 2]);
});

test("what was sealed under an epoch that has another in its place is offered no more, and what does not stand is not kept", async () => {
  const scene = await Scene.begin();
  const [{ conversation, seq }] = (await scene.replica.entries.where("[conversation+seq]").equals([scene.group, 3]).toArray()) as [EntryRow];
  const opened = { verdict: "bad_signature", content: null, sent_at: null, target: null, is_withheld: false } as const;
  await scene.replica.entries.update([conversation, seq], { opened });
  await scene.restore();
  expect((await scene.replica.lost.toArray()).map((row) => row.seq).sort()).toEqual([5, 6]);
  await scene.makeAnother();
  await scene.giveBack();
  // As if it had died before it was done with.
  await scene.replica.restores.put({ conversation, database: scene.server.generation, parting: startOf(conversation), head: startOf(conversation), until: 0 });
  scene.server.commands.length = 0;
  await scene.giveBack();
  expect(scene.server.commands).not.toContain("message.offer");
  expect((await scene.replica.lost.toArray()).map((row) => row.isOver)).toEqual([true, true]);
});

test("a worker that does not answer about one conversation holds up no other", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  await meetDatabase(scene.replica, scene.alice.askAbout);
  const other = "00".repeat(16);
  await scene.replica.restores.put({ conversation: other, database: scene.server.generation, parting: startOf(other), head: startOf(other), until: 0 });
  const ask = ((act, needs) => {
    const isOther = (needs as unknown as { conversation?: string }).conversation === other;
    return isOther ? new Promise(() => undefined) : scene.alice.askAbout(act, needs);
  }) as AskConversations;
  hurry(60_000);
  const stop = new AbortController();
  const running = scene.makeReturning(ask).run(stop.signal, async () => undefined);
  await expect.poll(() => scene.replica.lost.count()).toBe(0);
  stop.abort();
  await running;
});

test("a worker that does not answer about the database is asked again, and what it says late counts", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  let answer = (): void => undefined;
  const isTime = new Promise<void>((resolve) => (answer = resolve));
  const ask = (async (act, needs) => {
    await isTime;
    return scene.alice.askAbout(act, needs);
  }) as AskConversations;
  const untouched = "ff".repeat(16);
  await scene.replica.restores.put({ conversation: untouched, database: scene.server.generation, parting: startOf(untouched), head: startOf(untouched), until: 0 });
  hurry(60_000);
  await expect(scene.makeReturning(ask).run(new AbortController().signal, async () => undefined)).rejects.toThrow("timeout");
  answer();
  await expect.poll(() => scene.replica.restores.toCollection().primaryKeys()).toEqual([scene.group]);
});

test("an epoch that the server took and does not show, be it the first, is a rollback", async () => {
  for (const count of [1, 0]) {
    const scene = await Scene.begin();
    await scene.restore();
    const { epochs } = scene.place;
    epochs.length = count;
    if (count === 0) await scene.replica.restores.update(scene.group, { parting: startOf(scene.group) });
    const call = scene.server.callOf(scene.alice);
    const callLarge = (async (name: CommandName, input: never) => {
      const answer = await call(name, input);
      if (name === "epoch.offer") epochs.length = count;
      return answer;
    }) as Call;
    await scene.giveBack(undefined, undefined, callLarge);
    expect(await scene.stateOf(scene.alice)).toBe("stopped: rollback");
  }
});

test("all of one's own chain is given back, however much is lost: a device that went at its end stays gone", async () => {
  const scene = await Scene.begin();
  const phone = await scene.addDevice(scene.alice);
  scene.server.backUp();
  for (let at = 0; at < 51; at++) await scene.alice.ask("sayProfile", { displayName: `Alice ${at}`, avatar: null });
  await phone.ask("retire", {});
  await scene.alice.ask("connect", {});
  const { server } = scene.alice.world;
  const { n } = server.head!;
  await scene.restore();
  expect(server.head!.devices).toHaveLength(2);
  await scene.alice.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  expect([server.head!.n, server.head!.devices.length]).toEqual([n, 1]);
});

test("a device that is listed far above the backup shows where, and gives all of its chain back", async () => {
  const scene = await Scene.begin();
  for (let at = 0; at < 51; at++) await scene.alice.ask("sayProfile", { displayName: `Alice ${at}`, avatar: null });
  const tablet = await scene.addDevice(scene.alice);
  const { server } = scene.alice.world;
  const { n } = server.head!;
  scene.server.restore();
  await tablet.ask("meetDatabase", { database: scene.server.generation, partings: [{ conversation: scene.group, seq: 2, hash: scene.place.hashes[2]! }] });
  expect([server.head!.n, server.head!.devices.length]).toEqual([n, 2]);
});

test("who is not shown at all is waited for, and after a second claim anew", async () => {
  const scene = await Scene.begin();
  const { server, alice, bob, group } = scene;
  const { town } = server;
  server.backUp();
  await alice.ask("sayProfile", { displayName: "Alice Again", avatar: null });
  await scene.learn(bob);
  server.restore();
  const find = town.head.bind(town);
  vi.spyOn(town, "head").mockImplementation((user) => (user === alice.place.user ? null : find(user)));
  for (const claimed of [randomId(), randomId()]) {
    server.generation = claimed;
    await bob.ask("meetDatabase", { database: server.generation, partings: [] });
    await bob.ask("takeBack", { conversation: group, taken: 0 });
    town.pass(PATIENCE - 1);
    expect(await scene.stateOf(bob)).toBe("awaiting");
  }
  town.pass(1);
  expect(await scene.stateOf(bob)).toBe("ready");
});

test("who signs out and in again takes what a server has that takes back nothing of one's own chain", async () => {
  const scene = await Scene.begin();
  await scene.alice.ask("sayProfile", { displayName: "Alice Again", avatar: null });
  await scene.restore();
  scene.server.town.refusesChains = "not_restored";
  await expect(scene.alice.ask("meetDatabase", { database: scene.server.generation, partings: [] })).rejects.toMatchObject({ code: "rollback" });
  await expect(scene.alice.ask("connect", {})).rejects.toMatchObject({ code: "rollback" });
  await scene.alice.ask("forget", { isAsked: true });
  const again = await scene.addDevice(scene.alice);
  await again.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  expect(await again.ask("connect", {})).toMatchObject({ state: "ready" });
  expect(await scene.learn(again)).toEqual(["one"]);
});

test("what only a browser has whose session a restored server does not know is kept sealed, and given back after the next sign-in", async () => {
  const scene = await Scene.begin();
  const opened = { verdict: null, content: { type: "text", text: "secret" }, sent_at: null, target: null, is_withheld: false } as const;
  await scene.replica.entries.toCollection().modify({ opened });
  await scene.replica.conversations.update(scene.group, { last_entry: (await scene.replica.entries.toCollection().last())! });
  await scene.replica.keepSealed();
  await scene.alice.ask("forget", { isAsked: false });
  const all = await Promise.all(scene.replica.tables.map((table) => table.toArray()));
  expect(JSON.stringify(all)).not.toContain("secret");
  expect(await scene.replica.findMeta("cursor")).toMatchObject({ isOver: true });
  await scene.restore();
  const again = await scene.addDevice(scene.alice);
  await scene.giveBack(undefined, again.askAbout);
  expect(scene.server.commands).toContain("epoch.restored");
  expect(await scene.learn(again)).toEqual(["one", "two"]);
  // Under an epoch that bob gives back.
  expect((await scene.replica.lost.toArray()).map(({ epoch }) => epoch)).toEqual([2, 2]);
});
