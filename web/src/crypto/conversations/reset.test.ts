// What was written before a reset on a device that is signed in opens on devices of after it (docs/protocol-encryption.md, 10.8).
import { expect, test } from "vitest";

import { catchUpListed } from "../account/connect.ts";
import { resetHere } from "../account/reset.ts";
import { asNext, makePassword, verdictOf, type World } from "../account/testing/world.ts";
import { begin } from "./acting/act.ts";
import { PLAIN_SETTINGS } from "./acting/make-epoch.ts";
import { writeSeeds } from "./fetching/seeds.ts";
import { MemoryConversations } from "./testing/memory-conversations.ts";
import { catchUp, read, say } from "./testing/talk.ts";
import { Town } from "./testing/town.ts";

const LONG = { timeout: 60_000 };
const EPOCH_ROW = 1;

async function start() {
  const town = new Town();
  const [phone, store] = [await town.move(1, "alice"), new MemoryConversations()];
  const device = await town.start(phone, store);
  await town.move(2, "bob");
  const group = await begin(device, { kind: "group", members: [2], settings: PLAIN_SETTINGS });
  await say(town, device, group, "one");
  return { town, phone, store, device, group, world: town.worlds.get(1)! };
}

async function readOnAnother(town: Town, world: World, group: Uint8Array<ArrayBuffer>): Promise<(string | null)[]> {
  const laptop = await town.start(await world.add());
  await catchUp(laptop, group);
  return read(laptop, group);
}

test("the seeds of the keyring go on under the new own chain", LONG, async () => {
  const { town, phone, group, world } = await start();
  world.server.resetTokens.add("token");
  const next = makePassword();
  await resetHere(phone, "token", asNext(next));
  world.password = next;
  expect(await readOnAnother(town, world, group)).toEqual(["one"]);
});

test("a device writes its seeds into a keyring that has begun anew since it last did", LONG, async () => {
  const { town, phone, store, group, world } = await start();
  world.server.kept.rows = world.server.kept.rows.filter((row) => row.kind !== EPOCH_ROW);
  town.place(group).epochs[0]!.wraps.clear();
  const again = await town.start(phone, store);
  await again.open(group);
  await writeSeeds(again, again.lives.values());
  expect(await readOnAnother(town, world, group)).toEqual(["[keyless]"]);
  const older = (await store.readConversation(group))!;
  delete older.incarnation;
  await store.writeConversation(older);
  const updated = await town.start(phone, store);
  await updated.open(group);
  await writeSeeds(updated, updated.lives.values());
  expect(await readOnAnother(town, world, group)).toEqual(["one"]);
});

test("a device that is in use while another tab resets notes nothing as written into the new keyring", LONG, async () => {
  const { town, phone, store, device, group, world } = await start();
  const live = await device.open(group);
  live.headRow = 1;
  world.server.resetTokens.add("token");
  const next = makePassword();
  await resetHere(phone, "token", asNext(next));
  world.password = next;
  world.server.kept.rows = world.server.kept.rows.filter((row) => row.kind !== EPOCH_ROW);
  town.place(group).epochs[0]!.wraps.clear();
  expect(device.isCurrent).toBe(true);
  await catchUpListed(device.self);
  expect(device.isCurrent).toBe(false);
  await device.remember(live);
  const again = await town.start(phone, store);
  expect((await again.open(group)).headRow).toBe(0);
  await writeSeeds(again, again.lives.values());
  expect(await readOnAnother(town, world, group)).toEqual(["one"]);
});

test("a seed of when the list of devices was a later one than is shown stays out of the keyring", LONG, async () => {
  const { town, phone, store, group, world } = await start();
  const device = await town.start(phone, store);
  const live = await device.open(group);
  const count = (): number => world.server.kept.rows.filter((row) => row.kind === EPOCH_ROW).length;
  const [before, newest] = [count(), device.self.chain.states.length];
  live.inKeyring.clear();
  const lost = device.self.chain.states.splice(live.known.epochs.newest!.roster.find((one) => one.user === 1)!.chain.n - 1);
  await writeSeeds(device, [live]);
  expect(count()).toBe(before);
  device.self.chain.states.push(...lost);
  expect(device.self.chain.states).toHaveLength(newest);
  await writeSeeds(device, [live]);
  expect(count()).toBe(before + 1);
});

test("no epoch is made on a reset that lists this device and is not its own, however it is learnt of", LONG, async () => {
  const { town, phone, device, world } = await start();
  await town.move(3, "carol");
  const ghost = await world.add();
  await world.reset(ghost);
  await world.listBeside(ghost, phone);
  for (const beginning of [{ kind: "direct", other: 3 }, { kind: "self" }] as const) expect(await verdictOf(begin(device, beginning))).toBe("fork");
  expect(town.places.size).toBe(1);
});
