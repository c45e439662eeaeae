import "fake-indexeddb/auto";

import { afterEach, describe, expect, test, vi } from "vitest";

import { Replica } from "../replica/database.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import type { WholeRow } from "../replica/records.ts";
import { TestServer } from "../replica/testing.ts";
import { waitForValue } from "../replica/waiting.ts";
import { Filler } from "./fill.ts";
import { Sync } from "./sync.ts";

let count = 0;
const opened: { close(): void }[] = [];
afterEach(() => opened.splice(0).forEach((database) => database.close()));

class Tab {
  readonly replica: Replica;
  readonly own: OwnDatabase;
  readonly sync: Sync;
  readonly filler: Filler;
  foreign = 0;
  /** How often the opener was told that the copy is another one. */
  forgotten = 0;
  /** The opener answers when this is there, and counts how often it was asked. */
  opening: Promise<void> = Promise.resolve();
  asked = 0;

  constructor(server: TestServer, name = `sync-${++count}`) {
    this.replica = new Replica(server.me, name);
    this.own = new OwnDatabase(server.me, `${name}-own`);
    opened.push(this.replica, this.own);
    const hooks = { opened: () => undefined, foreign: () => void this.foreign++ };
    const opener = { open: (rows: WholeRow[]) => ((this.asked += 1), this.opening.then(() => rows)), noteWaiting: () => undefined, forget: () => void this.forgotten++ };
    this.sync = new Sync(this.replica, server.call, hooks, opener);
    this.filler = new Filler(this.replica, server.call);
  }

  /** Fetches until nothing is missing. */
  async fill(): Promise<void> {
    const stop = new AbortController();
    const filling = this.filler.run(stop.signal);
    await waitForValue(async () => ((await this.isWhole()) ? true : undefined), stop.signal);
    stop.abort();
    await filling;
  }

  async isWhole(): Promise<boolean> {
    const rows = await this.replica.conversations.toArray();
    const ranges = await this.replica.ranges.toArray();
    const covers = (id: string, to: number): boolean =>
      ranges.some((range) => range.conversation === id && range.from === 1 && range.to === to);
    return rows.every((row) => !row.is_stale && (row.last_seq === 0 || covers(row.id, row.last_seq)));
  }

  /** Everything in it that anything refers to: the card of a former friend may stay behind. */
  async dump(): Promise<unknown> {
    const dump: { [table: string]: unknown } = {};
    for (const table of this.replica.tables) if (table.name !== "avatars") dump[table.name] = await table.toArray();
    const friends = (await this.replica.friends.toArray()).map((friend) => friend.user_id);
    const companions = (await this.replica.conversations.toArray()).flatMap((row) => row.users);
    const meant = new Set([this.replica.me, ...friends, ...companions]);
    dump["users"] = await this.replica.users.filter((user) => meant.has(user.id)).toArray();
    return dump;
  }
}

/** Numbers below `below`, the same ones for the same seed. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Something happens on the server. */
function act(server: TestServer, random: (below: number) => number): void {
  const ids = [...server.logs.keys()];
  const choice = random(10);
  if (choice === 0 && ids.length < 4) server.addConversation([1, 2 + random(3)]);
  else if (choice === 1) server.addFriend(2 + random(3), `about ${random(1000)}`);
  else if (choice === 2) server.removeFriend(2 + random(3));
  else if (ids.length > 0) {
    const id = ids[random(ids.length)]!;
    const users = [...server.logs.get(id)!.cursors.keys()];
    server.append(id, users[random(users.length)]!, `text ${random(1000)}`);
  }
}

test("a snapshot that comes in parts is taken whole, and what happens meanwhile is applied over it", async () => {
  const server = new TestServer();
  for (let id = 2; id <= 8; id++) server.addFriend(id, "here");
  server.friendsAtOnce = 3;
  const tab = new Tab(server);
  const call = server.call;
  server.call = async (name, input) => {
    const answer = await call(name, input);
    if (name === "sync.rest" && server.friends.has(3)) server.removeFriend(3);
    return answer;
  };
  const sync = new Sync(tab.replica, server.call, { opened: () => undefined, foreign: () => undefined });
  server.emit = (name, payload) => sync.take(name, payload);
  await sync.open();
  expect((await tab.replica.friends.toArray()).map((friend) => friend.user_id)).toEqual([2, 4, 5, 6, 7, 8]);
  expect(server.calls.filter((name) => name === "sync.rest")).toHaveLength(2);
});

