import "fake-indexeddb/auto";

import { expect, test, vi } from "vitest";

import { toHex } from "../../lib/bytes.ts";
import { MemorySession } from "../account/testing/memory-session.ts";
import { makePassword, World } from "../account/testing/world.ts";
import type { PasswordKeys } from "../derive.ts";
import { NotFetched } from "../protocol/load-curve25519.ts";
import { random } from "../protocol/primitives.ts";
import { IndexedConversations } from "./indexed-conversations.ts";
import { IndexedKeyStore } from "./indexed-store.ts";
import type { Act, Acts, Answer, Ask, Chosen, Place } from "./messages.ts";
import { serve, type Surroundings } from "./serve.ts";

let made = 0;

/** What the password's worker does: both keys wait in the port that is handed on. */
function handOn({ authKey, kek }: PasswordKeys): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage({ authKey, kek });
  return port2;
}

const choose = (password: PasswordKeys): Chosen => ({
  keys: handOn(password), salt: random(16), stretching: { memory: 65_536, iterations: 3, parallelism: 1 },
});

/** A browser whose storage lasts, and everything that its worker answered. */
function openBrowser(world: World): { place: Place; ask: <A extends Act>(act: A, needs: Acts[A]["needs"]) => Promise<Acts[A]["gives"]>; said: Answer[]; surroundings: Surroundings } {
  const device = random(16);
  world.server.kept.sessions.add(toHex(device));
  const place = { server: toHex(world.server.id), user: 1, username: "alice", device: toHex(device) };
  const name = `serve-test-${(made += 1)}`;
  const said: Answer[] = [];
  let sessionOf = device;
  const surroundings: Surroundings = {
    reach: () => new MemorySession(world.server, sessionOf), openStore: () => new IndexedKeyStore(1, name), locks: undefined, now: () => world.now, wait: () => Promise.resolve(),
    reachConversations: () => { throw new Error("no conversations here"); }, openConversations: () => new IndexedConversations(new IndexedKeyStore(1, name)),
  };
  const ask = async <A extends Act>(act: A, needs: Acts[A]["needs"]): Promise<Acts[A]["gives"]> => {
    if ("place" in needs) sessionOf = Uint8Array.from(Buffer.from(needs.place.device, "hex"));
    const answer = await serve(surroundings, { id: 1, act, ...needs } as Ask);
    said.push(answer);
    if ("failed" in answer) throw Object.assign(new Error(answer.failed.code), answer.failed);
    return answer.ok as Acts[A]["gives"];
  };
  return { place, ask, said, surroundings };
}

