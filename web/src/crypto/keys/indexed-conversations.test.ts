// Conversations survive a start, and no seed of theirs lies in the clear.
import "fake-indexeddb/auto";

import { expect, test } from "vitest";

import { toHex } from "../../lib/bytes.ts";
import type { RememberedConversation } from "../conversations/store.ts";
import { zeros } from "../protocol/codec.ts";
import { random } from "../protocol/primitives.ts";
import { IndexedConversations } from "./indexed-conversations.ts";
import { IndexedKeyStore } from "./indexed-store.ts";

const seeds = Array.from({ length: 5 }, () => random(32));

const remembered = (): RememberedConversation => ({
  conversation: random(16), loose: [{ n: 9, recordHash: random(32), seed: seeds[2]! }], head: { seq: 3, hash: random(32) }, signed: [], hasHead: true, inKeyring: [1], denied: [[2, 1]],
  headRow: 1, stopped: null,
  epochs: [
    { record: random(300), roster: random(123), told: { seq: 1, time: 5 }, seed: seeds[0]! },
    { record: random(300), roster: null, told: null, seed: null },
    { record: random(300), roster: null, told: { seq: 2, time: 6 }, seed: seeds[1]! },
  ],
  pending: { request: { record: random(300), roster: null, wraps: [], history: null }, action: "rotate", n: 4, conversation: random(16), seed: seeds[3]! },
  lost: [
    { record: random(300), roster: null, told: { seq: 3, time: 7 }, seed: seeds[4]! },
    { record: random(300), roster: null, told: { seq: 4, time: 8 }, seed: null },
  ],
  lostUntil: 9, removed: [[3, 2]],
});

/** Everything that lies in a database, as one string of hex and text. */
async function dump(name: string): Promise<string> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
  });
  const all = await new Promise<unknown[]>((resolve) => {
    const request = database.transaction("entries").objectStore("entries").getAll();
    request.onsuccess = () => resolve(request.result);
  });
  database.close();
  return JSON.stringify(all, (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
}

test("what was written comes back, from another connection too, and seeds are nowhere to be seen", async () => {
  const keys = new IndexedKeyStore(1, "conversations");
  const store = new IndexedConversations(keys);
  const one = remembered();
  await store.writeConversation(one);
  await store.writeConversation({ ...one, pending: null });
  await store.writeConversation(one);
  expect(await new IndexedConversations(new IndexedKeyStore(1, "conversations")).readConversation(one.conversation)).toEqual(one);
  expect(await store.readConversation(zeros(16))).toBeNull();
  const lying = await dump("conversations");
  expect(lying).toContain(toHex(one.epochs[0]!.record));
  for (const seed of seeds) expect(lying).not.toContain(toHex(seed));
});

test("people and the place in the keyring", async () => {
  const store = new IndexedConversations(new IndexedKeyStore(2, "people"));
  expect([await store.readPeople(), await store.readPosition()]).toEqual([[], 0]);
  const person = { user: 7, statements: [random(80)], highestSeen: 3, receives: [random(80)], publicKeys: [{ version: 1, publicKey: random(1216) }] };
  await store.writePeople([person, { ...person, user: 70 }]);
  await store.writePeople([{ ...person, highestSeen: 4 }]);
  await store.writePosition(12);
  expect(await store.readPeople()).toEqual([{ ...person, highestSeen: 4 }, { ...person, user: 70 }]);
  expect(await store.readPosition()).toBe(12);
});

test("a conversation under another's name does not open", async () => {
  const keys = new IndexedKeyStore(3, "swapped");
  const store = new IndexedConversations(keys);
  const [one, other] = [remembered(), remembered()];
  await store.writeConversation(one);
  await store.writeConversation(other);
  const stored = await keys.getBeside<object>(`conversation ${toHex(one.conversation)}`);
  await keys.putBeside([[`conversation ${toHex(other.conversation)}`, stored]]);
  await expect(store.readConversation(other.conversation)).rejects.toThrow();
});

test("forgetting the keys forgets conversations", async () => {
  const keys = new IndexedKeyStore(4, "forgotten");
  const one = remembered();
  await new IndexedConversations(keys).writeConversation(one);
  await keys.forget(null);
  expect(await new IndexedConversations(new IndexedKeyStore(4, "forgotten")).readConversation(one.conversation)).toBeNull();
});
