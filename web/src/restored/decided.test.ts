// What was found out before a restore stays found out, and what people decide after it counts (docs/protocol-encryption.md, 10.10).
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { PLAIN_SETTINGS } from "../crypto/conversations/acting/make-epoch.ts";
import { PATIENCE } from "../crypto/conversations/restored/patience.ts";
import { Browser, openBrowsers } from "../crypto/keys/testing/browser.ts";
import { random } from "../crypto/protocol/primitives.ts";
import { fromHex, toBase64 } from "../lib/bytes.ts";
import { ends, Scene } from "./scene.ts";
import { RestoredTown } from "./testing.ts";

afterEach(() => ends.splice(0).forEach((end) => end()));

test("another epoch that is shown after an older state stops a conversation for good, whatever is said of a restore then", async () => {
  const scene = await Scene.begin();
  const [, second] = scene.place.epochs;
  scene.server.restore();
  expect(await scene.stateOf(scene.alice)).toBe("stopped: rollback");
  scene.place.epochs.push({ ...second!, hash: random(32) });
  expect(await scene.stateOf(scene.alice)).toBe("stopped: fork");
  scene.place.epochs.pop();
  expect(await scene.stateOf(scene.alice)).toBe("stopped: fork");
  await scene.restore();
  const parting = { conversation: scene.group, seq: 2, hash: scene.place.hashes[2]! };
  await scene.alice.ask("meetDatabase", { database: scene.server.generation, partings: [parting] });
  scene.alice.restart();
  expect(await scene.stateOf(scene.alice)).toBe("stopped: fork");
});

/** Since the backup alice added carol and removed her again; the server is restored, and nobody gives that back in time. */
async function loseRemoval() {
  const { town, browsers } = await openBrowsers("alice", "bob", "carol");
  const alice = browsers[0]!;
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2], settings: PLAIN_SETTINGS } });
  const carol = [{ user: 3, cause: null }];
  const server = new RestoredTown(town);
  const place = town.place(fromHex(group));
  const meet = (browser: Browser) => browser.ask("meetDatabase", { database: server.generation, partings: [{ conversation: group, seq: 1, hash: place.hashes[1]! }] });
  const look = async (browser: Browser) => (await browser.ask("confirm", { conversations: [group], databases: [server.generation] }))[0]!.sealing;
  const add = (browser: Browser) => browser.ask("actOn", { conversation: group, wanted: { action: "add", targets: carol, historyFrom: 0 } });
  await meet(alice);
  await look(alice);
  server.backUp();
  await add(alice);
  await alice.ask("actOn", { conversation: group, wanted: { action: "remove", targets: carol } });
  const lost = [...place.epochs];
  server.restore();
  await meet(alice);
  await alice.ask("takeBack", { conversation: group, taken: 0 });
  town.pass(PATIENCE);
  return { town, server, alice, group, lost, look, meet, add };
}

test("who is added since the restore is not removed again for what was lost", async () => {
  const { town, alice, look, meet, add } = await loseRemoval();
  const tablet = new Browser(town, alice.world);
  await tablet.addDevice();
  await meet(tablet);
  await look(tablet);
  await add(tablet);
  alice.restart();
  expect(await look(alice)).toEqual({ state: "ready" });
});

test("an epoch that had added somebody, and comes back without the removal after it, decides nothing, after a further restore either", async () => {
  const { server, alice, group, lost, look, meet } = await loseRemoval();
  const { record, roster } = lost[1]!;
  for (const again of [false, true]) {
    await server.callOf(alice)("epoch.offer", { record: toBase64(record), roster: toBase64(roster) });
    await alice.ask("giveUp", { conversation: group, code: "not_friends" });
    alice.restart();
    expect(await look(alice)).toEqual({ state: "rotating", reason: "removed" });
    if (again) return;
    server.restore();
    await meet(alice);
    await alice.ask("takeBack", { conversation: group, taken: 0 });
    server.town.pass(PATIENCE);
  }
});
