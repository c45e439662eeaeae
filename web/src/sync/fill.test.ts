// Older history comes several pages at a time, whatever the server makes of that.
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { applyItem } from "../inbox/apply.ts";
import { Replica } from "../replica/database.ts";
import { addRange, listRanges } from "../replica/ranges.ts";
import type { WholeRow } from "../replica/records.ts";
import { TestServer } from "../replica/testing.ts";
import { KIND_REACTION, type Page } from "../wire/contract.ts";
import type { Socket } from "../wire/socket.ts";
import { Filler } from "./fill.ts";

let count = 0;
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** Fills a copy with a conversation of `length` messages; `change` may change each page by the seq below which it was asked for. */
async function fill(length: number, change: (page: Page, below: number) => Page = (page) => page, kindOf: (step: number) => number = () => 1) {
  const server = new TestServer();
  const id = server.addConversation();
  for (let step = 1; step <= length; step++) server.append(id, 2, `text ${step}`, { kind: kindOf(step) });
  const replica = new Replica(1, `fill-${++count}`);
  const stop = new AbortController();
  ends.push(() => (stop.abort(), replica.close()));
  await server.meet(replica);
  await applyItem(replica, structuredClone(server.item(id)));
  const pages: Page[] = [];
  const asked: number[] = [];
  const waiting = { now: 0, most: 0 };
  const call = (async (_name: string, input: { seq: number }) => {
    asked.push(input.seq);
    waiting.most = Math.max(waiting.most, (waiting.now += 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    waiting.now -= 1;
    const page = change((await server.call("message.history", input as never)) as Page, input.seq);
    pages.push(page);
    return page;
  }) as Socket["call"];
  const running = new Filler(replica, call).run(stop.signal);
  const ranges = async () => (await listRanges(replica, id)).map(({ from, to }) => [from, to]);
  await expect.poll(ranges).toEqual([[1, length]]);
  stop.abort();
  await running;
  return { replica, id, asked, pages, waiting };
}

test("pages of a gap are asked for three at a time, none twice, and all of it is kept", async () => {
  const { replica, id, asked, waiting } = await fill(700);
  expect(await replica.entries.count()).toBe(700);
  expect(await replica.records.count()).toBe(700);
  expect((await replica.conversations.get(id))!.flaw).toBeNull();
  expect(new Set(asked).size).toBe(asked.length);
  expect(waiting.most).toBe(3);
});

test("pages that are longer than their messages, as with reactions between them, are not fetched several times", async () => {
  const isMessage = (step: number): boolean => step % 3 === 1;
  const { replica, id, asked, pages } = await fill(1200, (page) => page, (step) => (isMessage(step) ? 1 : KIND_REACTION));
  expect(await replica.entries.count()).toBe(1200);
  expect((await replica.conversations.get(id))!.flaw).toBeNull();
  // Four would do; how long they are shows with the first ones.
  expect(asked.length).toBeLessThanOrEqual(6);
  expect(pages.reduce((sum, page) => sum + page.entries.length, 0)).toBeLessThan(1200 * 1.4);
});

test("where messages stand closer again, nothing stays out", async () => {
  const { replica, id } = await fill(900, (page) => page, (step) => (step < 400 || step % 4 === 0 ? 1 : KIND_REACTION));
  expect(await replica.entries.count()).toBe(900);
  expect((await replica.conversations.get(id))!.flaw).toBeNull();
});

test("what does not fit into an answer is fetched afterwards, and is no flaw", async () => {
  const shorten = (page: Page, below: number): Page => {
    const isShort = below === 450;
    return isShort ? { ...page, entries: page.entries.slice(40), hash_before: page.entries[39]!.log_hash } : page;
  };
  const { replica, id, asked } = await fill(700, shorten);
  expect(asked).toContain(450);
  expect(await replica.entries.count()).toBe(700);
  expect((await replica.conversations.get(id))!.flaw).toBeNull();
});

test("a page that is another one's history is noticed also within those that come together", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  for (let step = 1; step <= 400; step++) server.append(id, 2, `text ${step}`);
  const replica = new Replica(1, `fill-${++count}`);
  const stop = new AbortController();
  ends.push(() => (stop.abort(), replica.close()));
  await server.meet(replica);
  await applyItem(replica, structuredClone(server.item(id)));
  const changed = structuredClone(server.logs.get(id)!.entries[199]!);
  changed.record = btoa("\0{}");
  const call = (async (name: string, input: never) => {
    const page = (await server.call(name as "message.history", input)) as Page;
    return { ...page, entries: page.entries.map((entry) => (entry.seq === 200 ? changed : entry)) };
  }) as Socket["call"];
  void new Filler(replica, call).run(stop.signal);
  await expect.poll(async () => (await replica.conversations.get(id))!.flaw).toEqual({ seq: 200, reason: "chain" });
});

/** A filler whose pages wait to be opened until they are let go. */
async function hold(length: number) {
  const server = new TestServer();
  const id = server.addConversation();
  for (let step = 1; step <= length; step++) server.append(id, 2, `text ${step}`);
  const replica = new Replica(1, `fill-${++count}`);
  ends.push(() => replica.close());
  await server.meet(replica);
  await applyItem(replica, structuredClone(server.item(id)));
  const own = { server_id: "s", log_seq: 1, user_id: 1, device_id: "d" };
  await replica.putMeta("cursor", { ...own, generation: "one" });
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const opener = { opened: 0, noteWaiting: () => undefined, open: (rows: WholeRow[]) => ((opener.opened += 1), held.then(() => rows)) };
  const filler = new Filler(replica, server.call as Socket["call"], opener);
  const anew = async (): Promise<void> => {
    await replica.clearCopy();
    await replica.putMeta("cursor", { ...own, generation: "two" });
  };
  return { replica, id, filler, opener, letGo, anew };
}

test("a page that was asked for before the copy was cleared is not written into the new one", async () => {
  const { replica, id, filler, letGo, anew } = await hold(10);
  const fetching = filler.fetchPage(id, 5, "before");
  await anew();
  letGo();
  await fetching;
  expect([await replica.entries.count(), await replica.ranges.count()]).toEqual([0, 0]);
});

test("pages of a gap are dropped when the connection ends before they are opened", async () => {
  const { replica, id, filler, opener, letGo } = await hold(300);
  await addRange(replica, id, 241, 299);
  const stop = new AbortController();
  const running = filler.run(stop.signal);
  await expect.poll(() => opener.opened).toBe(1);
  const before = await replica.entries.count();
  stop.abort();
  letGo();
  await running;
  expect(await replica.entries.count()).toBe(before);
});
