// What is pinned: by records in any order, with what waits here, and asked for where they are not here.
import "fake-indexeddb/auto";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { Said } from "../crypto/content.ts";
import { PRIVATE_HIDDEN } from "../crypto/private-change.ts";
import { applyItem } from "../inbox/apply.ts";
import { pinMessage } from "./pin.ts";
import { markMessages } from "../private/marks.ts";
import { Replica } from "../replica/database.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import { Outbox } from "../replica/outbox.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { findWhole, type WholeRow } from "../replica/records.ts";
import { plainSealer, TestServer } from "../replica/testing.ts";
import { Filler } from "../sync/fill.ts";
import type { Client } from "../sync/client.ts";
import { type Entry, KIND_DELETION, KIND_MESSAGE, KIND_PIN } from "../wire/contract.ts";
import { readPinned } from "./pinned.ts";

let count = 0;
let [server, id, replica, own, client] = [new TestServer(), "", null! as Replica, null! as OwnDatabase, null! as Client];

beforeEach(async () => {
  server = new TestServer();
  id = server.addConversation();
  [replica, own] = [new Replica(1, `pinned-${++count}`), new OwnDatabase(1, `pinned-own-${count}`)];
  await server.meet(replica);
  client = { replica, own, outbox: new Outbox(own, replica, { call: server.call }, server.device, plainSealer) } as unknown as Client;
  await applyItem(replica, { ...structuredClone(server.item(id)), last_entry: null });
});
afterEach(() => [replica, own].forEach((database) => database.close()));

const append = (from: number, kind: number, target_seq = 0): Entry => server.append(id, from, Uint8Array.from([1, from, kind, server.logs.get(id)!.entries.length]), { kind, target_seq });

/** As the keys' worker would have judged it. */
function judge(entry: Entry, content: Said, verdict: "not_allowed" | null = null): WholeRow {
  const row: WholeRow = { ...toRow(entry), opened: { verdict, content, sent_at: null, target: entry.target_seq || null, is_withheld: false } };
  delete row.waits;
  return row;
}

const say = (from = 2): WholeRow => judge(append(from, KIND_MESSAGE), { type: "text", text: "hello" });
const pin = (target: number, from = 2, type: "pin" | "unpin" = "pin"): WholeRow => judge(append(from, KIND_PIN, target), { type });
const list = async () => (await readPinned(replica, own, id)).map(({ seq, by }) => [seq, by]);

test("the newest pin comes first, once for each message, and what was taken back is none", async () => {
  await applyEntries(replica, [say(), say(), say(), pin(1), pin(3), pin(2), pin(1, 1), pin(2, 1, "unpin")]);
  expect(await list()).toEqual([[1, 1], [3, 2]]);
  await applyEntries(replica, [pin(2, 1)]);
  expect(await list()).toEqual([[2, 1], [1, 1], [3, 2]]);
});

test("it is the same in whatever order they come, and what does not stand counts for nothing", async () => {
  const rows = [say(), say(), pin(1), pin(2), pin(2, 1, "unpin"), judge(append(2, KIND_PIN, 2), { type: "pin" }, "not_allowed"), judge(append(2, KIND_PIN, 2), { type: "unknown" })];
  for (const row of [...rows].reverse()) await applyEntries(replica, [row]);
  expect(await list()).toEqual([[1, 2]]);
});

test("what is deleted goes, for everybody and for oneself", async () => {
  await applyEntries(replica, [say(), say(), pin(1), pin(2)]);
  await markMessages(replica, own, PRIVATE_HIDDEN, id, [1], true);
  expect(await list()).toEqual([[2, 2]]);
  await applyEntries(replica, [judge(append(2, KIND_DELETION, 2), { type: "deletion" })]);
  expect(await list()).toEqual([]);
});

test("one's own counts at once, and what has not left is withdrawn by its opposite", async () => {
  await applyEntries(replica, [say(), say(), pin(1)]);
  await pinMessage(client, id, 2, true);
  expect(await list()).toEqual([[2, 1], [1, 2]]);
  await pinMessage(client, id, 1, false);
  expect(await list()).toEqual([[2, 1]]);
  await pinMessage(client, id, 2, false);
  await pinMessage(client, id, 1, true);
  expect(await list()).toEqual([[1, 2]]);
  expect(await own.outbox.count()).toBe(0);
});

