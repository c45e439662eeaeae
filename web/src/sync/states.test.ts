import "fake-indexeddb/auto";

import { expect, test } from "vitest";

import { Replica } from "../replica/database.ts";
import { TestServer } from "../replica/testing.ts";
import { KIND_STATE } from "../wire/contract.ts";
import { Sync } from "./sync.ts";

test("what says how a group is called is fetched with its row, once, however much was written since", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  const { seq } = server.append(id, 2, new Uint8Array([1, 2, 3]), { kind: KIND_STATE });
  for (let step = 0; step < 60; step++) server.append(id, 2, `text ${step}`);
  const replica = new Replica(server.me, "sync-states");
  const sync = new Sync(replica, server.call, { opened: () => undefined, foreign: () => undefined });
  await sync.open();
  expect((await replica.entries.get([id, seq]))?.kind).toBe(KIND_STATE);
  await sync.open();
  expect(server.calls.filter((name) => name === "message.states")).toHaveLength(1);
  replica.close();
});

test("one that comes with its row is not enough: those before it decide whether it counts", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  const { seq } = server.append(id, 2, new Uint8Array([1, 2, 3]), { kind: KIND_STATE });
  for (let step = 0; step < 60; step++) server.append(id, 2, `text ${step}`);
  server.append(id, 3, new Uint8Array([4, 5, 6]), { kind: KIND_STATE });
  const replica = new Replica(server.me, "sync-states-last");
  const sync = new Sync(replica, server.call, { opened: () => undefined, foreign: () => undefined });
  await sync.open();
  expect((await replica.entries.get([id, seq]))?.kind).toBe(KIND_STATE);
  // What follows without a gap is all there is to know.
  const next = server.append(id, 2, new Uint8Array([7, 8, 9]), { kind: KIND_STATE });
  sync.take("message.sent", { entry: next });
  await sync.settle();
  await sync.open();
  expect(server.calls.filter((name) => name === "message.states")).toHaveLength(1);
  for (let step = 0; step < 5; step++) server.append(id, 2, `away ${step}`);
  server.append(id, 3, new Uint8Array([1, 1, 1]), { kind: KIND_STATE });
  await sync.open();
  expect(server.calls.filter((name) => name === "message.states")).toHaveLength(2);
  replica.close();
});