describe("old snapshot + events = new snapshot", () => {
  for (let seed = 1; seed <= 20; seed++) {
    test(`with events dropped, doubled and reordered (${seed})`, async () => {
      const random = makeRandom(seed * 7919);
      const server = new TestServer();
      for (let step = 0; step < 10; step++) act(server, random);
      const tab = new Tab(server);
      await tab.sync.open();
      const waiting: (readonly [string, unknown])[] = [];
      server.emit = (name, payload) => {
        const event = [name, structuredClone(payload)] as const;
        const fate = random(10);
        if (fate > 0) waiting.splice(random(waiting.length + 1), 0, event);
        if (fate > 7) waiting.splice(random(waiting.length + 1), 0, event);
      };
      for (let step = 0; step < 30; step++) {
        act(server, random);
        while (waiting.length > random(6)) tab.sync.take(...waiting.shift()!);
        if (random(8) === 0) await tab.sync.settle();
      }
      for (const event of waiting) tab.sync.take(...event);
      await tab.sync.settle();
      server.emit = () => undefined;
      await tab.sync.open();
      await tab.fill();
      const fresh = new Tab(server);
      await fresh.sync.open();
      await fresh.fill();
      expect(await tab.dump()).toEqual(await fresh.dump());
      const entries = await tab.replica.entries.count();
      expect(entries).toBe([...server.logs.values()].reduce((sum, log) => sum + log.entries.length, 0));
      expect(await tab.replica.conversations.filter((row) => row.flaw !== null).count()).toBe(0);
    });
  }
});

test("a burst of live messages is written in a few goes, not in one each", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  const tab = new Tab(server);
  await tab.sync.open();
  server.emit = (name, payload) => tab.sync.take(name, payload);
  const writes = vi.spyOn(tab.replica, "write");
  for (let step = 0; step < 100; step++) server.append(id, 2, `text ${step}`);
  await tab.sync.settle();
  expect(await tab.replica.entries.count()).toBe(100);
  expect(writes.mock.calls.length).toBeLessThan(20);
});

test("what came during a failed opening does not hold up what comes after the next", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  const call = server.call;
  let isCut = true;
  server.call = (name, input) => {
    if (!isCut || name !== "sync.open") return call(name, input);
    isCut = false;
    server.append(id, 2, "meanwhile");
    return Promise.reject(new Error("the line is gone"));
  };
  const tab = new Tab(server);
  server.emit = (name, payload) => tab.sync.take(name, payload);
  await expect(tab.sync.open()).rejects.toThrow("the line is gone");
  await tab.sync.open();
  server.append(id, 2, "afterwards");
  await tab.sync.settle();
  expect((await tab.replica.entries.toArray()).map((entry) => entry.seq)).toContain(2);
});

test("two tabs on one database end where one would", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  server.append(id, 2, "before");
  const name = `sync-${++count}`;
  const tabs = [new Tab(server, name), new Tab(server, name)];
  await Promise.all(tabs.map((tab) => tab.sync.open()));
  server.emit = (event, payload) => tabs.forEach((tab) => tab.sync.take(event, structuredClone(payload)));
  for (let step = 0; step < 20; step++) server.append(id, 1 + (step % 2), `text ${step}`);
  server.addFriend(2, "new");
  await Promise.all(tabs.map((tab) => tab.sync.settle()));
  await tabs[0]!.fill();
  const fresh = new Tab(server);
  await fresh.sync.open();
  await fresh.fill();
  expect(await tabs[1]!.dump()).toEqual(await fresh.dump());
});

test("an event that comes while the answer is under way is applied after it", async () => {
  const server = new TestServer();
  const call = server.call;
  server.call = async (name, input) => {
    const answer = await call(name, input);
    if (name === "sync.open") server.addFriend(3, "just now");
    return answer;
  };
  const tab = new Tab(server);
  server.addFriend(2, "earlier");
  server.emit = (name, payload) => tab.sync.take(name, payload);
  await tab.sync.open();
  await tab.sync.settle();
  expect((await tab.replica.friends.toArray()).map((friend) => friend.user_id)).toEqual([2, 3]);
  expect(server.calls).not.toContain("sync.log");
});

test("a snapshot that was overtaken by another tab does not take the copy back", async () => {
  const server = new TestServer();
  server.addFriend(2, "first");
  const name = `sync-${++count}`;
  const [slow, fast] = [new Tab(server, name), new Tab(server, name)];
  const call = server.call;
  let isFirst = true;
  const delayed: typeof call = async (command, input) => {
    const answer = await call(command, input);
    if (command === "sync.open" && isFirst) {
      isFirst = false;
      server.addFriend(3, "meanwhile");
      await fast.sync.open();
    }
    return answer;
  };
  Object.assign(slow, { sync: new Sync(slow.replica, delayed, { opened: () => undefined, foreign: () => undefined }) });
  await slow.sync.open();
  expect((await slow.replica.friends.toArray()).map((friend) => friend.user_id)).toEqual([2, 3]);
  expect((await slow.replica.findMeta("cursor"))!.log_seq).toBe(2);
});

test("a cursor that the log no longer reaches back to leads to a snapshot, live too", async () => {
  const server = new TestServer();
  server.addFriend(2, "old");
  const tab = new Tab(server);
  await tab.sync.open();
  server.removeFriend(2);
  for (let id = 3; id < 9; id++) server.addFriend(id, "new");
  server.keeps = 2;
  tab.sync.take("log", structuredClone(server.userLog.at(-1)));
  await tab.sync.settle();
  expect((await tab.replica.friends.toArray()).map((friend) => friend.user_id)).toEqual([3, 4, 5, 6, 7, 8]);
});

