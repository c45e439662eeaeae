// Conversations by messages to the worker alone: what the page is told never has a seed or a key in it.
import "fake-indexeddb/auto";

import { expect, test } from "vitest";

import { fromHex, toHex } from "../../lib/bytes.ts";
import { begin } from "../conversations/acting/act.ts";
import { confirm } from "../conversations/fetching/fetch-epochs.ts";
import { PLAIN_SETTINGS } from "../conversations/acting/make-epoch.ts";
import { Town } from "../conversations/testing/town.ts";
import { epochKey } from "../protocol/epoch-keys.ts";
import { random } from "../protocol/primitives.ts";
import { actOnConversations } from "./conversation-acts.ts";
import { IndexedConversations } from "./indexed-conversations.ts";
import { type Browser, openBrowsers as open } from "./testing/browser.ts";

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
  await bob.say(group, 1, "two");
  expect(await bob.read(group)).toEqual(["stands", "one", "two"]);
  expect((await bob.ask("confirm", { conversations: [group], databases: [] }))[0]).toMatchObject({ counter: 1 });
  await bob.ask("disconnect", {});
  await expect(bob.say(group, 2, "no connection")).rejects.toMatchObject({ kind: "not_ready", code: "unconfirmed" });
  bob.restart();
  expect(await bob.read(group)).toEqual(["stands", "one", "two"]);
  expect(await alice.ask("actOn", { conversation: group, wanted: { action: "rotate" } })).toMatchObject({ n: 2, sealing: { state: "ready" } });
  await expect(bob.ask("actOn", { conversation: group, wanted: { action: "rotate" } })).rejects.toMatchObject({ kind: "not_ready" });
  await expect(alice.ask("acceptIdentity", { user: 9, fingerprint: "0".repeat(32) })).rejects.toMatchObject({ kind: "verdict", code: "unproven" });

  const kept = (await new IndexedConversations(alice.store).readConversation(fromHex(group)))!;
  const seeds = kept.epochs.map((one) => one.seed!);
  const keys = seeds.map((seed, at) => epochKey(seed, town.place(fromHex(group)).epochs[at]!.hash));
  const all = JSON.stringify([...alice.said, ...bob.said], (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
  expect(all).toContain("two");
  for (const secret of [...seeds, ...keys]) expect(all).not.toContain(toHex(secret));
});

test("of what was handed in only the newest stay at hand, once they are told of", { timeout: 60_000 }, async () => {
  const town = new Town();
  const alice = await town.start(await town.move(1, "alice"));
  const group = await begin(alice, { kind: "group", members: [], settings: PLAIN_SETTINGS });
  await confirm(alice, [group]);
  const place = town.place(group);
  const record = new Uint8Array(33 + 256).fill(1);
  for (let counter = 1; counter <= 300; counter++) {
    place.post({ kind: 1, user: 1, device: alice.keys.device, clientId: random(16), counter, epoch: 1, targetSeq: 0, time: town.now, record });
  }
  const rows = place.rows.map(({ device, clientId, recordHash: _, ...row }) => ({ ...row, device: toHex(device), clientId: toHex(clientId) }));
  const ask = { id: 1, act: "takeRows", place: alice.self.account.place, conversation: toHex(group), stretches: [{ before: place.hashes[0]!, rows }], places: [] } as never;
  const { told } = (await actOnConversations(alice, ask)) as { told: unknown[] };
  expect(told).toHaveLength(301);
  expect((await alice.open(group)).known.log.rows).toHaveLength(121);
});

test("every database that was told of is known after a new start", { timeout: 60_000 }, async () => {
  const { browsers } = await open("alice", "bob");
  const [alice] = browsers as [Browser];
  for (const database of ["aa".repeat(16), "bb".repeat(16)]) await alice.ask("meetDatabase", { database, partings: [] });
  const town = new Town();
  const device = await town.start(await town.move(1, "alice"), new IndexedConversations(alice.store) as never);
  expect([...device.databases]).toEqual(["aa".repeat(16), "bb".repeat(16)]);
});
