import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { PRIVATE_HIDDEN, PRIVATE_STARS } from "../crypto/private-change.ts";
import { applyItem } from "../inbox/apply.ts";
import { readInbox } from "../inbox/read.ts";
import { applyMessageSent } from "../messages/apply.ts";
import { markMessages } from "../private/marks.ts";
import { type OpenedRow, Replica } from "../replica/database.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import { Outbox } from "../replica/outbox.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { plainSealer, TestServer } from "../replica/testing.ts";
import type { Client } from "../sync/client.ts";
import { Filler } from "../sync/fill.ts";
import { Conversation } from "./conversation.svelte.ts";
import { isLost } from "./items.ts";

let count = 0;
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** A tab with one conversation of `length` messages on the server; the newest `held` are here. */
async function open(length: number, held: number, read = length) {
  const server = new TestServer();
  const id = server.addConversation();
  for (let step = 1; step <= length; step++) server.append(id, 2, `text ${step}`);
  server.logs.get(id)!.cursors.set(1, { delivered_seq: read, read_seq: read });
  const replica = new Replica(1, `conversation-${++count}`);
  const own = new OwnDatabase(1, `conversation-own-${count}`);
  const filler = new Filler(replica, server.call);
  await server.meet(replica);
  await applyItem(replica, structuredClone(server.item(id)));
  for (let seq = length; seq > length - held; seq -= 50) await filler.fetchPage(id, seq + 1, "before");
  const outbox = new Outbox(own, replica, { call: server.call }, server.device, plainSealer);
  const client = { replica, own, filler, outbox, socket: { call: server.call } } as unknown as Client;
  const conversation = new Conversation(client, id);
  ends.push(() => {
    conversation.close();
    replica.close();
    own.close();
  });
  await expect.poll(() => conversation.isReady).toBe(true);
  return { server, id, replica, own, outbox, conversation };
}

const seqs = (conversation: Conversation): (number | undefined)[] => {
  const { items } = conversation.current;
  return [items.at(0)?.seq, items.at(-1)?.seq];
};

test("opens with the newest that are here, and older ones on demand from here, then from the server", async () => {
  const { server, conversation } = await open(150, 100);
  expect(seqs(conversation)).toEqual([111, 150]);
  server.calls = [];
  await conversation.loadOlder();
  expect(seqs(conversation)).toEqual([71, 150]);
  await conversation.loadOlder();
  expect(seqs(conversation)).toEqual([51, 150]);
  expect(server.calls).toEqual([]);
  await conversation.loadOlder();
  expect(seqs(conversation)).toEqual([11, 150]);
  await conversation.loadOlder();
  expect(seqs(conversation)).toEqual([1, 150]);
  expect(server.calls).toEqual(["message.history"]);
  expect(conversation.current.hasOlder).toBe(false);
});

test("opens around the first unread message", async () => {
  const { conversation } = await open(200, 150, 120);
  expect(conversation.firstUnread).toBe(121);
  expect(seqs(conversation)).toEqual([101, 161]);
  expect(conversation.isAtEnd).toBe(false);
  await conversation.loadNewer();
  expect(seqs(conversation)).toEqual([101, 200]);
  expect(conversation.isAtEnd).toBe(true);
});

test("follows the end, and never shows across a hole", async () => {
  const { server, id, replica, conversation } = await open(60, 60);
  await applyMessageSent(replica, server.append(id, 2, "61"));
  await expect.poll(() => seqs(conversation)[1]).toBe(61);
  server.append(id, 2, "62 is missed");
  await applyMessageSent(replica, server.append(id, 2, "63"));
  await expect.poll(() => conversation.current.hasNewer).toBe(true);
  expect(seqs(conversation)[1]).toBe(61);
  await new Filler(replica, server.call).fetchPage(id, 63, "before");
  await expect.poll(() => seqs(conversation)[1]).toBe(63);
});

