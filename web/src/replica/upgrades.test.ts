// An older copy becomes a newer one whole, also if the page is killed in the middle of it.
import "fake-indexeddb/auto";

import Dexie from "dexie";
import { afterEach, expect, test, vi } from "vitest";

import { writePlain } from "../crypto/testing.ts";
import { toBase64 } from "../lib/bytes.ts";
import { Replica } from "./database.ts";

const LENGTH = 4500;
const CONVERSATION = "ab".repeat(16);
const RECORD = Uint8Array.from({ length: 289 }, (_, at) => (at === 0 ? 1 : at % 256));
const HASH = toBase64(new Uint8Array(32));
const opened = { verdict: null, content: { type: "text", text: "hello" }, sent_at: 5, target: null, is_withheld: false };

/** As form 3 kept it: seq 1 is from before encryption, 2 was emptied and is to be judged, 3 waits, all others are open. */
function makeRow(seq: number) {
  const author = { from_user: 2, from_device: "cd".repeat(16), client_id: seq.toString(16).padStart(32, "0"), counter: seq };
  const place = { conversation: CONVERSATION, seq, ordinal: seq, kind: 1, ...author, epoch: 1, target_seq: 0, log_hash: HASH, timestamp: "2026-05-01T12:00:00.000Z" };
  if (seq === 1) return { ...place, epoch: 0, record: writePlain({ type: "text", text: "plain" }) };
  if (seq === 2) return { ...place, record: new Uint8Array(0), record_hash: HASH };
  return { ...place, record_hash: null, record: RECORD, ...(seq === 3 ? { waits: 1 } : { opened }) };
}

async function makeOld(name: string): Promise<void> {
  const old = new Dexie(name);
  old.version(3).stores({
    entries: "[conversation+seq], [conversation+from_device+counter], [conversation+waits], *wants, fails",
    ranges: "[conversation+from]", conversations: "id, active_at", members: "[conversation+user_id], conversation", users: "id",
    friends: "user_id", requests: "id", blocked: "user_id", devices: "id", avatars: "id", metas: "key",
  });
  await old.table("entries").bulkAdd(Array.from({ length: LENGTH }, (_, at) => makeRow(at + 1)));
  await old.table("ranges").add({ conversation: CONVERSATION, from: 1, to: LENGTH, counts: { ["cd".repeat(16)]: [1, LENGTH] } });
  await old.table("conversations").add({ id: CONVERSATION, active_at: "2026", last_seq: LENGTH, last_entry: makeRow(LENGTH) });
  old.close();
}

afterEach(() => vi.restoreAllMocks());

async function expectMoved(replica: Replica): Promise<void> {
  expect([await replica.entries.count(), await replica.records.count()]).toEqual([LENGTH, LENGTH]);
  const shown = { conversation: CONVERSATION, ordinal: 4, seq: 4, kind: 1, from_user: 2, client_id: "4".padStart(32, "0"), timestamp: "2026-05-01T12:00:00.000Z" };
  expect(await replica.entries.get([CONVERSATION, 4])).toEqual({ ...shown, opened });
  const proof = { conversation: CONVERSATION, seq: 4, from_device: "cd".repeat(16), counter: 4, epoch: 1, target_seq: 0, log_hash: HASH };
  expect(await replica.records.get([CONVERSATION, 4])).toEqual({ ...proof, record: RECORD });
  expect(await replica.entries.get([CONVERSATION, 1])).toMatchObject({ plain: { type: "text", text: "plain" } });
  expect(await replica.entries.get([CONVERSATION, 2])).toMatchObject({ is_emptied: true });
  expect(await replica.records.get([CONVERSATION, 2])).toMatchObject({ record_hash: HASH });
  expect(await replica.entries.where("[conversation+waits]").equals([CONVERSATION, 1]).count()).toBe(2);
  expect((await replica.conversations.get(CONVERSATION))!.last_entry).toEqual({ ...shown, seq: LENGTH, ordinal: LENGTH, client_id: LENGTH.toString(16).padStart(32, "0"), opened });
  expect((await replica.ranges.toArray())[0]!.counts).toEqual({ ["cd".repeat(16)]: 1 });
  const some = (await replica.entries.toArray()).filter((row) => "record" in row || "log_hash" in row);
  expect(some).toEqual([]);
}

test("records move into rows of their own", async () => {
  await makeOld("upgrades-1");
  const replica = new Replica(1, "upgrades-1");
  await expectMoved(replica);
  replica.close();
});

