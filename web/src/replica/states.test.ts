import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import type { StateRow } from "../crypto/group-state.ts";
import { KIND_STATE } from "../wire/contract.ts";
import { type ConversationRow, type EntryRow, Replica } from "./database.ts";
import { settleStates } from "./states.ts";
import { TIME } from "./testing.ts";

let count = 0;
const opened: Replica[] = [];
afterEach(() => opened.splice(0).forEach((replica) => replica.close()));

const GROUP = "ab".repeat(16);

function open(): Replica {
  const replica = new Replica(1, `states-${++count}`);
  opened.push(replica);
  return replica;
}

const state = (title: string | null, maySet: boolean, more: Partial<StateRow> = {}): StateRow => ({ title, description: null, picture: null, maySet, changes: [], ...more });

const entry = (seq: number, said: StateRow, verdict: "malformed" | null = null): EntryRow => ({
  ...{ conversation: GROUP, seq, ordinal: 0, kind: KIND_STATE, from_user: 2, client_id: `${seq}`, timestamp: TIME, line: 1 },
  opened: { verdict, content: null, sent_at: null, target: null, is_withheld: false, state: said },
});

/** What counts then, and what each of the entries has changed. */
async function settle(replica: Replica, isWhole: boolean, ...entries: EntryRow[]): Promise<[string | null | undefined, Record<number, string[]>]> {
  await replica.conversations.put({ id: GROUP, kind: "group", active_at: TIME } as ConversationRow);
  await replica.ranges.put({ conversation: GROUP, from: isWhole ? 1 : 5, to: 99, counts: {} });
  await replica.entries.bulkPut(entries);
  await settleStates(replica, GROUP);
  const rows = await replica.entries.toArray();
  return [(await replica.conversations.get(GROUP))?.state?.title, Object.fromEntries(rows.map((row) => [row.seq, row.opened!.state!.changes]))];
}

test("the last one by somebody who may counts; what says the same again has changed nothing", async () => {
  const entries = [entry(6, state("One", true)), entry(7, state("Two", true, { description: "About" })), entry(8, state("Two", false, { description: "About" }))];
  expect(await settle(open(), true, ...entries)).toEqual(["Two", { 6: ["title"], 7: ["title", "description"], 8: [] }]);
});

test("who may only say it again changes nothing", async () => {
  expect(await settle(open(), true, entry(6, state("One", true)), entry(7, state("Mine", false)))).toEqual(["One", { 6: ["title"], 7: [] }]);
  expect(await settle(open(), true, entry(6, state("One", true)), entry(7, state(null, false)))).toEqual(["One", { 6: ["title"], 7: [] }]);
});

test("who knows none takes it from whoever says it, and knows of no change", async () => {
  expect(await settle(open(), false, entry(6, state("One", false)))).toEqual(["One", { 6: [] }]);
  expect(await settle(open(), false, entry(6, state("One", false)), entry(7, state("Two", true)))).toEqual(["Two", { 6: [], 7: ["title"] }]);
});

test("an older one that comes later decides about what follows", async () => {
  const replica = open();
  expect(await settle(replica, false, entry(8, state("Mine", false)))).toEqual(["Mine", { 8: [] }]);
  expect(await settle(replica, false, entry(6, state("One", true)))).toEqual(["One", { 6: [], 8: [] }]);
});

test("who was a member before begins anew", async () => {
  const replica = open();
  await replica.conversations.put({ id: GROUP, kind: "group", active_at: TIME, first_seq: 7 } as ConversationRow);
  await replica.ranges.put({ conversation: GROUP, from: 1, to: 9, counts: {} });
  await replica.entries.bulkPut([entry(6, state("One", true)), entry(8, state("Two", false))]);
  await settleStates(replica, GROUP);
  expect((await replica.conversations.get(GROUP))?.state?.title).toBe("Two");
  expect((await replica.entries.get([GROUP, 8]))?.opened?.state?.changes).toEqual([]);
});

test("what does not stand counts for nothing", async () => {
  expect(await settle(open(), true, entry(6, state("One", true)), entry(7, state("Two", true), "malformed"))).toEqual(["One", { 6: ["title"], 7: [] }]);
});
