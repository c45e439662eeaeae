// What somebody writes goes out sealed, once: whatever dies, is lost, moves or is missing meanwhile.
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { applyUser } from "../accounts/apply.ts";
import { writePlain } from "../crypto/testing.ts";
import { directId } from "../crypto/protocol/epoch.ts";
import type { Town } from "../crypto/conversations/testing/town.ts";
import { World } from "../crypto/account/testing/world.ts";
import { Browser, openBrowsers } from "../crypto/keys/testing/browser.ts";
import { Place } from "../crypto/conversations/testing/town.ts";
import { fromHex, toHex } from "../lib/bytes.ts";
import { applyPage } from "../messages/apply.ts";
import { type ConversationRow, Replica } from "../replica/database.ts";
import { toRow } from "../replica/entries.ts";
import { Outbox } from "../replica/outbox.ts";
import { OwnDatabase, type OutboxRow } from "../replica/own-database.ts";
import { makeCard, makeError } from "../replica/testing.ts";
import { Opener } from "./opener.ts";
import { Sealing } from "./sealing.ts";
import { Sender } from "./sender.ts";
import { pageBelow, TownLine } from "./testing.ts";

let count = 0;
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

const say = (text: string): { type: "text"; text: string } => ({ type: "text", text });

function makeRow(id: string, users: number[]): ConversationRow {
  return {
    ...{ id, kind: "direct", open: true, users, created_at: "", last_seq: 0, last_ordinal: 0, log_hash: "", last_entry: null },
    ...{ read_ordinal: 0, first_seq: 1, active_at: "", flaw: null, is_stale: false },
  };
}

/** Somebody's browser with its databases, at the direct conversation of users 1 and 2. Its tabs may die. */
class Desk {
  readonly names = [`own-sender-${++count}`, `replica-sender-${count}`] as const;
  readonly line: TownLine;
  readonly id: string;

  constructor(readonly town: Town, readonly browser: Browser) {
    this.line = new TownLine(town, browser.place.user, browser.place.device);
    this.id = toHex(directId(fromHex(browser.place.server), 1, 2));
    if (!town.places.has(this.id)) town.places.set(this.id, new Place(fromHex(this.id)));
  }

  async openTab() {
    const own = new OwnDatabase(this.browser.place.user, this.names[0]);
    const replica = new Replica(this.browser.place.user, this.names[1]);
    await replica.putMeta("cursor", { server_id: this.browser.place.server, generation: "", log_seq: 1, user_id: this.browser.place.user, device_id: this.browser.place.device });
    if ((await replica.conversations.get(this.id)) === undefined) await replica.conversations.put(makeRow(this.id, [1, 2]));
    const opener = new Opener(replica);
    opener.ask = this.browser.askAbout;
    const sealing = new Sealing(replica, opener, this.browser.askAbout);
    opener.noteWaiting = sealing.noteUnopened;
    const outbox = new Outbox(own, replica, { call: this.line.call }, this.browser.place.device, new Sender(replica, this.browser.askAbout, sealing, opener));
    const kill = (): void => {
      own.close();
      replica.close();
    };
    ends.push(kill);
    return { own, replica, outbox, sealing, kill };
  }

  /** Drains for as long as `until` is not true. */
  async drain(tab: Awaited<ReturnType<Desk["openTab"]>>, until: () => Promise<boolean>): Promise<void> {
    const stop = new AbortController();
    const draining = tab.outbox.drain(stop.signal);
    await expect.poll(until).toBe(true);
    stop.abort();
    await draining;
  }

  isEmpty = async ({ own }: { own: OwnDatabase }): Promise<boolean> => (await own.outbox.count()) === 0;

  get rows() {
    return this.town.places.get(this.id)!.rows;
  }

  /** What a reader sees: verdicts, or texts. */
  async read(browser: Browser): Promise<string[]> {
    await browser.ask("confirm", { conversations: [this.id], databases: [] });
    return (await browser.read(this.id)).filter((one) => one !== "stands");
  }
}

async function begin(): Promise<{ town: Town; alice: Desk; bob: Browser }> {
  const { town, browsers } = await openBrowsers("alice", "bob");
  const [alice, bob] = browsers as [Browser, Browser];
  return { town, alice: new Desk(town, alice), bob };
}

