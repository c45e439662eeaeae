// A reset of the server's making: it needs nothing but public keys to list a device again, beside one of its own.
import { expect, test } from "vitest";

import { wrapGeneration } from "../protocol/own-keys.ts";
import { connect } from "./connect.ts";
import { Draft, listDevice } from "./draft.ts";
import { resetHere } from "./reset.ts";
import { type Account, recall } from "./self.ts";
import { addDevice, fetchVault, setUp } from "./set-up.ts";
import { asNext, makePassword, NO_AVATAR, ready, verdictOf, World } from "./testing/world.ts";

/** `added` was never connected, nor was `first` but on demand. */
async function start(connectsFirst = true): Promise<{ world: World; first: Account; added: Account; ghost: Account }> {
  const world = new World();
  const [first, added] = [world.signIn(), world.signIn()];
  await setUp(first, world.password, "Alice", NO_AVATAR);
  if (connectsFirst) await ready(first);
  await addDevice(added, world.password);
  const ghost = await world.add();
  world.server.resetTokens.add("token");
  const next = makePassword();
  await resetHere(ghost, "token", asNext(next));
  world.password = next;
  return { world, first, added, ghost };
}

async function listBeside(world: World, ghost: Account, other: Account): Promise<void> {
  const self = await recall(ghost);
  const [ghostKeys, keys] = [(await ghost.store.readDevice(ghost.device))!, (await other.store.readDevice(other.device))!];
  const vault = await fetchVault(self, world.password);
  const draft = new Draft(ghost.place, self.chain.head, world.now);
  await draft.addDevices([listDevice(ghostKeys), listDevice(keys)], vault.identitySeed);
  const newest = self.own.newest!;
  const wrap = await wrapGeneration(keys.kemPublicKey, newest.hash, other.device, newest.key);
  const addition = { statement: draft.statements[0]!, publicKey: keys.kemPublicKey, g: newest.statement.g, wrap };
  await world.signIn(undefined, other.device).server.addDevice(world.password.authKey, addition);
}

test("a device that lists another one after a reset is not believed by it", async () => {
  const { world, first, ghost } = await start();
  await listBeside(world, ghost, first);
  expect(await verdictOf(connect(first))).toBe("fork");
  expect(await verdictOf(connect(first))).toBe("fork");
  expect(await verdictOf(connect(ghost))).toBe("accepted");
});

for (const who of ["first", "added"] as const) {
  test(`nor is it by one that was ${who} and has not connected since`, async () => {
    const scene = await start(false);
    await listBeside(scene.world, scene.ghost, scene[who]);
    expect(await verdictOf(connect(scene[who]))).toBe("fork");
  });
}

test("control: who was reset elsewhere comes back by the password", async () => {
  const { world, first } = await start();
  const again = world.signIn(first.store);
  await addDevice(again, world.password);
  expect((await ready(again)).state).toBe("ready");
});
