// How much is asked of the browser's storage for what comes: each request is a task of its own there, and most wait for the one before.
import "fake-indexeddb/auto";

import { afterEach, beforeEach, expect, test } from "vitest";

import { applyItem } from "../inbox/apply.ts";
import { applyMessageSent, applyPage } from "../messages/apply.ts";
import { Replica } from "./database.ts";
import { TestServer } from "./testing.ts";

const READS = ["get", "getAll", "getAllKeys", "getKey", "count", "openCursor", "openKeyCursor"] as const;
const WRITES = ["put", "add", "delete", "clear"] as const;

let asked: string[] = [];
const restore: (() => void)[] = [];

/** Notes each call of a method of the browser's storage, as "store method" or "store.index method". */
function watch(prototype: object, names: readonly string[]): void {
  const methods = prototype as Record<string, (this: IDBIndex | IDBObjectStore, ...given: unknown[]) => unknown>;
  for (const name of names) {
    const method = methods[name]!;
    methods[name] = function (...given) {
      asked.push(`${"objectStore" in this ? `${this.objectStore.name}.${this.name}` : this.name} ${name}`);
      return method.apply(this, given);
    };
    restore.push(() => (methods[name] = method));
  }
}

beforeEach(() => {
  watch(IDBObjectStore.prototype, [...READS, ...WRITES]);
  watch(IDBIndex.prototype, READS);
});
afterEach(() => restore.splice(0).forEach((undo) => undo()));

let count = 0;

/** A copy of a conversation of so many people, with the newest `length` entries of twice as many. */
async function open(length: number, people: number) {
  const server = new TestServer();
  const id = server.addConversation(Array.from({ length: people }, (_, at) => at + 1));
  const replica = new Replica(server.me, `requests-${++count}`);
  restore.push(() => replica.close());
  await server.meet(replica);
  await applyItem(replica, structuredClone(server.item(id)));
  for (let seq = 1; seq <= 2 * length; seq++) server.append(id, 1 + (seq % 2), `text ${seq}`);
  const readPage = (seq: number) => server.call("message.history", { conversation_id: id, seq, limit: length });
  await applyPage(replica, await readPage(2 * length + 1), 2 * length + 1);
  return { server, id, replica, readPage };
}

const isOf = (table: string) => (request: string) => request.split(/[ .]/)[0] === table;

test("for a live message its stretch is read and written once, and what stands beside it is read once", async () => {
  const { server, id, replica } = await open(20, 2);
  const entry = server.append(id, 2, "live");
  asked = [];
  await applyMessageSent(replica, entry);
  expect(asked.filter(isOf("ranges"))).toEqual(["ranges getAll", "ranges put"]);
  expect(asked.filter((request) => request.startsWith("records.[conversation+from_device+counter]"))).toHaveLength(1);
  expect(asked.length).toBeLessThanOrEqual(14);
});

test("for a page its stretch is written once, and all but its own rows does not grow with it or with the people", async () => {
  for (const [length, people] of [[20, 2], [100, 40]] as const) {
    const { replica, readPage } = await open(length, people);
    const page = await readPage(length + 1);
    asked = [];
    await applyPage(replica, page, length + 1);
    expect(asked.filter((request) => request === "entries put" || request === "records put")).toHaveLength(2 * length);
    expect(asked.filter(isOf("ranges"))).toEqual(["ranges getAll", "ranges delete", "ranges put"]);
    expect(asked.length - 2 * length).toBeLessThanOrEqual(16);
  }
});
