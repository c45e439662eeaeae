// Stars and what is deleted for oneself: on what stood there when they were set, and on nothing that came in its place.
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it } from "vitest";

import { PRIVATE_STARS } from "../crypto/private-change.ts";
import { type Bytes, toBase64 } from "../lib/bytes.ts";
import { sha256 } from "../lib/sha256.ts";
import { Replica } from "../replica/database.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { findMarked, markMessages, readMarks } from "./marks.ts";
import { readPlace } from "./private.ts";
import { readStarred } from "./starred.ts";

const CONVERSATION = "0c".repeat(16);

let replica: Replica;
let own: OwnDatabase;

async function post(seq: number, text: string): Promise<void> {
  const record: Bytes = new TextEncoder().encode(text);
  await replica.records.put({ conversation: CONVERSATION, seq, from_device: "d", counter: seq, target_seq: 0, log_hash: "", epoch: 1, record });
  const opened = { verdict: null, content: { type: "text" as const, text }, sent_at: 1, target: null, is_withheld: false };
  const entry = { conversation: CONVERSATION, seq, ordinal: seq, kind: 1, from_user: 1, client_id: `${seq}`, timestamp: `2026-01-0${seq}`, opened } as const;
  await replica.entries.put(entry);
}

const star = (seq: number, isMarked = true): Promise<void> => markMessages(replica, own, PRIVATE_STARS, CONVERSATION, [seq], isMarked);
const fields = async () => (await readPlace(replica, own, CONVERSATION, [PRIVATE_STARS]))[0];
const marked = async (): Promise<number[]> => [...(await findMarked(replica, CONVERSATION, (await fields()) ?? {}))];

beforeEach(async () => {
  [replica, own] = [new Replica(1, `replica ${Math.random()}`), new OwnDatabase(1, `own ${Math.random()}`)];
  await replica.conversations.put({ id: CONVERSATION, sealed_from: 1 } as never);
  for (const seq of [1, 2, 3]) await post(seq, `Message ${seq}`);
});
afterEach(() => {
  replica.close();
  own.close();
});

it("stands on messages that are here, and is taken off", async () => {
  await star(1);
  await star(3);
  await star(9);
  expect(await marked()).toEqual([1, 3]);
  const hash = toBase64(sha256(new TextEncoder().encode("Message 1")).slice(0, 16));
  expect(readMarks(await fields()).get(1)).toBe(hash);
  await star(1, false);
  expect(await marked()).toEqual([3]);
});

it("is not on what came in the place of a message that a restored server lost", async () => {
  await star(2);
  await post(2, "Something else");
  expect(await marked()).toEqual([]);
  expect(await readStarred(replica, own)).toEqual([]);
});

it("lists what is starred, the newest first, and what is not here last", async () => {
  await star(1);
  await star(2);
  await replica.entries.delete([CONVERSATION, 1]);
  await replica.records.delete([CONVERSATION, 1]);
  const found = await readStarred(replica, own);
  expect(found.map(({ seq, content }) => [seq, content?.type])).toEqual([[2, "text"], [1, undefined]]);
});

it("fields of another form mark nothing", () => {
  for (const messages of [7, "x", [[1]], [[0, "x"]], [[1.5, "x"]], [[1, 2]], [{ seq: 1 }]]) expect(readMarks({ messages }).size).toBe(0);
});
