// Which messages mention oneself, of a conversation and of all, by the index alone.
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PRIVATE_HIDDEN } from "../crypto/private-change.ts";
import { readInbox } from "../inbox/read.ts";
import { mute } from "../private/keeping.ts";
import { markMessages } from "../private/marks.ts";
import { type EntryRow, Replica } from "../replica/database.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { makeCard } from "../replica/testing.ts";
import { findUnread, readMentions } from "./read.ts";

const [ONE, OTHER] = ["0c".repeat(16), "0d".repeat(16)];

let replica: Replica;
let own: OwnDatabase;

async function begin(id: string, read: number, last: number): Promise<void> {
  await replica.conversations.put({ id, kind: "group", users: [1, 2], open: true, last_ordinal: last, read_ordinal: read, sealed_from: 1, active_at: "", last_entry: null, flaw: null } as never);
  await replica.members.put({ conversation: id, user_id: 1, read_seq: read } as never);
}

/** `calls`: it mentions oneself. */
async function post(conversation: string, seq: number, calls: boolean, more: Partial<EntryRow> = {}): Promise<void> {
  const opened = { verdict: null, content: { type: "text" as const, text: `text ${seq}` }, sent_at: 1, target: null, is_withheld: false };
  const timestamp = `2026-01-01T00:00:${String(seq % 60).padStart(2, "0")}.000Z`;
  await replica.entries.put({ conversation, seq, ordinal: seq, kind: 1, from_user: 2, client_id: `${seq}`, timestamp, opened, ...(calls && { calls: 1 }), ...more });
  await record(conversation, seq, `record ${seq}`);
}

const record = (conversation: string, seq: number, said: string) =>
  replica.records.put({ conversation, seq, from_device: "d", counter: seq, target_seq: 0, log_hash: "", epoch: 1, record: new TextEncoder().encode(said) });

beforeEach(async () => {
  [replica, own] = [new Replica(1, `replica ${Math.random()}`), new OwnDatabase(1, `own ${Math.random()}`)];
  await replica.users.put({ ...makeCard(2, "bob"), is_stale: false });
  await begin(ONE, 2, 6);
  await begin(OTHER, 9, 9);
  for (const seq of [1, 2, 3, 4, 5, 6]) await post(ONE, seq, seq % 2 === 1);
  for (const seq of [7, 8, 9]) await post(OTHER, seq, seq === 8);
});
afterEach(() => {
  replica.close();
  own.close();
});

const mentionsIn = async (id: string): Promise<number> => (await readInbox(replica, own)).find((row) => row.id === id)!.mentions;
const lastOf = async (id: string) => (await readInbox(replica, own)).find((row) => row.id === id)!.last!.content;
const hide = (seq: number, conversation = ONE): Promise<void> => markMessages(replica, own, PRIVATE_HIDDEN, conversation, [seq], true);

test("unread ones are those above one's own cursor, in their order", async () => {
  expect(await findUnread(replica, ONE, 2)).toEqual([3, 5]);
  expect(await findUnread(replica, ONE, 3)).toEqual([5]);
  expect(await findUnread(replica, ONE, 5)).toEqual([]);
});

test("the list counts them beside what is unread, muted or not, and nothing of what was read or hidden", async () => {
  expect([await mentionsIn(ONE), await mentionsIn(OTHER)]).toEqual([2, 0]);
  await mute(own, ONE, Infinity);
  expect(await mentionsIn(ONE)).toBe(2);
  await hide(5);
  expect(await mentionsIn(ONE)).toBe(1);
  await replica.conversations.update(ONE, { read_ordinal: 6 });
  expect(await mentionsIn(ONE)).toBe(0);
});

test("what came in the place of a message that was hidden is not: it is counted, listed, and the last of its row", async () => {
  await hide(5);
  await hide(8, OTHER);
  await replica.conversations.update(ONE, { last_entry: (await replica.entries.get([ONE, 5]))! });
  expect([await mentionsIn(ONE), await lastOf(ONE)]).toEqual([1, { type: "deleted" }]);
  expect((await readMentions(replica, own)).map(({ seq }) => seq)).toEqual([3, 1]);
  await record(ONE, 5, "something else");
  expect([await mentionsIn(ONE), await lastOf(ONE)]).toEqual([2, { type: "text", text: "text 5" }]);
  expect((await readMentions(replica, own)).map(({ seq }) => seq)).toEqual([5, 3, 1]);
});

test("the list asks once for all its rows, and counts the newest five hundred", async () => {
  const ids = Array.from({ length: 30 }, (_, at) => `${at + 10}`.padStart(32, "0"));
  for (const id of ids) await begin(id, 0, 1);
  for (const id of ids) await post(id, 1, true);
  const asked = vi.spyOn(replica.entries, "where");
  const rows = await readInbox(replica, own);
  expect(rows.filter(({ mentions }) => mentions === 1)).toHaveLength(30);
  expect(asked).toHaveBeenCalledTimes(1);
  await replica.conversations.update(OTHER, { read_ordinal: 9, last_ordinal: 700 });
  for (let seq = 100; seq < 610; seq += 1) await post(OTHER, seq, true, { timestamp: "2026-02-01T00:00:00.000Z" });
  expect([await mentionsIn(OTHER), await mentionsIn(ONE)]).toEqual([500, 0]);
});

test("all are listed as they are now, the newest first; what was deleted or hidden is left out", async () => {
  const listed = async () => (await readMentions(replica, own)).map(({ seq, content }) => [seq, content?.type === "text" && content.text]);
  expect(await listed()).toEqual([[8, "text 8"], [5, "text 5"], [3, "text 3"], [1, "text 1"]]);
  expect((await readMentions(replica, own))[0]).toMatchObject({ conversation: OTHER, author: { username: "bob" } });
  await replica.entries.update([ONE, 3], { marks: { edit: { seq: 9, content: { type: "text", text: "mended" } } } });
  await hide(5);
  await post(ONE, 1, true, { is_emptied: true });
  expect(await listed()).toEqual([[8, "text 8"], [3, "mended"]]);
});

test("no more than the newest two hundred are listed", async () => {
  for (let seq = 100; seq < 310; seq += 1) await post(ONE, seq, true, { timestamp: new Date(Date.UTC(2027, 0, 1) + seq).toISOString() });
  const found = await readMentions(replica, own);
  expect([found.length, found[0]!.seq, found.at(-1)!.seq]).toEqual([200, 309, 110]);
});
