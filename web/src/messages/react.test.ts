import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { Overlay } from "../conversations/overlay.ts";
import { toBase64 } from "../lib/bytes.ts";
import { sha256 } from "../lib/sha256.ts";
import { Replica } from "../replica/database.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import { Outbox } from "../replica/outbox.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { plainSealer, TestServer } from "../replica/testing.ts";
import type { Client } from "../sync/client.ts";
import { KIND_DELETION, KIND_EDIT, KIND_MESSAGE, KIND_REACTION } from "../wire/contract.ts";
import { deleteMessage, toggleReaction } from "./react.ts";
import { editText, sendText } from "./send.ts";

let count = 0;
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** A message of bob's (2) at 1, to which one (1) has reacted at 2, both here; nothing is sent until `drain`. */
async function stage() {
  const server = new TestServer();
  const id = server.addConversation();
  const replica = new Replica(1, `react-${++count}`);
  const own = new OwnDatabase(1, `react-own-${count}`);
  ends.push(() => [replica, own].forEach((database) => database.close()));
  const record = (at: number) => Uint8Array.from([1, at]);
  const rows = [server.append(id, 2, record(1)), server.append(id, 1, record(2), { kind: KIND_REACTION, target_seq: 1, from_device: server.device })].map(toRow);
  const said = [{ type: "text" as const, text: "hello" }, { type: "reaction" as const, emoji: "👍" }];
  const opened = rows.map((row, at) => ({ ...row, opened: { verdict: null, content: said[at]!, sent_at: null, target: row.target_seq || null, is_withheld: false } }));
  await applyEntries(replica, opened);
  const sealer = { ...plainSealer, seal: async () => ({ record: Uint8Array.from([1, 99]), epoch: 1 }) };
  const outbox = new Outbox(own, replica, { call: server.call }, server.device, sealer);
  const client = { replica, own, outbox } as unknown as Client;
  const list = async () => (await own.outbox.orderBy("[conversation+counter]").toArray()).map(({ kind, target, content }) => ({ kind, target, content }));
  const drain = async (): Promise<void> => {
    const stop = new AbortController();
    const draining = outbox.drain(stop.signal);
    await expect.poll(() => own.outbox.count()).toBe(0);
    stop.abort();
    await draining;
  };
  return { server, id, replica, own, outbox, client, list, drain, hashOf: (at: number) => toBase64(sha256(record(at))) };
}

test("a reaction names its message, and is not given twice", async () => {
  const { client, id, list, hashOf } = await stage();
  await toggleReaction(client, id, 1, "🎉");
  expect(await list()).toEqual([{ kind: KIND_REACTION, target: { seq: 1, record_hash: hashOf(1) }, content: { type: "reaction", emoji: "🎉" } }]);
  await toggleReaction(client, id, 1, "🎉");
  expect(await list()).toEqual([]);
});

test("one that stands is taken back by a deletion of its record, and given back by taking that back", async () => {
  const { client, id, list, hashOf } = await stage();
  await toggleReaction(client, id, 1, "👍");
  expect(await list()).toEqual([{ kind: KIND_DELETION, target: { seq: 2, record_hash: hashOf(2) }, content: { type: "deletion" } }]);
  await toggleReaction(client, id, 1, "👍");
  expect(await list()).toEqual([]);
});

test("one that may have left is taken back behind it, at the place that it turns out to have", async () => {
  const { client, own, id, list, drain, server } = await stage();
  await toggleReaction(client, id, 1, "🎉");
  const { client_id } = (await own.outbox.toArray())[0]!;
  await own.outbox.update(client_id, { number: 2, sealed: { record: Uint8Array.from([1, 7]), epoch: 1 } });
  await toggleReaction(client, id, 1, "🎉");
  expect((await list()).map(({ target }) => target)).toEqual([expect.objectContaining({ seq: 1 }), { client_id }]);
  const overlay = new Overlay(await own.outbox.toArray());
  expect(overlay.groupReactions(1, [], 1)).toEqual([]);
  await drain();
  const { entries } = server.logs.get(id)!;
  expect(entries.slice(2).map(({ kind }) => kind)).toEqual([KIND_REACTION, KIND_DELETION]);
});

test("what is aimed at something that was given up goes with it", async () => {
  const { client, own, outbox, id, list } = await stage();
  await toggleReaction(client, id, 1, "🎉");
  const { client_id } = (await own.outbox.toArray())[0]!;
  await own.outbox.update(client_id, { number: 2, sealed: { record: Uint8Array.from([1, 7]), epoch: 1 } });
  await toggleReaction(client, id, 1, "🎉");
  expect(await outbox.withdraw(client_id)).toBe(false);
  await own.outbox.update(client_id, { state: "failed", number: undefined, sealed: undefined });
  await outbox.cancel(client_id);
  expect(await list()).toEqual([]);
});

test("replies, edits and deletions name what they are aimed at; the draft goes with a message alone", async () => {
  const { client, own, id, list, hashOf } = await stage();
  await own.drafts.put({ conversation: id, text: "begun", saved_at: "" });
  await editText(client, id, 1, { type: "text", text: "hello", forwarded: true }, " mended ");
  await editText(client, id, 1, { type: "text", text: "hello" }, "hello");
  await deleteMessage(client, id, 1);
  expect(await own.drafts.count()).toBe(1);
  await sendText(client, id, "yes", 1);
  expect(await own.drafts.count()).toBe(0);
  const target = { seq: 1, record_hash: hashOf(1) };
  expect(await list()).toEqual([
    { kind: KIND_EDIT, target, content: { type: "text", text: "mended", forwarded: true } },
    { kind: KIND_DELETION, target, content: { type: "deletion" } },
    { kind: KIND_MESSAGE, target, content: { type: "text", text: "yes" } },
  ]);
  await expect(editText(client, id, 1, { type: "text", text: "hello" }, " ")).rejects.toThrow(RangeError);
});

test("an edit says anew whom it mentions, and nobody of before", async () => {
  const { client, id, list } = await stage();
  await editText(client, id, 1, { type: "text", text: "hello @bob", mentions: [2], everyone: true }, "hello @carol", { mentions: [3] });
  await editText(client, id, 1, { type: "text", text: "hello @bob", mentions: [2] }, "hello");
  await sendText(client, id, "@all", undefined, { everyone: true });
  expect((await list()).map(({ content }) => content)).toEqual([
    { type: "text", text: "hello @carol", mentions: [3] },
    { type: "text", text: "hello" },
    { type: "text", text: "@all", everyone: true },
  ]);
});