test("a page that is killed meanwhile leaves the copy as it was, and the next one moves all of it", async () => {
  await makeOld("upgrades-2");
  const put = IDBObjectStore.prototype.put;
  let puts = 0;
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...values: Parameters<typeof put>) {
    puts += 1;
    // What a browser does with a transaction whose page is gone.
    if (puts === 6000) this.transaction.abort();
    return put.apply(this, values);
  });
  const dying = new Replica(1, "upgrades-2");
  await expect(dying.open()).rejects.toThrow();
  dying.close();
  vi.restoreAllMocks();
  const old = new Dexie("upgrades-2");
  await old.open();
  expect([old.verno, old.tables.map(({ name }) => name).includes("records"), await old.table("entries").count()]).toEqual([3, false, LENGTH]);
  expect(await old.table("entries").get([CONVERSATION, 4])).toEqual(makeRow(4));
  old.close();
  const replica = new Replica(1, "upgrades-2");
  await expectMoved(replica);
  replica.close();
});

test("a copy that cannot become a newer one gives way; one that is new stays", async () => {
  await makeOld("upgrades-3");
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
    throw new DOMException("no room", "QuotaExceededError");
  });
  const replica = new Replica(1, "upgrades-3");
  await expect(replica.open()).rejects.toThrow();
  vi.restoreAllMocks();
  await replica.dropOld();
  await replica.open();
  expect(await replica.entries.count()).toBe(0);
  await replica.putMeta("friendLinks", { 2: "ab" });
  await replica.dropOld();
  expect(await replica.findMeta("friendLinks")).toEqual({ 2: "ab" });
  replica.close();
});

test("what an entry is aimed at comes beside what it says, and reactions wait to be read", async () => {
  const old = new Dexie("upgrades-aims");
  old.version(6).stores({
    entries: "[conversation+seq], [conversation+waits], *wants, fails",
    records: "[conversation+seq], [conversation+from_device+counter], [conversation+aims]",
    ranges: "[conversation+from]", conversations: "id, active_at", members: "[conversation+user_id], conversation", users: "id",
    friends: "user_id", requests: "id", blocked: "user_id", devices: "id", avatars: "id", metas: "key",
    lost: "[conversation+from_user+client_id], [conversation+seq]", restores: "conversation",
  });
  const entry = (seq: number, kind: number) => ({ conversation: CONVERSATION, seq, ordinal: 1, kind, from_user: 2, client_id: `${seq}`, timestamp: "", opened });
  await old.table("entries").bulkAdd([entry(1, 1), entry(2, 1), entry(3, 3), entry(4, 7)]);
  const record = (seq: number, aims?: number) => ({ conversation: CONVERSATION, seq, from_device: "d", counter: seq, epoch: 1, log_hash: HASH, record: RECORD, ...(aims ? { aims } : {}) });
  await old.table("records").bulkAdd([record(1), record(2, 1), record(3, 1), record(4, 2)]);
  old.close();
  const replica = new Replica(1, "upgrades-aims");
  expect((await replica.entries.toArray()).map(({ aims, waits }) => [aims, waits])).toEqual([[undefined, undefined], [1, undefined], [1, 1], [2, 1]]);
  replica.close();
});

test("messages that mention this person are marked; who called everybody, and what could not be read, is judged again", async () => {
  const old = new Dexie("upgrades-mentions");
  old.version(10).stores({
    entries: "[conversation+seq], [conversation+waits], [conversation+line+seq], *wants, fails",
    records: "[conversation+seq], [conversation+from_device+counter], [conversation+aims]",
    ranges: "[conversation+from]", conversations: "id, active_at", members: "[conversation+user_id], conversation", users: "id", friends: "user_id", requests: "id",
    blocked: "user_id", devices: "id", avatars: "id", metas: "key", lost: "[conversation+from_user+client_id], [conversation+seq]", restores: "conversation",
    pictures: "id", privates: "[kind+place], kind", names: "user",
  });
  const entry = (seq: number, said: object, more: object = {}) => ({
    ...{ conversation: CONVERSATION, seq, ordinal: 1, kind: 1, from_user: 2, client_id: `${seq}`, timestamp: "" },
    ...{ opened: { ...opened, content: { ...opened.content, ...said } }, ...more },
  });
  const rows = [entry(1, {}), entry(2, { mentions: [3, 1] }), entry(3, { mentions: [3] }), entry(4, { everyone: true }), entry(5, { mentions: [1] }, { from_user: 1 }), entry(6, { mentions: [1] }, { kind: 2 }), entry(8, { type: "unknown" })];
  await old.table("entries").bulkAdd([...rows, { ...entry(7, {}), opened: undefined, waits: 1 }]);
  old.close();
  const replica = new Replica(1, "upgrades-mentions");
  const found = (await replica.entries.toArray()).flatMap(({ seq, calls, waits }) => (calls || waits ? [[seq, calls, waits]] : []));
  expect(found).toEqual([[2, 1, undefined], [4, undefined, 1], [7, undefined, 1], [8, undefined, 1]]);
  replica.close();
});