test("another generation starts the copy anew and keeps what was written here", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  for (let step = 0; step < 5; step++) server.append(id, 2, `text ${step}`);
  const tab = new Tab(server);
  await tab.sync.open();
  await tab.fill();
  await tab.own.drafts.put({ conversation: id, text: "half a thought", saved_at: "" });
  server.logs.get(id)!.entries.splice(2);
  server.generation = "0".repeat(32);
  expect(tab.forgotten).toBe(0);
  await tab.sync.open();
  await tab.fill();
  expect(tab.forgotten).toBe(1);
  expect(await tab.replica.entries.count()).toBe(2);
  expect((await tab.replica.conversations.get(id))!.flaw).toBeNull();
  expect(await tab.own.drafts.count()).toBe(1);
});

for (const way of ["live", "with its row"]) {
  test(`an entry of before that came ${way} and is opened after another generation has begun is not written into the new copy`, async () => {
    const server = new TestServer();
    const id = server.addConversation();
    server.append(id, 2, "one");
    const tab = new Tab(server);
    await tab.sync.open();
    let letGo = (): void => undefined;
    tab.opening = new Promise((resolve) => (letGo = resolve));
    server.append(id, 2, "lost");
    const { asked } = tab;
    const late = way === "live" ? tab.sync.take("message.sent", { entry: server.logs.get(id)!.entries[1]! }) : tab.sync.open();
    await expect.poll(() => tab.asked).toBe(asked + 1);
    tab.opening = Promise.resolve();
    server.logs.get(id)!.entries.splice(1);
    server.append(id, 2, "other");
    server.generation = "0".repeat(32);
    const opening = tab.sync.open();
    await expect.poll(() => tab.forgotten).toBe(1);
    letGo();
    await Promise.all([late, opening]);
    await tab.fill();
    const texts = (await tab.replica.entries.toArray()).map(({ plain }) => plain);
    expect(texts).toEqual(["one", "other"].map((text) => ({ type: "text", text })));
    expect(await tab.replica.conversations.get(id)).toMatchObject({ flaw: null, last_seq: 2 });
  });
}

test("a server that names itself otherwise clears nothing, and is not followed", async () => {
  const server = new TestServer();
  server.addConversation();
  const tab = new Tab(server);
  await tab.sync.open();
  await tab.own.drafts.put({ conversation: "c", text: "for the other one", saved_at: "" });
  const cursor = await tab.replica.findMeta("cursor");
  Object.assign(server, { server_id: "0".repeat(32), generation: "1".repeat(32) });
  await expect(tab.sync.open()).rejects.toThrow("another server");
  expect([await tab.own.drafts.count(), await tab.replica.conversations.count(), await tab.replica.findMeta("cursor")]).toEqual([1, 1, cursor]);
});

test("more conversations than one page of rows are all fetched", async () => {
  const server = new TestServer();
  for (let index = 0; index < 120; index++) server.append(server.addConversation(), 2, "hello");
  const tab = new Tab(server);
  await tab.sync.open();
  expect(await tab.replica.conversations.filter((row) => row.last_seq === 1).count()).toBe(120);
});

test("more conversations than one answer names are all fetched, and later only what differs", async () => {
  const server = new TestServer();
  server.headsAtOnce = 20;
  server.addFriend(2, "here");
  const ids = Array.from({ length: 120 }, () => server.addConversation());
  for (const id of ids) server.append(id, 2, "hello");
  const tab = new Tab(server);
  await tab.sync.open();
  expect(await tab.replica.conversations.filter((row) => row.last_seq === 1).count()).toBe(120);
  expect(server.calls.filter((name) => name === "sync.heads")).toHaveLength(6);
  for (const id of ids) server.append(id, 2, "again");
  server.calls.length = 0;
  await tab.sync.open();
  expect(await tab.replica.conversations.filter((row) => row.last_seq === 2).count()).toBe(120);
  expect(server.calls.filter((name) => name === "inbox.get")).toHaveLength(2);
});

test("a head that went back within one generation is said", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  for (let step = 0; step < 5; step++) server.append(id, 2, `text ${step}`);
  const tab = new Tab(server);
  await tab.sync.open();
  server.logs.get(id)!.entries.splice(3);
  await tab.sync.open();
  expect((await tab.replica.conversations.get(id))!.flaw).toEqual({ seq: 4, reason: "shortened" });
});

test("a cookie of somebody else is noticed before anything is written", async () => {
  const server = new TestServer();
  const tab = new Tab(server);
  Object.assign(server, { me: 7 });
  await tab.sync.open();
  expect(tab.foreign).toBe(1);
  expect(await tab.replica.findMeta("cursor")).toBeUndefined();
});
