// A server that lies about whom a conversation is with is not believed, whenever it lies.
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { directId, selfId } from "../crypto/protocol/epoch.ts";
import { readInbox } from "../inbox/read.ts";
import { fromHex, randomId, toHex } from "../lib/bytes.ts";
import { type ConversationRow, Replica } from "../replica/database.ts";
import { findHeld } from "../replica/held-back.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { makeCard, TIME } from "../replica/testing.ts";
import type { Kind } from "../wire/contract.ts";
import { applyConversationChanged, fillConversation } from "./apply.ts";
import { bind, fitsId, makeDirectId, makeSelfId, sealingOf } from "./bond.ts";

const SERVER = "5e".repeat(16);
const [ALICE, BOB, MALLORY] = [1, 2, 3];
const WITH_BOB = makeDirectId(SERVER, ALICE, BOB);
const WITH_MALLORY = makeDirectId(SERVER, ALICE, MALLORY);
const NOTES = makeSelfId(SERVER, ALICE);
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

test("ids are those that the keys' worker computes, whatever the order and size of the users' ids", () => {
  for (const [one, other] of [[1, 2], [7, 3], [2 ** 40 + 5, 9]] as const) {
    expect(makeDirectId(SERVER, one, other)).toBe(toHex(directId(fromHex(SERVER), one, other)));
    expect(makeSelfId(SERVER, one)).toBe(toHex(selfId(fromHex(SERVER), one)));
  }
});

test.each<[string, string, Kind, number[], boolean]>([
  ["with bob", WITH_BOB, "direct", [ALICE, BOB], true],
  ["with bob, the other way round", WITH_BOB, "direct", [BOB, ALICE], true],
  ["mallory's, said to be bob's", WITH_MALLORY, "direct", [ALICE, BOB], false],
  ["bob's, without alice", WITH_BOB, "direct", [BOB, BOB], false],
  ["bob's, with mallory beside", WITH_BOB, "direct", [ALICE, BOB, MALLORY], false],
  ["bob's, said to be notes", WITH_BOB, "self", [ALICE], false],
  ["notes", NOTES, "self", [ALICE], true],
  ["notes, said to be with bob", NOTES, "direct", [ALICE, BOB], false],
  ["notes, said to be a group", NOTES, "group", [ALICE, BOB], false],
  ["bob's, said to be a group", WITH_BOB, "group", [ALICE, BOB, MALLORY], false],
  ["a group", randomId(), "group", [ALICE, BOB, MALLORY], true],
])("by its id: %s", (_, id, kind, users, fits) => expect(fitsId(id, { kind, users }, SERVER, ALICE)).toBe(fits));

const makeRow = (id: string, more: Partial<ConversationRow> = {}): ConversationRow => ({
  id, kind: "direct", open: true, users: [], created_at: "", last_seq: 0, last_ordinal: 0, log_hash: "", last_entry: null, read_ordinal: 0, first_seq: 1,
  active_at: "", flaw: null, is_stale: false, ...more,
});

test("what an epoch proves is shown, and the server's word against it stops the conversation", () => {
  const bond = { kind: "direct" as const, users: [ALICE, MALLORY] };
  const row = makeRow(WITH_MALLORY, { ...bond, bond });
  const lied = bind(row, { kind: "direct", users: [ALICE, BOB] }, SERVER, ALICE);
  expect(lied).toMatchObject({ kind: "direct", users: [ALICE, MALLORY], is_strange: true });
  expect(sealingOf(lied)).toMatchObject({ state: "stopped", verdict: "wrong_place" });
  // "A group with bob in it", whose id this device cannot compute.
  expect(bind(row, { kind: "group", users: [ALICE, BOB] }, SERVER, ALICE)).toMatchObject({ ...bond, is_strange: true });
  const righted = bind(lied, bond, SERVER, ALICE);
  expect(righted).toMatchObject(bond);
  expect(righted.is_strange).toBeUndefined();
});

test("a group's list may be older or newer than its epoch", () => {
  const bond = { kind: "group" as const, users: [ALICE, BOB] };
  const row = makeRow(randomId(), { ...bond, bond });
  const newer = bind(row, { kind: "group", users: [ALICE, BOB, MALLORY] }, SERVER, ALICE);
  expect(newer.is_strange).toBeUndefined();
  const older = bind(row, { kind: "group", users: [ALICE] }, SERVER, ALICE);
  expect(older.is_strange).toBeUndefined();
  expect(older.users).toEqual([ALICE, BOB]);
  expect(bind(row, { kind: "direct", users: [ALICE, BOB] }, SERVER, ALICE)).toMatchObject({ ...bond, is_strange: true });
});

async function open() {
  const name = randomId();
  const [replica, own] = [new Replica(ALICE, `bond-${name}`), new OwnDatabase(ALICE, `bond-own-${name}`)];
  ends.push(() => replica.close(), () => own.close());
  await replica.putMeta("cursor", { server_id: SERVER, generation: "", log_seq: 0, user_id: ALICE, device_id: "" });
  return { replica, own };
}

const said = (id: string, users: number[], kind: Kind = "direct") => ({ id, kind, open: true, created_at: TIME, users: users.map((user) => makeCard(user)) });

test("a server that swaps the cards of two friends shows neither as the other, and nothing is sent there", async () => {
  const { replica, own } = await open();
  const [theirs, notes, other] = [said(WITH_BOB, [ALICE, BOB]), said(NOTES, [ALICE], "self"), said(WITH_MALLORY, [ALICE, MALLORY])];
  for (const conversation of [theirs, notes, other]) await applyConversationChanged(replica, { conversation });
  const names = async () => new Map((await readInbox(replica, own)).map((row) => [row.id, row.kind === "self" ? "notes" : (row.other?.username ?? null)]));
  const ids = [WITH_BOB, WITH_MALLORY, NOTES];
  expect(await names()).toEqual(new Map([[WITH_BOB, "user2"], [NOTES, "notes"], [WITH_MALLORY, "user3"]]));
  expect(await findHeld(replica, ids)).toEqual(new Set());

  await applyConversationChanged(replica, { conversation: said(WITH_BOB, [ALICE, MALLORY]) });
  await applyConversationChanged(replica, { conversation: said(WITH_MALLORY, [ALICE, BOB]) });
  expect([...(await names()).values()]).not.toContain("user2");
  expect(await findHeld(replica, ids)).toEqual(new Set([WITH_BOB, WITH_MALLORY]));

  // As soon as it says what is true, it is as before.
  await fillConversation(replica, theirs);
  expect((await names()).get(WITH_BOB)).toBe("user2");
  expect(await findHeld(replica, ids)).toEqual(new Set([WITH_MALLORY]));
});
