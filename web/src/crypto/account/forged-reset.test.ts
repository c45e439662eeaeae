// A reset of the server's making: it needs nothing but public keys to list a device again, beside one of its own.
import { expect, test } from "vitest";

import { wrapGeneration } from "../protocol/own-keys.ts";
import { connect } from "./connect.ts";
import { Draft, listDevice } from "./draft.ts";
import { resetHere } from "./reset.ts";
import { type Account, recall } from "./self.ts";
import { addDevice, fetchVault } from "./set-up.ts";
import { asNext, makePassword, ready, verdictOf, World } from "./testing/world.ts";

async function start(): Promise<{ world: World; first: Account; ghost: Account }> {
  const world = new World();
  const first = await world.begin();
  const ghost = await world.add();
  world.server.resetTokens.add("token");
  const next = makePassword();
  await resetHere(ghost, "token", asNext(next));
  world.password = next;
  return { world, first, ghost };
}

test("a device that lists another one after a reset is not believed by it", async () => {
  const { world, first, ghost } = await start();
  const self = await recall(ghost);
  const [ghostKeys, keys] = [(await ghost.store.readDevice(ghost.device))!, (await first.store.readDevice(first.device))!];
  const vault = await fetchVault(self, world.password);
  const draft = new Draft(ghost.place, self.chain.head, world.now);
  await draft.addDevices([listDevice(ghostKeys), listDevice(keys)], vault.identitySeed);
  const newest = self.own.newest!;
  const wrap = await wrapGeneration(keys.kemPublicKey, newest.hash, first.device, newest.key);
  const addition = { statement: draft.statements[0]!, publicKey: keys.kemPublicKey, g: newest.statement.g, wrap };
  await world.signIn(undefined, first.device).server.addDevice(world.password.authKey, addition);
  expect(await verdictOf(connect(first))).toBe("fork");
  expect(await verdictOf(connect(first))).toBe("fork");
  expect(await verdictOf(connect(ghost))).toBe("accepted");
});

test("control: who was reset elsewhere comes back by the password", async () => {
  const { world, first } = await start();
  const again = world.signIn(first.store);
  await addDevice(again, world.password);
  expect((await ready(again)).state).toBe("ready");
});
