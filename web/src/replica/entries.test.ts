import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { applyConversationChanged } from "../conversations/apply.ts";
import { applyItem } from "../inbox/apply.ts";
import { applyMessageSent, applyPage, applyReceipts } from "../messages/apply.ts";
import { fromBase64, toBase64 } from "../lib/bytes.ts";
import type { Entry } from "../wire/contract.ts";
import { Replica } from "./database.ts";
import { applyEntries, toRow } from "./entries.ts";
import { listRanges } from "./ranges.ts";
import { TestServer } from "./testing.ts";

let count = 0;
const opened: Replica[] = [];
afterEach(() => opened.splice(0).forEach((replica) => replica.close()));

/** A copy that knows one conversation with `length` entries on the server and none here. */
async function open(length: number): Promise<{ server: TestServer; replica: Replica; id: string }> {
  const server = new TestServer();
  const id = server.addConversation();
  const replica = new Replica(server.me, `entries-${++count}`);
  opened.push(replica);
  await server.meet(replica);
  await applyItem(replica, structuredClone(server.item(id)));
  for (let step = 1; step <= length; step++) server.append(id, 2, `text ${step}`);
  return { server, replica, id };
}

test("entries in any order, twice, make one range, and the head is that of the last", async () => {
  const { server, replica, id } = await open(6);
  const entries = server.logs.get(id)!.entries;
  for (const seq of [4, 2, 6, 2, 1, 5, 3, 6]) await applyMessageSent(replica, entries[seq - 1]!);
  expect(await listRanges(replica, id)).toMatchObject([{ conversation: id, from: 1, to: 6 }]);
  expect(await replica.conversations.get(id)).toMatchObject({ last_seq: 6, last_ordinal: 6, flaw: null });
});

test.each([[[1, 2, 4]], [[4, 2, 1]]])("a hole stays a hole, arriving as %j", async (order) => {
  const { server, replica, id } = await open(5);
  const entries = server.logs.get(id)!.entries;
  for (const seq of order) await applyMessageSent(replica, entries[seq - 1]!);
  expect((await listRanges(replica, id)).map(({ from, to }) => [from, to])).toEqual([
    [1, 2],
    [4, 4],
  ]);
});

for (const order of [
  [1, 2, 3],
  [3, 2, 1],
  [3, 1, 2],
]) {
  test(`a record changed by the server is noticed when entries arrive as ${order.join()}`, async () => {
    const { server, replica, id } = await open(3);
    const entries = structuredClone(server.logs.get(id)!.entries);
    entries[1]!.record = toBase64(new TextEncoder().encode("something else"));
    for (const seq of order) await applyMessageSent(replica, entries[seq - 1]!);
    expect((await replica.conversations.get(id))!.flaw).toEqual({ seq: 2, reason: "chain" });
    expect(await replica.entries.count()).toBe(3);
  });
}

test("an entry that takes another's place is noticed, and the first one stays", async () => {
  const { server, replica, id } = await open(2);
  const entries = server.logs.get(id)!.entries;
  for (const entry of entries) await applyMessageSent(replica, entry);
  await applyMessageSent(replica, { ...entries[1]!, log_hash: toBase64(new Uint8Array(32)) });
  expect((await replica.conversations.get(id))!.flaw).toEqual({ seq: 2, reason: "rewritten" });
  expect((await replica.records.get([id, 2]))!.log_hash).toBe(entries[1]!.log_hash);
});

test("a page whose first hash does not follow from what is here is noticed", async () => {
  const { server, replica, id } = await open(4);
  const entries = server.logs.get(id)!.entries;
  await applyMessageSent(replica, entries[1]!);
  await applyEntries(replica, entries.slice(2).map(toRow), toBase64(new Uint8Array(32)));
  expect((await replica.conversations.get(id))!.flaw).toEqual({ seq: 3, reason: "chain" });
});

test("a log that does not begin with its conversation is noticed", async () => {
  const { server, replica, id } = await open(1);
  const other = server.addConversation();
  const entry = { ...server.append(other, 2, "text 1"), conversation_id: id };
  await applyMessageSent(replica, entry);
  expect((await replica.conversations.get(id))!.flaw).toEqual({ seq: 1, reason: "chain" });
});

for (const order of [
  [1, 2],
  [2, 1],
]) {
  test(`the later of two entries with one counter is not shown, arriving as ${order.join()}`, async () => {
    const { server, replica, id } = await open(1);
    server.append(id, 2, "again", { counter: 1 });
    const entries = server.logs.get(id)!.entries;
    for (const seq of order) await applyMessageSent(replica, entries[seq - 1]!);
    expect((await replica.entries.get([id, 1]))!.is_repeated).toBeUndefined();
    expect((await replica.entries.get([id, 2]))!.is_repeated).toBe(true);
  });
}

