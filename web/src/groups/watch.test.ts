import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import type { ConversationRow, EntryRow } from "../replica/database.ts";
import { Replica } from "../replica/database.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { TIME } from "../replica/testing.ts";
import { KIND_EPOCH, KIND_STATE } from "../wire/contract.ts";
import { listUnsaid, StateWatch } from "./watch.ts";

const GROUP = "ab".repeat(16);
const RIGHTS = { addBy: 2, postBy: 3, settingsBy: 2, pinBy: 2, everyoneBy: 2 };
let count = 0;
const opened: { close(): void }[] = [];
afterEach(() => {
  opened.splice(0).forEach((database) => database.close());
  vi.useRealTimers();
});

async function open(role: number): Promise<{ replica: Replica; own: OwnDatabase }> {
  count += 1;
  const [replica, own] = [new Replica(1, `watch-${count}`), new OwnDatabase(1, `watch-own-${count}`)];
  opened.push(replica, own);
  const group = { members: [{ user: 1, role }, { user: 2, role: 1 }], left: [], rights: RIGHTS };
  await replica.conversations.put({ id: GROUP, kind: "group", open: true, active_at: TIME, group, state: { title: "Walkers", description: null, picture: null } } as unknown as ConversationRow);
  return { replica, own };
}

const line = (seq: number, kind: number, isAdd = false): EntryRow => ({
  ...{ conversation: GROUP, seq, ordinal: 0, kind, from_user: 2, client_id: `${seq}`, timestamp: TIME, line: 1 },
  opened: { verdict: null, content: null, sent_at: null, target: null, is_withheld: false, ...(isAdd ? { event: { what: "added", users: [3], hasHistory: false } } : {}) },
});

test("who was added and was told nothing is found by who may add, until it is said or waits to be sent", async () => {
  const { replica, own } = await open(2);
  expect(await listUnsaid(replica, own)).toEqual([]);
  await replica.entries.bulkPut([line(1, KIND_STATE), line(2, KIND_EPOCH, true)]);
  expect(await listUnsaid(replica, own)).toEqual([GROUP]);
  await own.outbox.put({ client_id: "x", conversation: GROUP, counter: 1, device: "d", kind: KIND_STATE, content: { type: "state" }, target: null, created_at: TIME, state: "waiting" });
  expect(await listUnsaid(replica, own)).toEqual([]);
  await own.outbox.clear();
  await replica.entries.put(line(3, KIND_STATE));
  expect(await listUnsaid(replica, own)).toEqual([]);
});

test("who may not add says nothing", async () => {
  const { replica, own } = await open(3);
  await replica.entries.bulkPut([line(1, KIND_STATE), line(2, KIND_EPOCH, true)]);
  expect(await listUnsaid(replica, own)).toEqual([]);
});

test("after ten seconds it is said again, once, by the tab that leads", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 200 });
  const { replica, own } = await open(2);
  await replica.entries.bulkPut([line(1, KIND_STATE), line(2, KIND_EPOCH, true)]);
  const repeatState = vi.fn(async () => void (await replica.entries.put(line(3, KIND_STATE))));
  const stop = new StateWatch({ repeatState }).start({ replica, own, tabs: { isLeading: true } });
  await vi.advanceTimersByTimeAsync(9_000);
  expect(repeatState).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(repeatState).toHaveBeenCalledExactlyOnceWith(GROUP), { timeout: 30_000 });
  stop();
});
