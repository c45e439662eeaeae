import "fake-indexeddb/auto";

import { liveQuery } from "dexie";
import { afterEach, expect, test } from "vitest";

import { readPlain, type Text } from "../crypto/content.ts";
import { fromBase64 } from "../lib/bytes.ts";
import type * as contract from "../wire/contract.ts";
import { Replica } from "./database.ts";
import { Outbox, type Caller } from "./outbox.ts";
import { OwnDatabase, type Written } from "./own-database.ts";
import { makeError, plainSealer, TestServer } from "./testing.ts";

const say = (text: string): Written => ({ type: "text", text });
let count = 0;
const opened: { close(): void }[] = [];
afterEach(() => opened.splice(0).forEach((database) => database.close()));

/** A device: its databases outlive the tabs that work on them. */
class Stage {
  readonly server = new TestServer();
  readonly conversation = this.server.addConversation();
  readonly names = [`own-${++count}`, `replica-${count}`] as const;
  readonly tabs: AbortController[] = [];

  openTab(call: Caller["call"] = this.server.call): { outbox: Outbox; own: OwnDatabase; kill(): void } {
    const own = new OwnDatabase(1, this.names[0]);
    const replica = new Replica(1, this.names[1]);
    opened.push(own, replica);
    const outbox = new Outbox(own, replica, { call }, this.server.device, plainSealer);
    const kill = (): void => {
      own.close();
      replica.close();
    };
    return { outbox, own, kill };
  }

  /** Drains until nothing waits. */
  async drain(tab = this.openTab()): Promise<void> {
    const stop = new AbortController();
    const draining = tab.outbox.drain(stop.signal);
    await expect.poll(() => tab.own.outbox.filter((row) => row.state === "waiting").count()).toBe(0);
    stop.abort();
    await draining;
  }

  get stored(): string[] {
    const entries = this.server.logs.get(this.conversation)!.entries;
    return entries.map((entry) => (readPlain(fromBase64(entry.record)) as Text).text);
  }

  get counters(): number[] {
    return this.server.logs.get(this.conversation)!.entries.map((entry) => entry.counter);
  }
}

test("what was written offline is sent in order, with dense counters, and leaves the outbox", async () => {
  const stage = new Stage();
  const tab = stage.openTab();
  for (const text of ["one", "two", "three"]) await tab.outbox.add(stage.conversation, say(text));
  await stage.drain(tab);
  expect(stage.stored).toEqual(["one", "two", "three"]);
  expect(stage.counters).toEqual([1, 2, 3]);
  expect(await tab.own.outbox.count()).toBe(0);
});

test("the answer goes the way of every entry: the sent message is in the local copy", async () => {
  const stage = new Stage();
  const tab = stage.openTab();
  const replica = new Replica(1, stage.names[1]);
  opened.push(replica);
  const client_id = await tab.outbox.add(stage.conversation, say("hello"));
  await stage.drain(tab);
  expect(await replica.entries.get([stage.conversation, 1])).toMatchObject({ client_id, kind: 1 });
  expect(await replica.records.get([stage.conversation, 1])).toMatchObject({ counter: 1 });
});

test("a message and its draft never stand side by side: it takes the draft's place in one transaction", async () => {
  const stage = new Stage();
  const { own, outbox } = stage.openTab();
  await own.drafts.put({ conversation: stage.conversation, text: "hello", saved_at: "" });
  const seen = new Set<string>();
  const watch = liveQuery(() =>
    own.transaction("r", [own.outbox, own.drafts], async () => `${await own.outbox.count()} ${await own.drafts.count()}`),
  ).subscribe((state) => seen.add(state));
  await expect.poll(() => seen.size).toBe(1);
  await outbox.add(stage.conversation, say("hello"));
  await expect.poll(() => seen.has("1 0")).toBe(true);
  watch.unsubscribe();
  expect([...seen]).toEqual(["0 1", "1 0"]);
});

test("a device whose storage was wiped counts on from what the log has of it, however far back", async () => {
  const stage = new Stage();
  const first = stage.openTab();
  for (const text of ["one", "two"]) await first.outbox.add(stage.conversation, say(text));
  await stage.drain(first);
  for (let step = 0; step < 250; step++) stage.server.append(stage.conversation, 2, `other ${step}`);
  await first.own.delete();
  const second = stage.openTab();
  for (const text of ["three", "four"]) await second.outbox.add(stage.conversation, say(text));
  await stage.drain(second);
  const own = stage.server.logs.get(stage.conversation)!.entries.filter((entry) => entry.from_user === 1);
  expect(own.map((entry) => entry.counter)).toEqual([1, 2, 3, 4]);
  const asked = stage.server.calls.filter((name) => name === "message.history").length;
  await second.outbox.add(stage.conversation, say("five"));
  await stage.drain(second);
  expect(stage.server.calls.filter((name) => name === "message.history")).toHaveLength(asked);
});