test("what is starred is marked, what is deleted for oneself is gone, and the end is followed as before", async () => {
  const { server, id, replica, own, conversation } = await open(60, 60);
  await markMessages(replica, own, PRIVATE_STARS, id, [59], true);
  await markMessages(replica, own, PRIVATE_HIDDEN, id, [58], true);
  const shown = (): unknown[] => conversation.current.items.slice(-3).map(({ seq, isStarred }) => [seq, isStarred]);
  await expect.poll(shown).toEqual([[57, undefined], [59, true], [60, undefined]]);
  await applyMessageSent(replica, server.append(id, 2, "61"));
  await expect.poll(shown).toEqual([[59, true], [60, undefined], [61, undefined]]);
  await markMessages(replica, own, PRIVATE_HIDDEN, id, [58], false);
  await markMessages(replica, own, PRIVATE_STARS, id, [59], false);
  await expect.poll(() => conversation.current.items.slice(-4).map(({ seq, isStarred }) => [seq, isStarred])).toEqual([[58, undefined], [59, undefined], [60, undefined], [61, undefined]]);
});

test("jumps to a message that is not here, and back to the end", async () => {
  const { conversation } = await open(500, 50);
  await conversation.jump(100);
  const [first, last] = seqs(conversation);
  expect(first).toBeLessThan(100);
  expect(last).toBeGreaterThan(100);
  expect(conversation.isAtEnd).toBe(false);
  await conversation.jump();
  expect(seqs(conversation)[1]).toBe(500);
});

test("a jump that is asked for while more is loaded is done after it", async () => {
  const { conversation } = await open(500, 50);
  const loading = conversation.loadOlder();
  const jumping = conversation.jump(100);
  await Promise.all([loading, jumping, conversation.loadOlder()]);
  expect(seqs(conversation)[0]).toBeLessThan(100);
  expect(conversation.isAtEnd).toBe(false);
});

test("a window is counted in messages, however many entries that are none lie between them", async () => {
  const { server, id, replica, conversation } = await open(100, 100);
  for (let step = 0; step < 300; step++) server.append(id, 2, "", { kind: 0 });
  server.append(id, 2, "after them");
  const filler = new Filler(replica, server.call);
  for (const below of [402, 302, 202, 102]) await filler.fetchPage(id, below, "before", 100);
  await conversation.jump();
  await expect.poll(() => conversation.current.items.length).toBeGreaterThanOrEqual(40);
  expect(conversation.current.items.length).toBeLessThan(80);
  expect(seqs(conversation)[1]).toBe(401);
  await conversation.jump(250);
  expect(conversation.current.items.length).toBeGreaterThanOrEqual(20);
});

test("long scrolling lets go of the far edge and can come back", async () => {
  const { conversation } = await open(600, 600);
  for (let step = 0; step < 14; step++) await conversation.loadOlder();
  expect(seqs(conversation)).toEqual([1, 200]);
  expect(conversation.isAtEnd).toBe(false);
  for (let step = 0; step < 10; step++) await conversation.loadNewer();
  expect(seqs(conversation)).toEqual([401, 600]);
});

test("what has come while one reads further up is let go around what is read", async () => {
  const { server, id, replica, conversation } = await open(600, 600);
  for (let step = 0; step < 4; step++) await conversation.loadOlder();
  for (let step = 0; step < 100; step++) server.append(id, 2, "more");
  await new Filler(replica, server.call).fetchPage(id, 600, "after", 100);
  await expect.poll(() => seqs(conversation)).toEqual([401, 700]);
  await conversation.keep(450);
  expect(seqs(conversation)).toEqual([401, 550]);
  expect(conversation.isAtEnd).toBe(false);
});

test("what has not changed is the same object again after something came", async () => {
  const { server, id, replica, conversation } = await open(20, 20);
  const before = conversation.current.items;
  await applyMessageSent(replica, server.append(id, 2, "more"));
  await expect.poll(() => conversation.current.items.length).toBe(21);
  expect(conversation.current.items.slice(0, 20).every((item, at) => item === before[at])).toBe(true);
});

test("when a message comes only that one is read", async () => {
  const { server, id, replica, conversation } = await open(60, 60);
  const read: number[] = [];
  replica.entries.hook("reading", (entry) => {
    if (entry) read.push(entry.seq);
    return entry;
  });
  await applyMessageSent(replica, server.append(id, 2, "more"));
  await expect.poll(() => seqs(conversation)).toEqual([21, 61]);
  // Those beside it too, for its place in the chain.
  expect(read.filter((seq) => seq < 60)).toEqual([]);
  await conversation.loadOlder();
  expect(seqs(conversation)).toEqual([1, 61]);
  // A look at each edge says how far the window goes; the rest is read once.
  const [first, last, ...rest] = read.filter((seq) => seq < 60);
  expect([first, last]).toEqual([20, 1]);
  expect(rest).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
});

