import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import { type Bytes, toHex } from "../../lib/bytes.ts";
import type { Past } from "../account/past.ts";
import { text } from "../protocol/codec.ts";
import { verify } from "../protocol/ed25519.ts";
import { random } from "../protocol/primitives.ts";
import { IndexedKeyStore } from "./indexed-store.ts";
import type { Remembered } from "./key-store.ts";

const device = new Uint8Array(16).fill(7);
let made = 0;
const openStore = (): { store: IndexedKeyStore; again: () => IndexedKeyStore; name: string } => {
  const name = `keys-test-${(made += 1)}`;
  return { store: new IndexedKeyStore(1, name), again: () => new IndexedKeyStore(1, name), name };
};

afterEach(() => void vi.restoreAllMocks());

function withoutEd25519(): void {
  const generate = crypto.subtle.generateKey.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, "generateKey").mockImplementation(((algorithm: unknown, ...rest: [boolean, KeyUsage[]]) =>
    algorithm === "Ed25519" ? Promise.reject(new DOMException("unknown", "NotSupportedError")) : generate(algorithm as AesKeyGenParams, ...rest)) as never);
}

/** Everything in the database, as text in which bytes are hex. CryptoKeys show as what JSON sees of them: nothing. */
async function dump(name: string): Promise<string> {
  const request = indexedDB.open(name);
  const database = await new Promise<IDBDatabase>((resolve) => (request.onsuccess = () => resolve(request.result)));
  const all = database.transaction("entries").objectStore("entries").getAll();
  const values = await new Promise<unknown[]>((resolve) => (all.onsuccess = () => resolve(all.result)));
  database.close();
  return JSON.stringify(values, (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
}

const remember = (key: Bytes, seed: Bytes): Remembered => ({
  statements: [text("statement")], highestSeen: 3, receives: [], generations: [{ statement: text("g"), hash: random(32), key }],
  receiveSeeds: [{ version: 1, seed }], rows: [], rowPosition: 0, carryFrom: null, newsFrom: null, made: [], vault: null,
});

test.each([["in the engine", false], ["without Ed25519 in the engine", true]])("keys are there after a restart and sign: %s", async (_name, isOld) => {
  if (isOld) withoutEd25519();
  const { store, again } = openStore();
  const first = await store.makeDevice(device);
  const second = (await again().readDevice(device))!;
  expect(toHex(second.kemSeed)).toBe(toHex(first.kemSeed));
  const signature = await second.sign(text("hello"));
  expect(await verify(first.signKey, signature, text("hello"))).toBe(true);
  expect(await verify(first.signKey, signature, text("hellO"))).toBe(false);
});

test("the key in the engine cannot be taken out of it", async () => {
  const { store, name } = openStore();
  await store.makeDevice(device);
  const request = indexedDB.open(name);
  const database = await new Promise<IDBDatabase>((resolve) => (request.onsuccess = () => resolve(request.result)));
  const get = (key: string): Promise<unknown> => {
    const asked = database.transaction("entries").objectStore("entries").get(key);
    return new Promise((resolve) => (asked.onsuccess = () => resolve(asked.result)));
  };
  const { signing } = (await get("device")) as { signing: { key: CryptoKey } };
  await expect(crypto.subtle.exportKey("pkcs8", signing.key)).rejects.toThrow();
  await expect(crypto.subtle.exportKey("raw", (await get("wrapping key")) as CryptoKey)).rejects.toThrow();
});

test("making keys twice gives the same ones, another device id others", async () => {
  const { store, again } = openStore();
  const first = await store.makeDevice(device);
  expect(toHex((await again().makeDevice(device)).signKey)).toBe(toHex(first.signKey));
  const other = await again().makeDevice(random(16));
  expect(toHex(other.signKey)).not.toBe(toHex(first.signKey));
});

test.each([["in the engine", false], ["without Ed25519 in the engine", true]])("no secret lies open in the database: %s", async (_name, isOld) => {
  if (isOld) withoutEd25519();
  const { store, again, name } = openStore();
  const [key, seed] = [random(32), random(32)];
  const keys = await store.makeDevice(device);
  await store.write(remember(key, seed));
  const shown = await dump(name);
  for (const secret of [key, seed, keys.kemSeed]) expect(shown).not.toContain(toHex(secret));
  expect(shown).toContain(toHex(text("statement")));
  const read = (await again().read())!;
  expect(toHex(read.generations[0]!.key)).toBe(toHex(key));
  expect(toHex(read.receiveSeeds[0]!.seed)).toBe(toHex(seed));
});

test("two tabs that make keys at once have the same ones", async () => {
  const { store, again } = openStore();
  const [a, b] = await Promise.all([store.makeDevice(device), again().makeDevice(device)]);
  expect(toHex(a.signKey)).toBe(toHex(b.signKey));
  expect(toHex(a.kemSeed)).toBe(toHex(b.kemSeed));
});

const past: Past = { server: random(16), n: 4, hash: random(32), highestSeen: 5, database: "da".repeat(16), isReleased: false };

test("what was forgotten is gone", async () => {
  const { store, again } = openStore();
  await store.makeDevice(device);
  await store.write(remember(random(32), random(32)));
  await store.writePast(past);
  await store.forget(null);
  expect(await again().read()).toBeNull();
  expect(await again().readDevice(device)).toBeNull();
  expect(await again().readPast()).toBeNull();
});

test("of what was forgotten at an end that nobody asked for nothing is left but how far the chain had come", async () => {
  const { store, again, name } = openStore();
  await store.makeDevice(device);
  await store.write(remember(random(32), random(32)));
  await store.forget(past);
  expect(await again().read()).toBeNull();
  expect(await again().readDevice(device)).toBeNull();
  expect(await again().readPast()).toEqual(past);
  expect(await dump(name)).not.toContain(toHex(text("statement")));
});