// The places where a tab can die between "typed" and "acknowledged". Each is run as: die there, open again, drain.
type Call = Caller["call"];
const DIE = new Error("the tab is gone");
const CRASHES: { [point: string]: (stage: Stage) => Call } = {
  "before anything left": () => () => Promise.reject(DIE),
  "before it was sent": (stage) => (name, input) =>
    name === "message.send" ? Promise.reject(DIE) : stage.server.call(name, input),
  "after it was sent, before it was stored there": () => () => Promise.reject(makeError("network")),
  "after it was committed, before the answer came": (stage) => async (name, input) => {
    const answer = await stage.server.call(name, input);
    if (name === "message.send") throw DIE;
    return answer;
  },
  "after the answer came, before it was taken": (stage) => async (name, input) => {
    const answer = await stage.server.call(name, input);
    if (name === "message.send") opened.forEach((database) => database.close());
    return answer;
  },
};

for (const [point, makeCall] of Object.entries(CRASHES)) {
  test(`a crash ${point} neither loses nor doubles`, async () => {
    const stage = new Stage();
    const first = stage.openTab(makeCall(stage));
    await first.outbox.add(stage.conversation, say("once"));
    const stop = new AbortController();
    const died = first.outbox.drain(stop.signal).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 60));
    stop.abort();
    first.kill();
    await died;
    const second = stage.openTab();
    await second.outbox.add(stage.conversation, say("after"));
    await stage.drain(second);
    expect(stage.stored).toEqual(["once", "after"]);
    expect(stage.counters).toEqual([1, 2]);
  });
}

test("a crash while storing leaves neither row nor counter", async () => {
  const stage = new Stage();
  const tab = stage.openTab();
  tab.own.outbox.hook("creating", () => {
    throw DIE;
  });
  await expect(tab.outbox.add(stage.conversation, say("never"))).rejects.toThrow();
  tab.kill();
  const second = stage.openTab();
  await second.outbox.add(stage.conversation, say("first"));
  await stage.drain(second);
  expect(stage.counters).toEqual([1]);
});

test("two tabs that both send, one of them now and then standing still, store each message once and in line", async () => {
  const stage = new Stage();
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.random() * 15));
  const slow: Caller["call"] = async (name, input) => {
    await pause();
    const answer = await stage.server.call(name, input);
    await pause();
    return answer;
  };
  const tabs = [stage.openTab(), stage.openTab(slow)] as const;
  const stop = new AbortController();
  const draining = tabs.map((tab) => tab.outbox.drain(stop.signal));
  const texts = Array.from({ length: 16 }, (_, index) => `text ${index}`);
  await Promise.all(texts.map((text, index) => tabs[index % 2]!.outbox.add(stage.conversation, say(text))));
  await expect.poll(() => tabs[0].own.outbox.count()).toBe(0);
  stop.abort();
  await Promise.all(draining);
  expect([...stage.stored].sort()).toEqual([...texts].sort());
  expect(stage.counters).toEqual(texts.map((_, index) => index + 1));
});

test("a refusal that will stay marks the message and lets the others pass; cancelled it leaves no trace", async () => {
  const stage = new Stage();
  const conversation = stage.server.logs.get(stage.conversation)!.conversation;
  const other = stage.server.addConversation([1, 3]);
  const tab = stage.openTab();
  conversation.open = false;
  const client_id = await tab.outbox.add(stage.conversation, say("no"));
  await tab.outbox.add(other, say("yes"));
  await stage.drain(tab);
  expect(await tab.own.outbox.get(client_id)).toMatchObject({ state: "failed", reason: "not_friends" });
  expect(stage.server.logs.get(other)!.entries).toHaveLength(1);
  conversation.open = true;
  await tab.outbox.cancel(client_id);
  await tab.outbox.add(stage.conversation, say("next"));
  await stage.drain(tab);
  expect(stage.stored).toEqual(["next"]);
  expect(stage.counters).toEqual([1]);
});