test("the first message makes the first epoch, all go out sealed and in line, and one's own copy shows them", async () => {
  const { alice, bob } = await begin();
  const tab = await alice.openTab();
  for (const text of ["one", "two", "three"]) await tab.outbox.add(alice.id, say(text));
  await alice.drain(tab, () => alice.isEmpty(tab));
  expect(alice.rows.map(({ kind, epoch, counter }) => [kind, epoch, counter])).toEqual([[16, 1, 0], [1, 1, 1], [1, 1, 2], [1, 1, 3]]);
  expect(JSON.stringify(alice.line.sent)).not.toContain("three");
  expect(await alice.read(bob)).toEqual(["one", "two", "three"]);
  // On a busy machine they are written closed, and opened when the answer comes.
  const shown = async () => (await tab.replica.entries.where({ conversation: alice.id }).toArray()).map(({ opened }) => [opened?.verdict, opened?.content]);
  await expect.poll(shown).toEqual(["one", "two", "three"].map((text) => [null, say(text)]));
  expect(await tab.replica.conversations.get(alice.id)).toMatchObject({ sealing: { state: "ready", n: 1 } });
});

test("a retry sends the same bytes, over the death of a tab, and the log has it once", async () => {
  const { alice, bob } = await begin();
  const dying = await alice.openTab();
  await dying.outbox.add(alice.id, say("once"));
  alice.line.losesAnswers = true;
  await alice.drain(dying, async () => alice.line.sent.length > 0);
  dying.kill();
  alice.line.losesAnswers = false;
  alice.browser.restart();
  const tab = await alice.openTab();
  await alice.drain(tab, () => alice.isEmpty(tab));
  expect(new Set(alice.line.sent.map(({ record }) => record)).size).toBe(1);
  expect(alice.line.sent.length).toBeGreaterThan(1);
  expect(await alice.read(bob)).toEqual(["once"]);
});

test("two tabs that both send seal each message once and give each number once", async () => {
  const { alice, bob } = await begin();
  const tabs = [await alice.openTab(), await alice.openTab()] as const;
  const stop = new AbortController();
  const draining = tabs.map((tab) => tab.outbox.drain(stop.signal));
  const texts = Array.from({ length: 8 }, (_, at) => `text ${at}`);
  for (const [at, text] of texts.entries()) await tabs[at % 2]!.outbox.add(alice.id, say(text));
  await expect.poll(() => alice.isEmpty(tabs[0])).toBe(true);
  stop.abort();
  await Promise.all(draining);
  expect((await alice.read(bob)).sort()).toEqual(texts);
  expect(alice.rows.filter(({ kind }) => kind === 1).map(({ counter }) => counter)).toEqual(texts.map((_, at) => at + 1));
});

test("what an epoch is too old for is sealed anew in the next one, under its number", async () => {
  const { alice, bob } = await begin();
  const tab = await alice.openTab();
  await tab.outbox.add(alice.id, say("one"));
  await alice.drain(tab, () => alice.isEmpty(tab));
  alice.line.before = ({ epoch }) => {
    if (epoch === 1) throw makeError("epoch_too_old");
  };
  await tab.outbox.add(alice.id, say("two"));
  await alice.drain(tab, () => alice.isEmpty(tab));
  expect(alice.rows.map(({ kind, epoch, counter }) => [kind, epoch, counter])).toEqual([[16, 1, 0], [1, 1, 1], [16, 2, 0], [1, 2, 2]]);
  expect(await alice.read(bob)).toEqual(["one", "two"]);
});

test("a friend without keys is waited for, other conversations go on, and it goes out when they have some", async () => {
  const { town, browsers } = await openBrowsers("alice");
  const alice = new Desk(town, browsers[0]!);
  const world = new World(2, "bob");
  town.worlds.set(2, world);
  const tab = await alice.openTab();
  await tab.outbox.add(alice.id, say("for later"));
  const waits = async (): Promise<boolean> => (await tab.replica.conversations.get(alice.id))!.sealing?.state === "waiting";
  await alice.drain(tab, waits);
  expect(await tab.replica.conversations.get(alice.id)).toMatchObject({ sealing: { state: "waiting", users: [2] } });
  expect(await tab.own.outbox.toArray()).toMatchObject([{ state: "waiting", content: say("for later") }]);
  expect(alice.rows).toEqual([]);
  const bob = new Browser(town, world);
  await bob.setUp();
  const stop = new AbortController();
  const running = [tab.outbox.drain(stop.signal), tab.sealing.run("00".repeat(16), stop.signal)];
  tab.sealing.take("chain.grown", { user_id: 2, n: 4 });
  await expect.poll(() => alice.isEmpty(tab)).toBe(true);
  stop.abort();
  await Promise.all(running);
  expect(await alice.read(bob)).toEqual(["for later"]);
});