test("what may have left is followed by its opposite", async () => {
  await applyEntries(replica, [say()]);
  await pinMessage(client, id, 1, true);
  const { client_id } = (await own.outbox.toArray())[0]!;
  await own.outbox.update(client_id, { number: 2, sealed: { record: Uint8Array.from([1, 7]), epoch: 1 } });
  await pinMessage(client, id, 1, false);
  expect((await own.outbox.orderBy("[conversation+counter]").toArray()).map(({ content }) => content.type)).toEqual(["pin", "unpin"]);
  expect(await list()).toEqual([]);
});

test("pins that are not here are asked for once, with what they name, and again only when some may have been missed", async () => {
  const [first, pinned] = [say(), pin(1)];
  for (let step = 0; step < 60; step++) append(2, KIND_MESSAGE);
  await applyItem(replica, server.item(id));
  const filler = new Filler(replica, server.call, nothingWaits([first, pinned]));
  await filler.fetchPins(id);
  expect(await list()).toEqual([[1, 2]]);
  await filler.fetchPins(id);
  // What follows without a gap is all there is to know.
  await applyEntries(replica, [pin(1, 1, "unpin")]);
  await applyItem(replica, server.item(id));
  await filler.fetchPins(id);
  expect(server.calls.filter((name) => name === "message.pins")).toHaveLength(1);
  expect(await list()).toEqual([]);
  append(2, KIND_MESSAGE);
  append(2, KIND_PIN, 1);
  await applyItem(replica, server.item(id));
  await filler.fetchPins(id);
  expect(server.calls.filter((name) => name === "message.pins")).toHaveLength(2);
  expect(await findWhole(replica, id, [server.item(id).pin_seq])).toHaveLength(1);
});

const nothingWaits = (rows: WholeRow[]) => ({ noteWaiting: () => undefined, open: async (asked: WholeRow[]) => asked.map((row) => rows.find(({ seq }) => seq === row.seq) ?? row) });
const countAsked = () => server.calls.filter((name) => name === "message.pins").length;

test("while the server leaves some out they are asked for again", async () => {
  append(2, KIND_MESSAGE);
  const rows = [say(), pin(2)];
  for (let step = 0; step < 60; step++) append(2, KIND_MESSAGE);
  await applyItem(replica, server.item(id));
  let left_out = true;
  const call: typeof server.call = async (name, input) => ({ ...(await server.call(name, input)), ...(name === "message.pins" ? { left_out } : {}) });
  const filler = new Filler(replica, call, nothingWaits(rows));
  await filler.fetchPins(id);
  expect(await list()).toEqual([[2, 2]]);
  left_out = false;
  await filler.fetchPins(id);
  expect(countAsked()).toBe(2);
  await filler.fetchPins(id);
  expect(countAsked()).toBe(2);
});

test("what is pinned while one is here is fetched where it is not here yet", async () => {
  const rows = [say()];
  for (let step = 0; step < 60; step++) append(2, KIND_MESSAGE);
  await applyItem(replica, server.item(id));
  const filler = new Filler(replica, server.call, nothingWaits(rows));
  rows.push(pin(50));
  await applyItem(replica, server.item(id));
  await filler.fetchPage(id, server.item(id).last_seq + 1, "before", 10);
  await filler.fetchPins(id);
  expect(countAsked()).toBe(1);
  for (const target of [1, 60]) {
    rows.push(pin(target));
    await applyEntries(replica, [rows.at(-1)!]);
  }
  expect((await replica.conversations.get(id))!.pin_seq).toBe(rows.at(-1)!.seq);
  await filler.fetchPins(id);
  expect(await list()).toEqual([[60, 2], [1, 2], [50, 2]]);
  await filler.fetchPins(id);
  expect(countAsked()).toBe(2);
});

test("what is left out of fifty makes room for others", async () => {
  await applyEntries(replica, Array.from({ length: 53 }, () => say()));
  await applyEntries(replica, Array.from({ length: 53 }, (_, at) => pin(at + 1)));
  await markMessages(replica, own, PRIVATE_HIDDEN, id, [53, 52], true);
  await pinMessage(client, id, 51, false);
  expect((await list()).map(([seq]) => seq)).toEqual(Array.from({ length: 50 }, (_, at) => 50 - at));
});
