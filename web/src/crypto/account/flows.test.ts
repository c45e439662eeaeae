import { expect, test } from "vitest";

import { toHex } from "../../lib/bytes.ts";
import { equal } from "../protocol/codec.ts";
import { makeRecoveryKey, recover, dropRecoveryKey } from "./recovery.ts";
import { changePassword } from "./change-password.ts";
import { connect } from "./connect.ts";
import { noteNews } from "./news.ts";
import { removeDevices, retire } from "./remove-devices.ts";
import { resetHere, resetWithout } from "./reset.ts";
import { recall } from "./self.ts";
import { addDevice, setUp } from "./set-up.ts";
import { headOf } from "../protocol/known-chain.ts";
import { makeNextReceive, MOST_ROWS, sealRows } from "./make-keys.ts";
import { MemorySession } from "./testing/memory-session.ts";
import { MemoryStore } from "./testing/memory-store.ts";
import { asNext, DAY, deviceNames, makePassword, newestKey, NO_AVATAR, ready, verdictOf, World } from "./testing/world.ts";
import type { Account } from "./self.ts";
import type { Pin } from "../protocol/pins.ts";

const pin: Pin = {
  kind: "pin", user: 2, username: "bob", identityKey: new Uint8Array(32).fill(9), incarnation: 1, n: 4, hash: new Uint8Array(32).fill(8), how: 3, by: 0, time: 1, takesBack: [],
};

async function writePin(account: Account): Promise<void> {
  const self = await recall(account);
  const { statement, key } = self.own.newest!;
  await account.server.appendRows(await sealRows(account.place, { g: statement.g, key }, [pin]));
}

async function hasPin(account: Account): Promise<boolean> {
  const { self } = await ready(account);
  return (await self.readRows()).some((row) => row.kind === "pin" && row.username === "bob" && equal(row.identityKey, pin.identityKey));
}

test("an account without a chain is set up, and the device is ready", async () => {
  const world = new World();
  const account = world.signIn();
  expect(await connect(account)).toEqual({ state: "none" });
  await setUp(account, world.password, "Alice", NO_AVATAR);
  const { self, renewed } = await ready(account);
  expect(renewed).toBeNull();
  expect(self.chain.head).toMatchObject({ n: 4, username: "alice", displayName: "Alice" });
  expect(self.own.findStale(world.now)).toBeNull();
  expect(self.receiveSeeds.size).toBe(1);
});

test("a new device has all of it from the password alone", async () => {
  const world = new World();
  const first = await world.begin();
  await writePin(first);
  const second = world.signIn();
  expect(await connect(second)).toEqual({ state: "unlisted" });
  await addDevice(second, world.password);
  const { self, renewed } = await ready(second);
  expect(renewed).toBeNull();
  expect(await newestKey(second)).toBe(await newestKey(first));
  expect(self.receiveSeeds.size).toBe(1);
  expect(await hasPin(second)).toBe(true);
  const { news } = await ready(first);
  expect(news.newDevices).toEqual([toHex(second.device)]);
  expect((await ready(first)).news.newDevices).toEqual([toHex(second.device)]);
  await noteNews(first, news.n);
  expect((await ready(first)).news.newDevices).toEqual([]);
});

test("adding a device that is there already says nothing twice", async () => {
  const world = new World();
  await world.begin();
  const second = await world.add();
  await addDevice(second, world.password);
  expect(world.server.head!.n).toBe(5);
});

test("a new device reaches a generation that was made long after its vault", async () => {
  const world = new World();
  const first = await world.begin();
  await changePassword(first, world.password, asNext(world.password), { kept: [], isTheft: false });
  for (let month = 0; month < 4; month += 1) {
    world.now += 31 * DAY;
    expect((await ready(first)).renewed).toBe("generation");
  }
  const second = await world.add();
  const self = await recall(second);
  expect(self.own.newest!.statement.g).toBe(6);
  expect(self.own.generations[0]!.statement.g).toBe(1);
  expect(await newestKey(second)).toBe(await newestKey(first));
});

test("who signs out is gone, and the next device makes new keys", async () => {
  const world = new World();
  const [first, second] = [await world.begin(), await world.add()];
  const before = await newestKey(first);
  await retire(second);
  expect(await second.store.read()).toBeNull();
  const { renewed, news, self } = await ready(first);
  expect(renewed).toBe("generation");
  expect(news).toMatchObject({ newDevices: [toHex(second.device)], removedDevices: [toHex(second.device)], isIdentityChanged: false });
  expect(await newestKey(first)).not.toBe(before);
  expect(deviceNames(self)).toEqual([toHex(first.device)]);
});