test("a conversation that the server passes off as somebody else's gets nothing, before its first epoch and after", async () => {
  const { alice } = await begin();
  const tab = await alice.openTab();
  const isWaiting = async (): Promise<boolean> => (await tab.own.outbox.toArray()).some((row) => row.state === "waiting");
  const row = async () => (await tab.replica.conversations.get(alice.id))!;
  // As a server writes it: carol's card where bob's was. An older copy has it as it was told.
  await tab.replica.conversations.update(alice.id, { users: [1, 3] });
  await tab.outbox.add(alice.id, say("for carol"));
  await alice.drain(tab, async () => (await row()).is_strange === true);
  expect(await isWaiting()).toBe(true);
  expect(alice.rows).toEqual([]);
  await tab.own.outbox.clear();

  const honest = await row();
  delete honest.is_strange;
  await tab.replica.conversations.put({ ...honest, users: [1, 2] });
  await tab.outbox.add(alice.id, say("for bob"));
  await alice.drain(tab, () => alice.isEmpty(tab));
  expect(await row()).toMatchObject({ bond: { kind: "direct", users: [1, 2] }, kind: "direct", users: [1, 2] });
  const before = alice.rows.length;

  // "A group", of which the id proves nothing, in a copy that does not know the epoch yet.
  const unproven = await row();
  delete unproven.bond;
  await tab.replica.conversations.put({ ...unproven, kind: "group", users: [1, 3] });
  const other = await alice.openTab();
  await other.outbox.add(alice.id, say("for the group"));
  await alice.drain(other, async () => (await row()).is_strange === true);
  expect(await row()).toMatchObject({ kind: "direct", users: [1, 2] });
  expect(alice.rows).toHaveLength(before);
});

test("somebody whom the server calls by another's name gets nothing, before their keys were known and after", async () => {
  const { alice } = await begin();
  const tab = await alice.openTab();
  const card = async () => (await tab.replica.users.get(2))!;
  await applyUser(tab.replica, makeCard(2, "carol"));
  await tab.outbox.add(alice.id, say("for carol"));
  await alice.drain(tab, async () => (await card()).called === "carol");
  expect(await card()).toMatchObject({ username: "bob" });
  expect(await tab.own.outbox.toArray()).toMatchObject([{ state: "waiting" }]);
  expect(alice.rows).toEqual([]);
  await tab.own.outbox.clear();

  await applyUser(tab.replica, makeCard(2, "bob"));
  await tab.outbox.add(alice.id, say("for bob"));
  await alice.drain(tab, () => alice.isEmpty(tab));
  const before = alice.rows.length;
  await applyUser(tab.replica, makeCard(2, "carol"));
  const id = await tab.outbox.add(alice.id, say("once more for carol"));
  const sender = new Sender(tab.replica, alice.browser.askAbout, tab.sealing, new Opener(tab.replica));
  const unsealed = { client_id: id, conversation: alice.id, kind: 1, content: say("once more for carol"), target: null, number: 9 } as const;
  await expect(sender.seal(unsealed)).rejects.toThrow("sealing waits");
  expect(alice.rows).toHaveLength(before);
  // It goes out by itself when the server says what is true.
  await applyUser(tab.replica, makeCard(2, "bob"));
  await alice.drain(tab, () => alice.isEmpty(tab));
  expect(alice.rows).toHaveLength(before + 1);
});

test("what waited since before encryption is taken over, and what had left then is not sent twice", async () => {
  const { town, alice, bob } = await begin();
  const old = new (class extends OwnDatabase {})(1, alice.names[0]);
  old.close();
  const Dexie = (await import("dexie")).default;
  const before = new Dexie(alice.names[0]);
  before.version(1).stores({ outbox: "client_id, [conversation+counter]", counters: "[device+conversation]", marks: "conversation", drafts: "conversation" });
  const { device } = alice.browser.place;
  const place = { conversation: alice.id, device, kind: 1, created_at: new Date(town.now).toISOString(), state: "waiting" };
  const rows = ["left", "waited"].map((text, at) => ({ ...place, client_id: `${at}`.repeat(32), counter: at + 1, record: writePlain(say(text)) }));
  await before.table<OutboxRow>("outbox").bulkAdd([{ ...rows[0]!, number: 1 }, rows[1]!] as unknown as OutboxRow[]);
  before.close();
  town.place(fromHex(alice.id)).post({
    kind: 1, user: 1, device: fromHex(device), clientId: fromHex("0".repeat(32)), counter: 1, epoch: 0, targetSeq: 0, time: town.now, record: rows[0]!.record,
  });
  const tab = await alice.openTab();
  await alice.drain(tab, () => alice.isEmpty(tab));
  expect(alice.rows.map(({ kind, epoch, counter }) => [kind, epoch, counter])).toEqual([[1, 0, 1], [16, 1, 0], [1, 1, 2]]);
  expect((await alice.read(bob)).at(-1)).toBe("waited");
});

