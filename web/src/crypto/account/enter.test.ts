import { expect, test } from "vitest";

import { NoAnswer } from "./server.ts";
import { enter } from "./enter.ts";
import { setUp } from "./set-up.ts";
import { deviceNames, NO_AVATAR, ready, verdictOf, World, makePassword } from "./testing/world.ts";

test("the first device sets up, the next is added, and a repeat changes nothing", async () => {
  const world = new World();
  const [phone, laptop] = [world.signIn(), world.signIn()];
  for (const account of [phone, laptop, laptop]) await enter(account, world.password, "Alice", NO_AVATAR);
  const { self } = await ready(laptop);
  expect(deviceNames(self)).toHaveLength(2);
  expect(self.chain.head.displayName).toBe("Alice");
});

test("of two that begin at once the slower is added", async () => {
  const world = new World();
  const [phone, laptop] = [world.signIn(), world.signIn()];
  const readChain = laptop.server.readChain.bind(laptop.server);
  let isFirst = true;
  laptop.server.readChain = async (after) => {
    const page = await readChain(after);
    if (isFirst) await setUp(phone, world.password, "Alice", NO_AVATAR);
    isFirst = false;
    return page;
  };
  await enter(laptop, world.password, "Alice", NO_AVATAR);
  expect(deviceNames((await ready(laptop)).self)).toHaveLength(2);
});

test("a wrong password and a server that does not answer are said", async () => {
  const world = new World();
  await world.begin();
  expect(await verdictOf(enter(world.signIn(), makePassword(), "Alice", NO_AVATAR))).toBe("wrong_password");
  const account = world.signIn();
  account.server.readChain = () => Promise.reject(new NoAnswer());
  await expect(enter(account, world.password, "Alice", NO_AVATAR)).rejects.toBeInstanceOf(NoAnswer);
});
