// What people are called is their own chains' word (docs/protocol-encryption.md, 5.2).
import { expect, test } from "vitest";

import { sayProfile } from "../../account/profile.ts";
import { Town } from "../testing/town.ts";
import { look, type PersonTrust, refresh } from "./trusting.ts";

test("people are called as their own chains say, members of groups and strangers to the user alike", { timeout: 60_000 }, async () => {
  const town = new Town();
  const own = await town.move(1, "alice");
  const carol = await town.move(3, "carol");
  const alice = await town.start(own);
  const ofCarol = async (): Promise<PersonTrust> => (await refresh(alice, [{ user: 3, isFriend: false, fingerprint: null }])).find((one) => one.user === 3)!;
  expect(await ofCarol()).toMatchObject({ name: { user: 3, username: "carol", displayName: "Alice" }, how: null });
  await sayProfile(carol, { displayName: "Caro", avatar: null });
  expect((await ofCarol()).name).toEqual({ user: 3, username: "carol", displayName: "Caro" });
  expect((await look(alice, { user: 3, fingerprint: null })).name).toMatchObject({ displayName: "Caro" });
  expect((await look(alice, { user: 9, fingerprint: null })).name).toBeNull();
});