test("the only device signs out, and the same person comes back", async () => {
  const world = new World();
  const first = await world.begin();
  await writePin(first);
  await retire(first);
  const second = await world.add();
  expect((await recall(second)).own.findStale(world.now)).toBeNull();
  expect(await hasPin(second)).toBe(true);
});

test("a removed device learns nothing that comes later", async () => {
  const world = new World();
  const [first, second] = [await world.begin(), await world.add()];
  await removeDevices(first, world.password, [second.device]);
  const { self, renewed, news } = await ready(first);
  expect(renewed).toBeNull();
  expect(news.removedDevices).toEqual([]);
  expect(deviceNames(self)).toEqual([toHex(first.device)]);
  expect(await newestKey(second)).not.toBe(await newestKey(first));
  expect(await verdictOf(connect(second))).toBe("unauthenticated");
});

test("another password: rows stay, other devices go, the old one opens nothing", async () => {
  const world = new World();
  const [first, second] = [await world.begin(), await world.add()];
  await writePin(first);
  const next = makePassword();
  await changePassword(first, world.password, asNext(next), { kept: [], isTheft: false });
  expect(await hasPin(first)).toBe(true);
  expect(await verdictOf(connect(second))).toBe("unauthenticated");
  expect(await verdictOf(addDevice(world.signIn(), world.password))).toBe("wrong_password");
  world.password = next;
  expect(await hasPin(await world.add())).toBe(true);
});

test("a device that is kept goes on after the password has changed, and makes generations that the new vault opens", async () => {
  const world = new World();
  const [first, second] = [await world.begin(), await world.add()];
  const next = makePassword();
  await changePassword(first, world.password, asNext(next), { kept: [second.device], isTheft: false });
  world.now += 31 * DAY;
  expect((await ready(second)).renewed).toBe("generation");
  world.password = next;
  const third = await world.add();
  expect(await newestKey(third)).toBe(await newestKey(second));
});

test("after a theft: another identity, linked; chosen devices; the old recovery key opens nothing", async () => {
  const world = new World();
  const [first, second] = [await world.begin(), await world.add()];
  const shown = await makeRecoveryKey(first, world.password);
  const before = (await recall(first)).chain.head;
  const next = makePassword();
  await changePassword(first, world.password, asNext(next), { kept: [second.device], isTheft: true });
  const { news } = await ready(second);
  expect(news.isIdentityChanged).toBe(true);
  const { chain } = await recall(first);
  expect(chain.isLinked(before.identityKey, chain.head.identityKey)).toBe(true);
  expect(toHex(chain.head.identityKey)).not.toBe(toHex(before.identityKey));
  expect(await verdictOf(recoverOn(world, shown, makePassword()))).toBe("wrong_proof");
});

function recoverOn(world: World, shown: string, next: ReturnType<typeof makePassword>, isTheft = false): Promise<Account> {
  const session = new MemorySession(world.server, new Uint8Array(16));
  return recover(session, "alice", shown, asNext(next), isTheft, (start) => Promise.resolve(world.accountOf(start.device, new MemoryStore())));
}

test("the recovery key gives another password, and nothing is lost", async () => {
  const world = new World();
  const first = await world.begin();
  await writePin(first);
  const shown = await makeRecoveryKey(first, world.password);
  expect(await hasPin(first)).toBe(true);
  const next = makePassword();
  const back = await recoverOn(world, shown.toLowerCase(), next);
  expect(await hasPin(back)).toBe(true);
  world.password = next;
  expect(await hasPin(await world.add())).toBe(true);
  expect(deviceNames(await recall(back))).toEqual([toHex(back.device)]);
  const third = makePassword();
  expect(await hasPin(await recoverOn(world, shown, third))).toBe(true);
});

test("a recovery key that was replaced or dropped opens nothing, nor does a mistyped one", async () => {
  const world = new World();
  const first = await world.begin();
  const old = await makeRecoveryKey(first, world.password);
  const shown = await makeRecoveryKey(first, world.password);
  expect(await verdictOf(recoverOn(world, old, makePassword()))).toBe("wrong_proof");
  expect(await verdictOf(recoverOn(world, `${shown.slice(0, -1)}?`, makePassword()))).toBe("mistyped");
  await dropRecoveryKey(first, world.password);
  expect(await verdictOf(recoverOn(world, shown, makePassword()))).toBe("wrong_proof");
});