test("what the session before had sent under the same epoch is found in the log, not sent again", async () => {
  const { town, alice, bob } = await begin();
  const dying = await alice.openTab();
  await dying.outbox.add(alice.id, say("by the old one"));
  alice.line.losesAnswers = true;
  await alice.drain(dying, async () => alice.rows.length === 2);
  dying.kill();
  const anew = new Browser(town, alice.browser.world);
  await anew.addDevice();
  const next = new Desk(town, anew);
  const tab = await Object.assign(next, { names: alice.names }).openTab();
  await tab.outbox.add(next.id, say("by the new one"));
  await next.drain(tab, () => next.isEmpty(tab));
  expect(await next.read(bob)).toEqual(["by the old one", "by the new one"]);
});

/** The storage of somebody's browser as it is now, in another place. */
async function copyStorage(desk: Desk, tab: Awaited<ReturnType<Desk["openTab"]>>): Promise<{ copy: Desk; other: Awaited<ReturnType<Desk["openTab"]>> }> {
  const copy = new Desk(desk.town, desk.browser);
  const other = await copy.openTab();
  for (const [from, to] of [[tab.own, other.own], [tab.replica, other.replica]] as const) {
    for (const table of from.tables) await to.table(table.name).bulkPut(await table.toArray());
  }
  return { copy, other };
}

/** What the log has that this tab has not heard of, as the filler fetches it. */
async function fetchLog(desk: Desk, tab: Awaited<ReturnType<Desk["openTab"]>>): Promise<void> {
  const page = pageBelow(desk.town.places.get(desk.id)!, desk.rows.length + 1, 100);
  await applyPage(tab.replica, page, undefined, page.entries.map(toRow));
  tab.sealing.noteUnopened();
}

async function beginCopied() {
  const { alice, bob } = await begin();
  const tab = await alice.openTab();
  await tab.outbox.add(alice.id, say("before"));
  await alice.drain(tab, () => alice.isEmpty(tab));
  await fetchLog(alice, tab);
  return { alice, bob, tab, ...(await copyStorage(alice, tab)) };
}

test("where the storage was copied, what repeats a number of the other one is sent again and not lost", async () => {
  const { alice, bob, tab, copy, other } = await beginCopied();
  await other.outbox.add(copy.id, say("from the copy"));
  await copy.drain(other, () => copy.isEmpty(other));
  const stop = new AbortController();
  const running = [tab.outbox.drain(stop.signal), tab.sealing.run("00".repeat(16), stop.signal)];
  for (const text of ["two", "three"]) await tab.outbox.add(alice.id, say(text));
  await expect.poll(() => alice.isEmpty(tab)).toBe(true);
  expect(await tab.own.sent.count()).toBe(2);
  await fetchLog(alice, tab);
  await expect.poll(() => tab.own.sent.count()).toBe(0);
  await expect.poll(() => alice.isEmpty(tab)).toBe(true);
  // The person is told once.
  const { device } = alice.browser.place;
  expect(await tab.replica.findMeta("copied")).toEqual({ device, isTold: false });
  stop.abort();
  await Promise.all(running);
  expect(alice.rows.filter(({ kind }) => kind === 1).map(({ counter }) => counter)).toEqual([1, 2, 2, 3, 4]);
  expect((await alice.read(bob)).sort()).toEqual(["before", "from the copy", "repeated_counter", "three", "two"]);
  expect(new Set(alice.rows.map(({ clientId }) => toHex(clientId))).size).toBe(alice.rows.length);
});

test("a server that shows a made-up entry under one's number does not make one send twice", async () => {
  const { alice, bob, tab } = await beginCopied();
  const { device } = alice.browser.place;
  const forged = { ...alice.rows.at(-1)!, record: alice.rows.at(-1)!.record.map((byte, at) => (at > 40 ? byte ^ 1 : byte)) };
  alice.town.place(fromHex(alice.id)).post({ ...forged, device: fromHex(device), clientId: fromHex("77".repeat(16)), counter: 2 });
  const stop = new AbortController();
  const running = [tab.outbox.drain(stop.signal), tab.sealing.run("00".repeat(16), stop.signal)];
  await tab.outbox.add(alice.id, say("two"));
  await expect.poll(() => alice.isEmpty(tab)).toBe(true);
  await fetchLog(alice, tab);
  await expect.poll(() => tab.own.sent.count()).toBe(0);
  stop.abort();
  await Promise.all(running);
  expect(alice.line.sent).toHaveLength(2);
  expect(await tab.replica.findMeta("copied")).toBeUndefined();
  expect(await alice.read(bob)).toEqual(["before", "cannot_open", "two"]);
});