test("an entry that turns out to be a repetition goes, though it was held", async () => {
  const { server, id, replica, conversation } = await open(3, 0);
  const copy = server.append(id, 2, "again", { counter: 2 });
  await applyMessageSent(replica, copy);
  await conversation.jump();
  expect(seqs(conversation)).toEqual([3, 4]);
  await applyMessageSent(replica, server.logs.get(id)!.entries[1]!);
  await expect.poll(() => seqs(conversation)).toEqual([3, 3]);
});

test("nothing is held of a copy that was given up", async () => {
  const { replica, conversation } = await open(10, 10);
  await replica.clearCopy();
  await expect.poll(() => conversation.current).toMatchObject({ row: null, items: [] });
});

test("what is sent stands there at once as pending, and stays the same element when it is stored", async () => {
  const { conversation, outbox } = await open(3, 3);
  await conversation.send("hello");
  await expect.poll(() => conversation.current.pending.length).toBe(1);
  const [pending] = conversation.current.pending;
  expect(pending).toMatchObject({ progress: "pending", content: { type: "text", text: "hello" } });
  const stop = new AbortController();
  const draining = outbox.drain(stop.signal);
  await expect.poll(() => conversation.current.items.length).toBe(4);
  await expect.poll(() => conversation.current.pending.length).toBe(0);
  stop.abort();
  await draining;
  expect(conversation.current.items.at(-1)).toMatchObject({ key: pending!.key, seq: 4, progress: "sent" });
});

test("reading counts at once, here and in the list, and is kept for the server", async () => {
  const { conversation, replica, own, id } = await open(10, 10, 4);
  expect((await readInbox(replica, own))[0]).toMatchObject({ id, unread: 6, other: { id: 2 } });
  await conversation.seen(10);
  expect((await readInbox(replica, own))[0]!.unread).toBe(0);
  expect(await own.marks.toArray()).toEqual([{ conversation: id, delivered_seq: 10, read_seq: 10 }]);
});

test("unread mentions are told until they are read", async () => {
  const { conversation, replica, id } = await open(10, 10, 4);
  expect(conversation.current.mentions).toEqual([]);
  await replica.entries.where("[conversation+seq]").anyOf([[id, 3], [id, 6], [id, 9]]).modify({ calls: 1 });
  await expect.poll(() => conversation.current.mentions).toEqual([6, 9]);
  await conversation.seen(7);
  await expect.poll(() => conversation.current.mentions).toEqual([9]);
  await conversation.seen(10);
  await expect.poll(() => conversation.current.mentions).toEqual([]);
});

test("a message that was refused says so and can be given up", async () => {
  const { server, conversation, outbox, id } = await open(1, 1);
  server.logs.get(id)!.conversation.open = false;
  await conversation.send("no");
  const stop = new AbortController();
  const draining = outbox.drain(stop.signal);
  await expect.poll(() => conversation.current.pending[0]?.progress).toBe("failed");
  expect(conversation.current.pending[0]!.failing?.reason).toBe("not_friends");
  await outbox.cancel(conversation.current.pending[0]!.key);
  await expect.poll(() => conversation.current.pending.length).toBe(0);
  stop.abort();
  await draining;
});

test("another's message under one's own client_id neither hides nor replaces it", async () => {
  const { server, id, replica, conversation } = await open(1, 1);
  await conversation.send("mine");
  await expect.poll(() => conversation.current.pending.length).toBe(1);
  const client_id = conversation.current.pending[0]!.key;
  for (const text of ["copied", "twice"]) await applyMessageSent(replica, server.append(id, 2, text, { client_id }));
  await expect.poll(() => conversation.current.items.length).toBe(3);
  const { items, pending } = conversation.current;
  expect(pending).toHaveLength(1);
  expect(new Set([...items, ...pending].map((item) => item.key)).size).toBe(4);
});