test("what was refused leaves no hole, whether the others go first or it is tried again", async () => {
  const stage = new Stage();
  const conversation = stage.server.logs.get(stage.conversation)!.conversation;
  const tab = stage.openTab();
  await tab.outbox.add(stage.conversation, say("one"));
  await stage.drain(tab);
  conversation.open = false;
  const refused = await tab.outbox.add(stage.conversation, say("two"));
  await tab.outbox.add(stage.conversation, say("three"));
  await stage.drain(tab);
  conversation.open = true;
  await tab.outbox.add(stage.conversation, say("four"));
  await stage.drain(tab);
  await tab.outbox.retry(refused);
  await tab.outbox.add(stage.conversation, say("five"));
  await stage.drain(tab);
  expect(stage.stored).toEqual(["one", "four", "two", "five"]);
  expect(stage.counters).toEqual([1, 2, 3, 4]);
});

test("what may have left already goes before a message that is tried again, under the number it had", async () => {
  const stage = new Stage();
  const conversation = stage.server.logs.get(stage.conversation)!.conversation;
  const tab = stage.openTab();
  conversation.open = false;
  const refused = await tab.outbox.add(stage.conversation, say("refused"));
  await stage.drain(tab);
  conversation.open = true;
  const dying = stage.openTab(CRASHES["after it was committed, before the answer came"]!(stage));
  await dying.outbox.add(stage.conversation, say("in doubt"));
  await dying.outbox.drain(new AbortController().signal).catch(() => undefined);
  await tab.outbox.retry(refused);
  await stage.drain(tab);
  expect(stage.stored).toEqual(["in doubt", "refused"]);
  expect(stage.counters).toEqual([1, 2]);
});

test("a device whose notes are gone goes on counting where the log has it", async () => {
  const stage = new Stage();
  const tab = stage.openTab();
  for (let step = 1; step <= 3; step++) await tab.outbox.add(stage.conversation, say(`before ${step}`));
  await stage.drain(tab);
  for (let step = 1; step <= 150; step++) stage.server.append(stage.conversation, 2, "theirs");
  for (const table of tab.own.tables) await table.clear();
  await tab.outbox.add(stage.conversation, say("after"));
  await stage.drain(tab);
  expect(stage.server.logs.get(stage.conversation)!.entries.at(-1)).toMatchObject({ counter: 4 });
});

test("what the session before had stored uses up no number of the new one", async () => {
  const stage = new Stage();
  const dying = stage.openTab(CRASHES["after it was committed, before the answer came"]!(stage));
  await dying.outbox.add(stage.conversation, say("by the old one"));
  await dying.outbox.drain(new AbortController().signal).catch(() => undefined);
  stage.server.device = "f".repeat(32);
  const tab = stage.openTab();
  await tab.outbox.add(stage.conversation, say("by the new one"));
  await stage.drain(tab);
  const entries = stage.server.logs.get(stage.conversation)!.entries;
  expect(entries.map(({ from_device, counter }) => [from_device === stage.server.device, counter])).toEqual([[false, 1], [true, 1]]);
  const replica = new Replica(1, stage.names[1]);
  opened.push(replica);
  expect((await replica.records.get([stage.conversation, 1]))!.from_device).toBe(entries[0]!.from_device);
});

test("a failed message that is tried again keeps its counter and its client_id", async () => {
  const stage = new Stage();
  const conversation = stage.server.logs.get(stage.conversation)!.conversation;
  const tab = stage.openTab();
  conversation.open = false;
  const client_id = await tab.outbox.add(stage.conversation, say("again"));
  await stage.drain(tab);
  conversation.open = true;
  await tab.outbox.retry(client_id);
  await stage.drain(tab);
  expect(stage.server.logs.get(stage.conversation)!.entries).toMatchObject([{ client_id, counter: 1 }]);
});

test("a busy server is asked again after the time it names", async () => {
  const stage = new Stage();
  let refusals = 2;
  const call: Call = async (name, input) => {
    if (refusals-- > 0) throw makeError("busy", 0.01);
    return stage.server.call(name, input);
  };
  const tab = stage.openTab(call);
  await tab.outbox.add(stage.conversation, say("patience"));
  await stage.drain(tab);
  expect(stage.stored).toEqual(["patience"]);
});

test("after signing in anew, what waits is counted by the new device", async () => {
  const stage = new Stage();
  const tab = stage.openTab();
  await tab.outbox.add(stage.conversation, say("sent before"));
  await stage.drain(tab);
  await tab.outbox.add(stage.conversation, say("waiting"));
  const sent: contract.SendMessage[] = [];
  const call: Call = (name, input) => {
    if (name === "message.send") sent.push(input as contract.SendMessage);
    return stage.server.call(name, input);
  };
  const device = new Outbox(tab.own, new Replica(1, stage.names[1]), { call }, "f".repeat(32), plainSealer);
  await stage.drain({ ...tab, outbox: device });
  expect(sent.map((command) => command.counter)).toEqual([1]);
});

/** Web Locks, as far as they are used here: one holder per name, first come first served. */
