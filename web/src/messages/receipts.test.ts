import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import { applyItem } from "../inbox/apply.ts";
import { Replica } from "../replica/database.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { makeError, TestServer } from "../replica/testing.ts";
import type { Commands, MarkReceived } from "../wire/contract.ts";
import type { Socket } from "../wire/socket.ts";
import { applyMessageSent } from "./apply.ts";
import { markRead, Receipts } from "./receipts.ts";

let count = 0;
const opened: { close(): void }[] = [];
afterEach(() => {
  vi.useRealTimers();
  opened.splice(0).forEach((database) => database.close());
});

/** From here on pauses last until the test lets time pass, which `vi.waitFor` does. */
const stopClock = (): unknown => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
const PATIENCE = { timeout: 30_000 };

async function open(failures: Error[] = []) {
  const server = new TestServer();
  const id = server.addConversation();
  const replica = new Replica(1, `receipts-${++count}`);
  const own = new OwnDatabase(1, `receipts-own-${count}`);
  opened.push(replica, own);
  await server.meet(replica);
  await applyItem(replica, structuredClone(server.item(id)));
  server.emit = () => undefined;
  const receive = (text: string, where = id): Promise<unknown> => applyMessageSent(replica, server.append(where, 2, text));
  const marks: { mark: MarkReceived; at: number }[] = [];
  const call: Socket["call"] = (name, input) => {
    marks.push({ mark: input as Commands["receipt.mark"]["input"], at: performance.now() });
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : server.call(name, input);
  };
  const receipts = new Receipts(replica, own, call);
  const stop = new AbortController();
  const run = (): Promise<void> => receipts.run(stop.signal);
  const cursor = (where = id): unknown => server.logs.get(where)!.cursors.get(1);
  return { server, id, replica, own, receive, marks, run, stop, cursor };
}

test("what arrives is marked as delivered once, not for every message", async () => {
  const { receive, marks, run, stop, cursor } = await open();
  stopClock();
  const running = run();
  for (const text of ["one", "two", "three", "four"]) await receive(text);
  await vi.waitFor(() => expect(cursor()).toEqual({ delivered_seq: 4, read_seq: 0 }), PATIENCE);
  stop.abort();
  await running;
  expect(marks.length).toBeLessThanOrEqual(2);
});

test("reading is sent with the next mark, at least 300 ms after the one before", async () => {
  const { id, replica, own, receive, marks, run, stop, cursor } = await open();
  stopClock();
  const running = run();
  for (let seq = 1; seq <= 6; seq++) {
    await receive(`text ${seq}`);
    await markRead(replica, own, id, seq);
    await vi.waitFor(() => expect(cursor()).toEqual({ delivered_seq: seq, read_seq: seq }), PATIENCE);
  }
  await vi.waitFor(async () => expect(await own.marks.count()).toBe(0), PATIENCE);
  stop.abort();
  await running;
  for (const [index, { at }] of marks.entries()) {
    if (index > 0) expect(at - marks[index - 1]!.at).toBeGreaterThanOrEqual(300);
  }
});

test("what was read offline is sent later, by another tab if need be", async () => {
  const { id, replica, own, receive, run, stop, cursor } = await open([makeError("network"), makeError("busy")]);
  await receive("hello");
  await markRead(replica, own, id, 1);
  const running = run();
  await expect.poll(cursor).toEqual({ delivered_seq: 1, read_seq: 1 });
  stop.abort();
  await running;
});

test("a refused mark is not sent again and again", async () => {
  const { server, id, replica, own, receive, marks, run, stop, cursor } = await open([makeError("not_found")]);
  const other = server.addConversation();
  await applyItem(replica, structuredClone(server.item(other)));
  await receive("hello");
  await markRead(replica, own, id, 1);
  const running = run();
  await expect.poll(() => own.marks.count()).toBe(0);
  // Marks are looked for anew for each of these, and sent in one go: with the second, all of the first look are out.
  for (let seq = 1; seq <= 2; seq++) {
    await receive("and here", other);
    await expect.poll(() => cursor(other)).toEqual({ delivered_seq: seq, read_seq: 0 });
  }
  stop.abort();
  await running;
  expect(marks.filter(({ mark }) => mark.conversation_id === id)).toHaveLength(1);
});

test("reading less far than before changes nothing", async () => {
  const { id, replica, own, receive } = await open();
  for (const text of ["one", "two"]) await receive(text);
  await markRead(replica, own, id, 2);
  await own.marks.clear();
  await markRead(replica, own, id, 1);
  expect(await own.marks.count()).toBe(0);
  expect((await replica.members.get([id, 1]))!.read_seq).toBe(2);
});