test("one's own words stay while what the server has of them is not opened yet, here and in the list", async () => {
  const { conversation, own, replica, server, id } = await open(3, 3);
  await conversation.send("hello");
  await expect.poll(() => conversation.current.pending.length).toBe(1);
  const { client_id } = (await own.outbox.toArray())[0]!;
  // It comes live, before the answer.
  const sealed = toRow(server.append(id, 1, "hello", { client_id }));
  delete sealed.plain;
  await applyEntries(replica, [{ ...sealed, waits: 1 }]);
  await expect.poll(() => conversation.current.pending.length).toBe(0);
  expect(conversation.current.items.at(-1)).toMatchObject({ key: client_id, seq: 4, content: { type: "text", text: "hello" } });
  expect((await readInbox(replica, own))[0]!.last!.content).toEqual({ type: "text", text: "hello" });
  // The answer says it, and it is judged all the same.
  const opened: OpenedRow = { verdict: null, content: { type: "text", text: "hello" }, sent_at: null, target: null, is_withheld: false };
  await applyEntries(replica, [{ ...sealed, opened }]);
  await own.outbox.clear();
  expect((await readInbox(replica, own))[0]!.last!.content).toEqual({ type: "text", text: "hello" });
  expect(await replica.entries.get([id, 4])).toMatchObject({ opened, waits: 1 });
});

test("what nobody can open any more is one line, below which nothing is looked for, and is not read", async () => {
  const { replica, id, server, conversation } = await open(200, 150, 0);
  await conversation.jump();
  await replica.entries.where("[conversation+seq]").between([id, 1], [id, 195], true, true).modify((row) => {
    row.opened = { verdict: "keyless", content: null, sent_at: null, target: null, is_withheld: false, is_lost: true };
  });
  await expect.poll(() => conversation.current.items.map(({ seq }) => seq)).toEqual([195, 196, 197, 198, 199, 200]);
  expect(conversation.current.items.map(isLost)).toEqual([true, false, false, false, false, false]);
  expect(conversation.current.hasOlder).toBe(false);
  expect([conversation.findRead(200), conversation.findRead(195), conversation.findRead(0)]).toEqual([200, 0, 0]);
  server.calls = [];
  await conversation.loadOlder();
  expect(server.calls).toEqual([]);
  expect(conversation.current.items).toHaveLength(6);
});

test("below what is lost, what is from before encryption is read on", async () => {
  const { replica, id, conversation } = await open(200, 150, 0);
  await conversation.jump();
  await replica.entries.where("[conversation+seq]").between([id, 120], [id, 195], true, true).modify((row) => {
    delete row.plain;
    row.opened = { verdict: "keyless", content: null, sent_at: null, target: null, is_withheld: false, is_lost: true };
  });
  await replica.conversations.update(id, { sealed_from: 120 });
  await expect.poll(() => conversation.current.hasOlder).toBe(true);
  while (conversation.current.from > 100) await conversation.loadOlder();
  expect(conversation.current.items.map(({ seq }) => seq)).toEqual(expect.arrayContaining([118, 119, 195, 196]));
});

test("what cannot be opened, and never will be, is read by who sees it", async () => {
  const { replica, id, conversation } = await open(3, 3, 0);
  await conversation.jump();
  await replica.entries.where("[conversation+seq]").equals([id, 3]).modify((row) => {
    delete row.plain;
    row.opened = { verdict: "cannot_open", content: null, sent_at: null, target: null, is_withheld: false };
  });
  await expect.poll(() => conversation.current.items.at(-1)?.content.type).toBe("closed");
  expect(conversation.findRead(3)).toBe(3);
});

test("in the list nothing counts as unread where all is lost", async () => {
  const { replica, own, id } = await open(3, 3, 0);
  const opened = { verdict: "keyless", content: null, sent_at: null, target: null, is_withheld: false, is_lost: true } as const;
  expect((await readInbox(replica, own))[0]!.unread).toBe(3);
  await replica.conversations.where({ id }).modify((row) => void (row.last_entry = { ...row.last_entry!, opened }));
  expect((await readInbox(replica, own))[0]).toMatchObject({ unread: 0, last: { content: { type: "closed", why: "lost" } } });
});