test("recovered after a theft: another identity, and the recovery key is gone", async () => {
  const world = new World();
  const first = await world.begin();
  const shown = await makeRecoveryKey(first, world.password);
  const back = await recoverOn(world, shown, makePassword(), true);
  const { chain } = (await ready(back)).self;
  expect(chain.head.incarnation).toBe(1);
  expect(chain.head.identities.size).toBe(2);
  expect(await verdictOf(recoverOn(world, shown, makePassword()))).toBe("wrong_proof");
});

test("a reset on a device that is signed in keeps its keyring; others see another incarnation", async () => {
  const world = new World();
  const [first, second] = [await world.begin(), await world.add()];
  await writePin(first);
  world.server.resetTokens.add("token");
  const next = makePassword();
  await resetHere(first, "token", asNext(next));
  expect(await hasPin(first)).toBe(true);
  const { chain, own } = await recall(first);
  expect(chain.head.incarnation).toBe(2);
  expect(own.newest!.statement.g).toBe(1);
  expect(await verdictOf(connect(second))).toBe("unauthenticated");
  world.password = next;
  expect(await hasPin(await world.add())).toBe(true);
});

test("a reset without a device begins anew, on a browser that knew the old chain and on one that did not", async () => {
  const world = new World();
  const first = await world.begin();
  await writePin(first);
  for (const store of [first.store, new MemoryStore()]) {
    world.server.resetTokens.add("token");
    const session = new MemorySession(world.server, new Uint8Array(16));
    const next = makePassword();
    const back = await resetWithout(session, "token", asNext(next), (start) => Promise.resolve(world.accountOf(start.device, store)));
    expect((await store.read())!.began!.at(-1)).toContain(toHex(back.device));
    expect((await ready(back)).renewed).toBeNull();
    expect(await hasPin(back)).toBe(false);
    world.password = next;
    await world.add();
  }
  expect(world.server.head!.incarnation).toBe(3);
});

test("generations are made after a month, and a device that slept takes them all", async () => {
  const world = new World();
  const [first, second] = [await world.begin(), await world.add()];
  expect((await ready(first)).renewed).toBeNull();
  for (let month = 0; month < 5; month += 1) {
    world.now += 31 * DAY;
    expect((await ready(first)).renewed).toBe("generation");
  }
  const { self, renewed } = await ready(second);
  expect(renewed).toBeNull();
  expect(self.own.newest!.statement.g).toBe(6);
  expect(self.receiveSeeds.size).toBe(6);
});

test("more rows than one request takes go on whole, and a crash on the way loses none", async () => {
  const world = new World();
  const first = await world.begin();
  const self = await recall(first);
  const { statement, key } = self.own.newest!;
  const many = Array.from({ length: MOST_ROWS + 50 }, (_, at): Pin => ({ ...pin, user: at + 2 }));
  const sealed = await sealRows(first.place, { g: statement.g, key }, many);
  for (let at = 0; at < sealed.length; at += 300) await first.server.appendRows(sealed.slice(at, at + 300));
  const count = async (account: Account): Promise<number> => (await (await ready(account)).self.readRows()).filter((row) => row.kind === "pin").length;
  expect(await count(first)).toBe(many.length);
  world.now += 31 * DAY;
  const dying: Account = { ...first, server: Object.assign(new MemorySession(world.server, first.device), { appendRows: () => Promise.reject(new Error("dead")) }) };
  await expect(connect(dying)).rejects.toThrow("dead");
  expect(await count(first)).toBe(many.length);
  expect(await count(await world.add())).toBe(many.length);
});

test("a receive key whose seed is not in the keyring is replaced at once", async () => {
  const world = new World();
  const first = await world.begin();
  const [self, keys] = [await recall(first), (await first.store.readDevice(first.device))!];
  const lost = await makeNextReceive(first.place, keys, headOf(self.chain.head), 2, world.now);
  await first.server.renew({ generation: null, receive: lost.request, rows: [] });
  const second = world.signIn();
  await addDevice(second, world.password);
  const found = await ready(second);
  expect(found.renewed).toBe("receive");
  expect(found.self.chain.receiveVersion).toBe(3);
  expect((await ready(first)).renewed).toBeNull();
});
