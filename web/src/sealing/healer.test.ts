// A seed that got lost comes back by a co-member, and what waited for it is opened.
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { PLAIN_SETTINGS } from "../crypto/conversations/acting/make-epoch.ts";
import { type Browser, openBrowsers } from "../crypto/keys/testing/browser.ts";
import { fromHex } from "../lib/bytes.ts";
import { Replica } from "../replica/database.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import { Healer } from "./healer.ts";
import { Opener } from "./opener.ts";
import { PATIENT } from "./page.testing.ts";
import { Sealing } from "./sealing.ts";
import { toEntry } from "./testing.ts";

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));
const { signal } = new AbortController();

test("who has no seed asks, a co-member answers after a while, and the message is opened", { timeout: 60_000 }, async () => {
  const { town, browsers } = await openBrowsers("alice", "bob");
  const [alice, bob] = browsers as [Browser, Browser];
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2], settings: PLAIN_SETTINGS } });
  await alice.say(group, 1, "one");
  const place = town.place(fromHex(group));
  place.epochs[0]!.wraps.delete(2);
  const replica = new Replica(2, "healer");
  ends.push(() => replica.close());
  const opener = new Opener(replica);
  opener.ask = bob.askAbout;
  const sealing = new Sealing(replica, opener, bob.askAbout);
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await applyEntries(replica, await opener.open(place.rows.map((row) => toRow(toEntry(place, row))), undefined, PATIENT));
  const verdicts = async (): Promise<unknown[]> => (await replica.entries.toArray()).map(({ opened, fails }) => [opened!.verdict, fails]);
  expect(await verdicts()).toEqual([[null, undefined], ["keyless", 1]]);
  expect(await replica.entries.where("fails").equals(1).count()).toBe(1);

  expect(await bob.ask("heal", { asks: true })).toMatchObject({ healed: [], isMissing: true });
  expect(await bob.ask("heal", { asks: false })).toMatchObject({ healed: [], isMissing: true });
  await new Healer(alice.askAbout, sealing, () => 0).answer(signal);
  const healed = await bob.ask("heal", { asks: false });
  expect(healed).toMatchObject({ healed: [{ conversation: group, keys: 1, sealing: { state: "ready" } }], isMissing: false });
  await opener.sweep(group, true, signal);
  expect(await verdicts()).toEqual([[null, undefined], [null, undefined]]);
  expect(await replica.entries.where("fails").equals(1).count()).toBe(0);
  // The seed is in bob's keyring: the request has gone.
  expect(place.rewraps.size).toBe(0);
});

test("a wrong answer heals nothing and is asked for again", { timeout: 60_000 }, async () => {
  const { town, browsers } = await openBrowsers("alice", "bob");
  const [alice, bob] = browsers as [Browser, Browser];
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2], settings: PLAIN_SETTINGS } });
  const place = town.place(fromHex(group));
  place.epochs[0]!.wraps.delete(2);
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await bob.ask("heal", { asks: true });
  const asked = [...place.rewraps.values()][0]!;
  asked.answer = new Uint8Array(1168);
  expect(await bob.ask("heal", { asks: false })).toMatchObject({ healed: [], isMissing: true });
  await bob.ask("heal", { asks: true });
  expect([...place.rewraps.values()][0]!.answer).toBeNull();
  await alice.ask("answerOthers", {});
  expect(await bob.ask("heal", { asks: false })).toMatchObject({ isMissing: false });
});

test("what the server lets nobody be asked for is not asked for again, also after a new start", { timeout: 60_000 }, async () => {
  const { town, browsers } = await openBrowsers("alice", "bob");
  const [alice, bob] = browsers as [Browser, Browser];
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2], settings: PLAIN_SETTINGS } });
  town.place(fromHex(group)).epochs[0]!.wraps.delete(2);
  await bob.ask("confirm", { conversations: [group], databases: [] });
  town.refusesAsks = true;
  await bob.ask("heal", { asks: true });
  await bob.ask("heal", { asks: true });
  bob.restart();
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await bob.ask("heal", { asks: true });
  expect(town.asks).toBe(1);
});
