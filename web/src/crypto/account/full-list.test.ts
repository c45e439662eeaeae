import { expect, test } from "vitest";

import { toHex } from "../../lib/bytes.ts";
import { recall } from "./self.ts";
import { addDevice } from "./set-up.ts";
import { deviceNames, ready, verdictOf, World } from "./testing/world.ts";

test("the fifty-first device takes the place of one that nobody is signed in with", async () => {
  const world = new World();
  const first = await world.begin();
  const others = [];
  for (let count = 1; count < 50; count += 1) {
    others.push(world.signIn());
    await addDevice(others.at(-1)!, world.password);
  }
  const late = world.signIn();
  expect(await verdictOf(addDevice(late, world.password)), "everybody is still signed in").toBe("malformed");
  for (const ended of [others[7]!, others[3]!]) world.server.kept.sessions.delete(toHex(ended.device));
  await addDevice(late, world.password);
  const listed = deviceNames(await recall(late));
  expect(listed).toHaveLength(50);
  expect(listed).not.toContain(toHex(others[3]!.device));
  expect(listed).toContain(toHex(others[7]!.device));
  const { renewed } = await ready(late);
  expect(renewed, "who went must not have the newest generation").toBe("generation");
  expect((await ready(first)).self.chain.head.devices).toHaveLength(50);
}, 60_000);
