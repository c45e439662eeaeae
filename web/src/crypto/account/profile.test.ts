import { expect, test } from "vitest";

import { sayProfile } from "./profile.ts";
import { setUp } from "./set-up.ts";
import { NO_AVATAR, ready, verdictOf, World } from "./testing/world.ts";
import { random } from "../protocol/primitives.ts";

test("name and picture are said apart, by any device, and nothing is said twice", async () => {
  const world = new World();
  const [phone, laptop] = [await world.begin(), await world.add()];
  const avatar = random(32);
  await sayProfile(phone, { displayName: "Alice Moreau", avatar: null });
  await sayProfile(laptop, { displayName: null, avatar });
  const { n } = (await ready(phone)).self.chain.head;
  await sayProfile(phone, { displayName: "Alice Moreau", avatar });
  const { head } = (await ready(laptop)).self.chain;
  expect(head).toMatchObject({ n, displayName: "Alice Moreau", avatar });
  await sayProfile(phone, { displayName: null, avatar: NO_AVATAR });
  expect((await ready(laptop)).self.chain.head).toMatchObject({ displayName: "Alice Moreau", avatar: NO_AVATAR });
});

test("of two at once the slower says it anew", async () => {
  const world = new World();
  const [phone, laptop] = [await world.begin(), await world.add()];
  const readChain = phone.server.readChain.bind(phone.server);
  let isFirst = true;
  phone.server.readChain = async (after) => {
    const page = await readChain(after);
    if (isFirst) await sayProfile(laptop, { displayName: "Laptop's", avatar: null });
    isFirst = false;
    return page;
  };
  await sayProfile(phone, { displayName: "Phone's", avatar: null });
  expect((await ready(laptop)).self.chain.head.displayName).toBe("Phone's");
});

test("a session without keys says nothing", async () => {
  const world = new World();
  await setUp(world.signIn(), world.password, "Alice", NO_AVATAR);
  expect(await verdictOf(sayProfile(world.signIn(), { displayName: "Eve", avatar: null }))).toBe("not_listed");
});