test("from set-up to recovery by messages alone, and nothing secret is said", async () => {
  const world = new World();
  const { place, ask, said } = openBrowser(world);
  expect(await ask("connect", { place })).toMatchObject({ state: "none" });
  await ask("setUp", { place, password: handOn(world.password), displayName: "Alice", avatar: null });
  expect(await ask("connect", { place })).toMatchObject({ state: "ready", devices: [place.device], renewed: null, vault: { version: 1 } });

  const second = openBrowser(world);
  expect(await second.ask("connect", { place: second.place })).toMatchObject({ state: "unlisted" });
  await second.ask("addDevice", { place: second.place, password: handOn(world.password) });
  expect((await second.ask("connect", { place: second.place })).devices).toHaveLength(2);
  const { news } = await ask("connect", { place });
  expect(news!.newDevices).toEqual([second.place.device]);
  await ask("noteNews", { place, n: news!.n });

  await ask("removeDevices", { place, password: handOn(world.password), devices: [second.place.device] });
  const shown = await ask("drawRecoveryKey", { place });
  expect(world.server.kept.ways).toEqual([]);
  await ask("makeRecoveryKey", { place, password: handOn(world.password), drawn: shown });
  expect(world.server.kept.ways).toHaveLength(1);
  const next = makePassword();
  await ask("changePassword", { place, password: handOn(world.password), next: choose(next), kept: [], isTheft: false });
  await ask("retire", { place });

  const third = openBrowser(world);
  const last = makePassword();
  const back = await third.ask("recover", { username: "alice", recoveryKey: shown, next: choose(last), isTheft: false, deviceName: "phone", database: "da".repeat(16) });
  expect(await third.ask("connect", { place: back })).toMatchObject({ state: "ready", devices: [back.device] });
  await third.ask("dropRecoveryKey", { place: back, password: handOn(last) });

  world.server.resetTokens.add("token");
  await third.ask("resetHere", { place: back, token: "token", next: choose(next) });
  world.server.resetTokens.add("another");
  const anew = await openBrowser(world).ask("resetWithout", { token: "another", next: choose(last), deviceName: "phone", database: "da".repeat(16) });
  expect(anew.user).toBe(1);
  await third.ask("forget", { place: back, isAsked: true });

  const secrets = [world.password, next, last].flatMap(({ authKey, kek }) => [toHex(authKey), toHex(kek)]);
  const all = JSON.stringify([...said, ...second.said, ...third.said], (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
  for (const secret of secrets) expect(all).not.toContain(secret);
  expect(said.filter((answer) => "ok" in answer && typeof answer.ok === "string")).toHaveLength(1);
});

test("a device that has gone leaves nothing behind, whatever is still asked for it", async () => {
  const world = new World();
  const { place, ask, surroundings } = openBrowser(world);
  await ask("setUp", { place, password: handOn(world.password), displayName: "Alice", avatar: null });
  const opened = vi.fn(surroundings.openStore);
  surroundings.openStore = opened;
  await ask("forget", { place, isAsked: true });
  expect(opened).toHaveBeenCalledTimes(1);
  for (const late of [ask("connect", { place }), ask("refreshTrust", { place, people: [] }), ask("disconnect", { place }), ask("noteNews", { place, n: 1 })]) {
    await expect(late).rejects.toMatchObject({ kind: "verdict", code: "not_listed" });
  }
  await ask("forget", { place, isAsked: true });
  expect(opened).toHaveBeenCalledTimes(2);
  // Who signs in anew is another device.
  const again = { ...place, device: toHex(random(16)) };
  world.server.kept.sessions.add(again.device);
  expect(await ask("connect", { place: again })).toMatchObject({ state: "unlisted" });
});

test("what goes wrong is said with its kind", async () => {
  const world = new World();
  const { place, ask, surroundings } = openBrowser(world);
  await ask("setUp", { place, password: handOn(world.password), displayName: "Alice", avatar: null });
  const other = openBrowser(world);
  const wrong = other.ask("addDevice", { place: other.place, password: handOn(makePassword()) });
  await expect(wrong).rejects.toMatchObject({ kind: "verdict", code: "wrong_password" });
  const twice = other.ask("setUp", { place: other.place, password: handOn(world.password), displayName: "Alice", avatar: null });
  await expect(twice).rejects.toMatchObject({ kind: "refused", code: "chain_moved" });
  const broken = await serve({ ...surroundings, openStore: () => { throw new DOMException("full", "QuotaExceededError"); } }, { id: 7, act: "connect", place });
  expect(broken).toEqual({ id: 7, failed: { kind: "broken", code: "QuotaExceededError" } });
  const unfetched = await serve({ ...surroundings, openStore: () => { throw new NotFetched(); } }, { id: 8, act: "connect", place });
  expect(unfetched).toEqual({ id: 8, failed: { kind: "no_answer", code: "no_answer" } });
});

test("keys that were lost on the way hold nobody up for ever", async () => {
  const { place, surroundings } = openBrowser(new World());
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const { port1, port2 } = new MessageChannel();
  try {
    const answer = serve(surroundings, { id: 3, act: "addDevice", place, password: port2 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await answer).toEqual({ id: 3, failed: { kind: "broken", code: "Error" } });
  } finally {
    vi.useRealTimers();
    port1.close();
  }
});

test("tabs do one thing after the other where there are locks", async () => {
  const world = new World();
  const { place, surroundings } = openBrowser(world);
  const names: string[] = [];
  const locks = { request: (name: string, work: () => Promise<unknown>) => { names.push(name); return work(); } } as unknown as LockManager;
  const answer = await serve({ ...surroundings, locks }, { id: 1, act: "connect", place });
  expect(answer).toMatchObject({ ok: { state: "none" } });
  expect(names).toEqual(["hearth-keys"]);
});

test("over an end that nobody asked for it stays known that there were keys, until a restore is told", async () => {
  const world = new World();
  const { place, ask, surroundings } = openBrowser(world);
  const database = "da".repeat(16);
  const whole = { password: handOn(world.password), displayName: "Alice", avatar: null, database, isAgreed: false };
  expect(await ask("enter", { place, ...whole })).toEqual({ isFirst: true });
  await new IndexedConversations(surroundings.openStore(1) as IndexedKeyStore).writeDatabase(database);
  await ask("forget", { place, isAsked: false });
  Object.assign(world.server.kept, { states: [], statements: [], vault: null, generations: [], receives: [], rows: [], publicKeys: new Map() });
  const again = { ...place, device: toHex(random(16)) };
  world.server.kept.sessions.add(again.device);
  const enters = (told: string, isAgreed = false) => ask("enter", { place: again, ...whole, password: handOn(world.password), database: told, isAgreed });
  for (const told of [database, "ab".repeat(16)]) await expect(enters(told)).rejects.toMatchObject({ kind: "verdict", code: "rollback" });
  expect(await ask("connect", { place: again })).toMatchObject({ state: "lost" });
  expect(await ask("meetDatabase", { place: again, database, partings: [] })).toMatchObject({ isNew: true, wasRestored: true });
  expect(await enters(database, true)).toEqual({ isFirst: true });
});
