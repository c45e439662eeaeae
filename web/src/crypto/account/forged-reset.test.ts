// A reset of the server's making: it needs nothing but public keys to list a device again, beside one of its own.
import { expect, test } from "vitest";

import { connect } from "./connect.ts";
import { type Account, recall } from "./self.ts";
import { addDevice, setUp } from "./set-up.ts";
import { NO_AVATAR, ready, verdictOf, World } from "./testing/world.ts";

/** `added` was never connected, nor was `first` but on demand. */
async function start(connectsFirst = true): Promise<{ world: World; first: Account; added: Account; ghost: Account }> {
  const world = new World();
  const [first, added] = [world.signIn(), world.signIn()];
  await setUp(first, world.password, "Alice", NO_AVATAR);
  if (connectsFirst) await ready(first);
  await addDevice(added, world.password);
  const ghost = await world.add();
  await world.reset(ghost);
  return { world, first, added, ghost };
}

test("a device that lists another one after a reset is not believed by it", async () => {
  const { world, first, ghost } = await start();
  await world.listBeside(ghost, first);
  expect(await verdictOf(connect(first))).toBe("fork");
  expect(await verdictOf(connect(first))).toBe("fork");
  expect(await verdictOf(connect(ghost))).toBe("accepted");
});

for (const who of ["first", "added"] as const) {
  test(`nor is it by one that was ${who} and has not connected since`, async () => {
    const scene = await start(false);
    await scene.world.listBeside(scene.ghost, scene[who]);
    expect(await verdictOf(connect(scene[who]))).toBe("fork");
  });
}

test("control: who was reset elsewhere comes back by the password", async () => {
  const { world, first } = await start();
  const again = world.signIn(first.store);
  await addDevice(again, world.password);
  expect((await ready(again)).state).toBe("ready");
});

test("a tab with an older memory does not forget what another one has begun", async () => {
  const { first } = await start();
  const [older, newer] = [await recall(first), await recall(first)];
  await newer.rememberBeginning(new Uint8Array(32).fill(7));
  await older.remember();
  expect((await first.store.read())!.began!.some((one) => one.endsWith("07".repeat(32)))).toBe(true);
});
