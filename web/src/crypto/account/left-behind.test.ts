// What of the keyring counts where somebody who was removed has a generation's key (docs/protocol-encryption.md, 6.3).
import { expect, test } from "vitest";

import { type Bytes, toHex } from "../../lib/bytes.ts";
import { random } from "../protocol/primitives.ts";
import type { PinRow, Row } from "../protocol/keyring.ts";
import { beforeOf, sendKeys } from "./renew.ts";
import { catchUpListed } from "./connect.ts";
import { Draft } from "./draft.ts";
import { makeNextKeys, sealRows } from "./make-keys.ts";
import { removeDevices, retire } from "./remove-devices.ts";
import { type Account, recall } from "./self.ts";
import { fetchVault } from "./set-up.ts";
import { DAY, ready, verdictOf, World } from "./testing/world.ts";

const makePin = (user: number, n = 2): PinRow =>
  ({ kind: "pin", user, username: "bob", identityKey: random(32), incarnation: 1, n, hash: random(32), how: 3, by: 0, time: 1, takesBack: [] });
const makeHead = (n: number): Row => ({ kind: "head", conversation: random(16), n, recordHash: random(32), seq: 1, logHash: random(32) });

/** As somebody who has the key of a generation, whether or not they have a session. */
async function write(world: World, by: Account, ...rows: Row[]): Promise<void> {
  const { statement: { g }, key } = (await recall(by)).own.newest!;
  world.server.takeRows(world.server.kept, await sealRows(by.place, { g, key }, rows));
}

async function said(account: Account): Promise<string[]> {
  const rows = await (await ready(account)).self.readRows();
  return rows.flatMap((row) => (row.kind === "pin" ? [`pin ${row.user} ${row.n}`] : row.kind === "head" ? [`head ${row.n}`] : [])).sort();
}

/** The device is taken off the list; a restored server has lost the generation that came with that. */
async function removeBare(world: World, by: Account, ...left: Bytes[]): Promise<void> {
  const self = await recall(by);
  const draft = new Draft(by.place, self.chain.head, world.now);
  const { identitySeed } = await fetchVault(self, world.password);
  await draft.addDevices(self.chain.head.devices.filter((one) => left.some((id) => toHex(id) === toHex(one.device))), identitySeed);
  await world.server.write(by.device, { statements: draft.statements });
}

/** A laptop and a thief; the newest generation is by `signer`, with pin 2 and head 1 in its set, and pin 3 beside it. */
async function begin(signer: "laptop" | "thief" = "laptop") {
  const world = new World();
  const laptop = await world.begin();
  const thief = await world.add();
  await write(world, laptop, makePin(2), makeHead(1));
  world.now += 31 * DAY;
  for (const one of signer === "laptop" ? [laptop, thief] : [thief, laptop]) await ready(one);
  await write(world, thief, makePin(3));
  return { world, laptop, thief };
}

test("while nobody was removed, or who went went by themselves, all counts", async () => {
  const { world, laptop, thief } = await begin();
  await ready(laptop);
  await write(world, thief, makePin(2, 9));
  await ready(laptop);
  await retire(thief);
  expect(await said(laptop)).toEqual(["head 1", "pin 2 9", "pin 3 2"]);
});

test("what a removed device may have written under its old key does not count, nor goes on, for who did not know it before", async () => {
  const { world, laptop, thief } = await begin();
  await removeBare(world, laptop, laptop.device);
  await write(world, thief, makePin(2, 9), makeHead(9));
  const fresh = await world.add();
  expect(await said(fresh)).toEqual(["head 1", "pin 2 2"]);
  expect(await said(laptop)).toEqual(["head 1", "pin 2 2"]);
});

test("what a device had counted before counts on, and what comes then does not, after a new start either", async () => {
  const { world, laptop, thief } = await begin();
  await ready(laptop);
  await removeBare(world, laptop, laptop.device);
  await write(world, thief, makePin(2, 9));
  const self = await recall(laptop);
  await catchUpListed(self);
  expect((await self.readCarried()).map((row) => row.kind)).toEqual(expect.arrayContaining(["pin", "pin", "head"]));
  expect(await said(laptop)).toEqual(["head 1", "pin 2 2", "pin 3 2"]);
});

test("what counted before a restore counts on when all rows are read anew, however many restores there are", async () => {
  const { world, laptop, thief } = await begin();
  const { self } = await ready(laptop);
  for (let restores = 0; restores < 2; restores += 1) {
    await self.noteCounted([]);
    Object.assign(self, { rows: [], rowPosition: 0 });
  }
  await self.remember();
  await removeBare(world, laptop, laptop.device);
  await write(world, thief, makePin(2, 9), makeHead(9));
  expect(await said(laptop)).toEqual(["head 1", "pin 2 2", "pin 3 2"]);
});

test("a set that the removed device signed itself does not count", async () => {
  const { world, laptop } = await begin("thief");
  await removeBare(world, laptop, laptop.device);
  expect(await said(await world.add())).toEqual([]);
});

test("after a crash what is carried over is what counted when the generation was made", async () => {
  const { world, laptop, thief } = await begin();
  await removeDevices(laptop, world.password, [thief.device]);
  const { self } = await ready(laptop);
  expect(await said(laptop)).toEqual(["head 1", "pin 2 2", "pin 3 2"]);
  // As if the request had had no room for any row, and the device had died when it was taken.
  const keys = (await laptop.store.readDevice(laptop.device))!;
  const plan = { keys, state: self.chain.head, before: beforeOf(self), publicKeys: await laptop.server.listPublicKeys(), receiveVersion: self.chain.receiveVersion, time: world.now };
  const made = await makeNextKeys(laptop.place, { ...plan, carried: [] });
  const later = await sealRows(laptop.place, made.generation, await self.readCarried());
  const old = self.own.newest!;
  await sendKeys(self, { ...made, later }, () => laptop.server.renew({ generation: made.generation.request, receive: made.receive.request, rows: made.rows }));
  const [forged] = await sealRows(laptop.place, { g: old.statement.g, key: old.key }, [makePin(2, 9)]);
  const { kept } = world.server;
  kept.rows.push({ ...forged!, isOfSet: false, position: (kept.position += 1) });
  expect(await verdictOf(ready(laptop))).toBe("accepted");
  expect(await said(laptop)).toEqual(["head 1", "pin 2 2", "pin 3 2"]);
});
