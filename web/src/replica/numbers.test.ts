import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { type OpenedRow, Replica } from "./database.ts";
import { Numbers } from "./numbers.ts";
import { OwnDatabase } from "./own-database.ts";
import { splitRow } from "./records.ts";

const databases: { close(): void }[] = [];
afterEach(() => databases.splice(0).forEach((database) => database.close()));
let count = 0;

/** The number after a last entry of this device under counter 7, emptied and judged as given. */
async function findNext(opened: OpenedRow | undefined): Promise<number> {
  const [replica, own] = [new Replica(1, `numbers-${++count}`), new OwnDatabase(1, `numbers-own-${count}`)];
  databases.push(replica, own);
  const place = { conversation: "c", seq: 9, ordinal: 9, kind: 1, from_user: 1, client_id: "x", timestamp: "", from_device: "d", counter: 7, epoch: 1, target_seq: 0 };
  const [entry, record] = splitRow({ ...place, log_hash: "h", record: new Uint8Array(0), is_emptied: true, ...(opened ? { opened } : {}) });
  await replica.entries.put(entry);
  await replica.records.put(record);
  await own.counters.put({ device: "d", conversation: "c", last: 0, sent: 1 });
  const call = () => Promise.reject(new Error("not asked"));
  return (await new Numbers(own, replica, { call }, "d").find("c")).next;
}

test("a deleted last message counts with its number", async () => {
  const opened: OpenedRow = { verdict: null, content: null, sent_at: null, target: null, is_withheld: false };
  expect(await findNext(opened)).toBe(8);
});

test("what came emptied without a deletion that says so does not, nor what was not judged", async () => {
  const opened: OpenedRow = { verdict: "withheld", content: null, sent_at: null, target: null, is_withheld: false };
  expect(await findNext(opened)).toBe(2);
  expect(await findNext(undefined)).toBe(2);
});