/** What a server shows that left one entry out and chained the log anew over the place. */
function rechainWithout(server: TestServer, id: string, gone: number): Entry[] {
  const log = server.logs.get(id)!;
  const kept = log.entries.filter(({ seq }) => seq !== gone);
  log.entries = [];
  for (const { record, counter, client_id, from_user } of kept) {
    server.append(id, from_user, fromBase64(record), { counter, client_id });
  }
  return structuredClone(log.entries);
}

for (const order of [
  [1, 2, 3, 4],
  [4, 3, 2, 1],
  [1, 4, 2, 3],
  [3, 2, 4, 1],
]) {
  test.each([1, 3])(`an entry left out of a log that is chained anew is noticed, ${order.join()} without %i`, async (gone) => {
    const { server, replica, id } = await open(5);
    const entries = rechainWithout(server, id, gone);
    for (const seq of order) await applyMessageSent(replica, entries[seq - 1]!);
    expect((await replica.conversations.get(id))!.flaw).toEqual({ seq: expect.any(Number), reason: "skipped" });
  });
}

test("an entry left out between two pages is noticed where they meet, and not before", async () => {
  const { server, replica, id } = await open(9);
  rechainWithout(server, id, 5);
  const page = async (seq: number): Promise<unknown> =>
    applyPage(replica, await server.call("message.history", { conversation_id: id, seq, limit: 4 }), seq);
  await page(9);
  expect((await replica.conversations.get(id))!.flaw).toBeNull();
  await page(5);
  expect((await replica.conversations.get(id))!.flaw).toEqual({ seq: 5, reason: "skipped" });
});

test("an emptied entry breaks nothing: its own hash stands", async () => {
  const { server, replica, id } = await open(3);
  const entries = structuredClone(server.logs.get(id)!.entries);
  entries[1]!.record = "";
  for (const entry of entries) await applyMessageSent(replica, entry);
  expect((await replica.conversations.get(id))!.flaw).toBeNull();
});

test("a page that leaves entries out is noticed, and is not asked for again", async () => {
  const { server, replica, id } = await open(5);
  const page = await server.call("message.history", { conversation_id: id, seq: 0 });
  await applyPage(replica, { ...page, entries: page.entries.slice(0, 3) }, 6);
  expect((await replica.conversations.get(id))!.flaw).toEqual({ seq: 4, reason: "hole" });
  expect((await listRanges(replica, id)).map(({ from, to }) => [from, to])).toEqual([[1, 5]]);
});

test("ticks stay when a conversation closes, and opening it again brings the row anew", async () => {
  const { server, replica, id } = await open(0);
  await applyMessageSent(replica, server.append(id, 1, "mine"));
  await applyReceipts(replica, { conversation_id: id, cursors: [{ user_id: 2, delivered_seq: 1, read_seq: 1 }] });
  const conversation = { ...server.logs.get(id)!.conversation, open: false };
  await applyConversationChanged(replica, { conversation });
  expect(await replica.members.get([id, 2])).toMatchObject({ delivered_seq: 1, read_seq: 1 });
  await server.meet(replica);
  await applyItem(replica, { ...structuredClone(server.item(id)), conversation });
  expect(await replica.members.get([id, 2])).toMatchObject({ delivered_seq: 1, read_seq: 1 });
  expect((await replica.conversations.get(id))!.is_stale).toBe(false);
  await applyConversationChanged(replica, { conversation: { ...conversation, open: true } });
  expect((await replica.conversations.get(id))!.is_stale).toBe(true);
});

test("what others wrote is unread until one's own cursor passes it; writing passes it", async () => {
  const { server, replica, id } = await open(3);
  const unread = async (): Promise<number> => {
    const row = (await replica.conversations.get(id))!;
    return row.last_ordinal - row.read_ordinal;
  };
  for (const entry of server.logs.get(id)!.entries) await applyMessageSent(replica, entry);
  expect(await unread()).toBe(3);
  await applyMessageSent(replica, server.append(id, 1, "mine"));
  expect(await unread()).toBe(0);
  await applyMessageSent(replica, server.append(id, 2, "theirs"));
  expect(await unread()).toBe(1);
});

test("epochs are not counted, move no cursor, and have the row fetched anew", async () => {
  const { server, replica, id } = await open(2);
  const epoch = { kind: 16, counter: 0 };
  for (const n of [1, 2]) server.append(id, 1, new Uint8Array(300), { ...epoch, epoch: n });
  server.append(id, 2, "text 3", { counter: 3 });
  await applyMessageSent(replica, server.logs.get(id)!.entries[0]!);
  expect((await replica.conversations.get(id))!.is_stale).toBe(false);
  for (const entry of server.logs.get(id)!.entries) await applyMessageSent(replica, entry);
  expect(await replica.conversations.get(id)).toMatchObject({ last_seq: 5, last_ordinal: 3, flaw: null, is_stale: true });
  expect((await replica.entries.toArray()).filter(({ is_repeated }) => is_repeated)).toEqual([]);
  expect((await replica.members.get([id, 1]))!.read_seq).toBe(0);
});
