// Conversations by messages to the worker alone: what the page is told never has a seed or a key in it.
import "fake-indexeddb/auto";

import { expect, test } from "vitest";

import { fromHex, toHex } from "../../lib/bytes.ts";
import { NoAnswer } from "../account/server.ts";
import { MemorySession } from "../account/testing/memory-session.ts";
import { World } from "../account/testing/world.ts";
import { PLAIN_SETTINGS } from "../conversations/make-epoch.ts";
import { MESSAGE } from "../conversations/roles.ts";
import { Session, Town } from "../conversations/testing/town.ts";
import { epochKey } from "../protocol/epoch-keys.ts";
import { random } from "../protocol/primitives.ts";
import { IndexedConversations } from "./indexed-conversations.ts";
import { IndexedKeyStore } from "./indexed-store.ts";
import type { Act, Acts, Answer, Ask, Place } from "./messages.ts";
import { serve, type Surroundings } from "./serve.ts";

class Browser {
  readonly said: Answer[] = [];
  readonly place: Place;
  readonly store: IndexedKeyStore;
  /** Requests for epochs are carried out, and their answers lost. */
  losesAnswers = false;
  #around: Surroundings;

  constructor(readonly town: Town, readonly world: World) {
    const device = random(16);
    world.server.kept.sessions.add(toHex(device));
    this.place = { server: toHex(world.server.id), user: world.server.user, username: world.server.username, device: toHex(device) };
    this.store = new IndexedKeyStore(world.server.user, `acts-${toHex(device)}`);
    this.#around = this.#begin();
  }

  #begin(): Surroundings {
    const { town, world } = this;
    const device = fromHex(this.place.device);
    return {
      reach: () => new MemorySession(world.server, device), openStore: () => this.store, locks: undefined, now: () => town.now, wait: () => Promise.resolve(),
      reachConversations: () => this.#lose(new Session(town, world.server.user, device)), openConversations: () => new IndexedConversations(this.store),
    };
  }

  #lose(session: Session): Session {
    const make = session.makeEpoch.bind(session);
    session.makeEpoch = async (request) => {
      const taken = await make(request);
      if (this.losesAnswers) throw new NoAnswer();
      return taken;
    };
    return session;
  }

  restart(): void {
    this.#around = this.#begin();
  }

  async ask<A extends Act>(act: A, needs: Omit<Acts[A]["needs"], "place">): Promise<Acts[A]["gives"]> {
    const answer = await serve(this.#around, { id: 1, act, place: this.place, ...needs } as unknown as Ask);
    this.said.push(answer);
    if ("failed" in answer) throw Object.assign(new Error(answer.failed.code), answer.failed);
    return answer.ok as Acts[A]["gives"];
  }

  async setUp(): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(this.world.password);
    await this.ask("setUp", { password: port2, displayName: this.place.username, avatar: null });
  }

  async say(conversation: string, counter: number, text: string): Promise<void> {
    const unsealed = { clientId: random(16), counter, kind: MESSAGE, content: { type: "text", text }, target: null };
    const { record, epoch } = await this.ask("seal", { conversation, unsealed });
    new Session(this.town, this.place.user, fromHex(this.place.device)).send(fromHex(conversation), { ...unsealed, record, epoch, targetSeq: 0 });
  }

  async read(conversation: string): Promise<string[]> {
    const { rows, hashes } = this.town.place(fromHex(conversation));
    const told = await this.ask("takeRows", { conversation, before: hashes[0]!, rows });
    return told.map((one) => one.verdict ?? (one.content as { text?: string } | null)?.text ?? "stands");
  }
}

async function open(...names: string[]): Promise<{ town: Town; browsers: Browser[] }> {
  const town = new Town();
  const browsers: Browser[] = [];
  for (const [at, name] of names.entries()) {
    const world = new World(at + 1, name);
    town.worlds.set(at + 1, world);
    browsers.push(new Browser(town, world));
    await browsers.at(-1)!.setUp();
  }
  return { town, browsers };
}

test("what was left without an answer is settled by the next connection, over a new start, too", { timeout: 60_000 }, async () => {
  const { town, browsers } = await open("alice");
  const [alice] = browsers as [Browser];
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [], settings: PLAIN_SETTINGS } });
  alice.losesAnswers = true;
  await expect(alice.ask("actOn", { conversation: group, wanted: { action: "rotate" } })).rejects.toMatchObject({ kind: "no_answer" });
  await expect(alice.say(group, 1, "too early")).rejects.toMatchObject({ kind: "no_answer" });
  alice.restart();
  expect((await alice.ask("confirm", { conversations: [group], databases: [] }))[0]).toMatchObject({ n: 2, sealing: { state: "rotating" } });
  alice.losesAnswers = false;
  expect((await alice.ask("confirm", { conversations: [group], databases: [] }))[0]).toMatchObject({ n: 2, sealing: { state: "ready" } });
  await alice.say(group, 1, "under epoch 2");
  expect(await alice.read(group)).toEqual(["stands", "stands", "under epoch 2"]);
  expect(town.place(fromHex(group)).epochs.length).toBe(2);
});

test("two browsers talk, one starts anew, and nothing secret is said", { timeout: 60_000 }, async () => {
  const { town, browsers } = await open("alice", "bob");
  const [alice, bob] = browsers as [Browser, Browser];
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2], settings: PLAIN_SETTINGS } });
  await alice.say(group, 1, "one");
  await expect(bob.say(group, 1, "too early")).rejects.toMatchObject({ kind: "not_ready", code: "unconfirmed" });
  const [standing] = await bob.ask("confirm", { conversations: [group], databases: [] });
  expect(standing).toMatchObject({ conversation: group, sealing: { state: "ready" }, n: 1, counter: 0 });
  expect(await bob.read(group)).toEqual(["stands", "one"]);
  expect(await bob.read(group)).toEqual([]);
  await bob.say(group, 1, "two");
  expect(await bob.read(group)).toEqual(["two"]);
  expect((await bob.ask("confirm", { conversations: [group], databases: [] }))[0]).toMatchObject({ counter: 1 });
  await bob.ask("disconnect", {});
  await expect(bob.say(group, 2, "no connection")).rejects.toMatchObject({ kind: "not_ready", code: "unconfirmed" });
  bob.restart();
  expect(await bob.read(group)).toEqual(["stands", "one", "two"]);
  expect(await alice.ask("actOn", { conversation: group, wanted: { action: "rotate" } })).toMatchObject({ n: 2, sealing: { state: "ready" } });
  await expect(bob.ask("actOn", { conversation: group, wanted: { action: "rotate" } })).rejects.toMatchObject({ kind: "not_ready" });
  await expect(alice.ask("acceptIdentity", { user: 9 })).rejects.toMatchObject({ kind: "verdict", code: "unproven" });

  const kept = (await new IndexedConversations(alice.store).readConversation(fromHex(group)))!;
  const seeds = kept.epochs.map((one) => one.seed!);
  const keys = seeds.map((seed, at) => epochKey(seed, town.place(fromHex(group)).epochs[at]!.hash));
  const all = JSON.stringify([...alice.said, ...bob.said], (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
  expect(all).toContain("two");
  for (const secret of [...seeds, ...keys]) expect(all).not.toContain(toHex(secret));
});
