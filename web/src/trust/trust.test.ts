// What pages are told of people: the names go where names are read, and nobody is verified whom the server calls otherwise.
import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import { applyUser } from "../accounts/apply.ts";
import type { Acquaintance, PersonTrust } from "../crypto/conversations/people/trusting.ts";
import { randomId } from "../lib/bytes.ts";
import { Replica } from "../replica/database.ts";
import { makeCard } from "../replica/testing.ts";
import type { Session } from "../wire/contract.ts";
import { Trust } from "./trust.svelte.ts";

let asked: Acquaintance[] = [];
const verified = (user: number, username: string): PersonTrust => ({
  user, name: { user, username, displayName: null }, fingerprint: "ab", how: 3, since: 1, change: "none", isHeld: false, isVerified: true, isNotOfLink: false,
  hasConflict: false, verdict: null,
});
vi.mock("../keys/ask.ts", () => ({
  placeOf: async () => ({}),
  askKeys: async (_: string, { people }: { people: Acquaintance[] }) => {
    asked = people;
    return { own: "cd", people: [verified(2, "bob"), verified(3, "mallory")] };
  },
}));

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

async function begin() {
  const replica = new Replica(1, `trust-${randomId()}`);
  const trust = new Trust({ replica, session: {} as Session, isLeading: () => true, channel: undefined, lookAgain: () => undefined });
  ends.push(() => trust.stop(), () => replica.close());
  await applyUser(replica, makeCard(2, "bob"));
  await applyUser(replica, makeCard(3, "mallory"));
  await replica.friends.put({ user_id: 2, about: "", created_at: "", since: "" });
  return { replica, trust };
}

test("everybody whose card is here is looked at, members of groups among them", async () => {
  const { trust } = await begin();
  await trust.refresh();
  expect(asked.map(({ user, isFriend }) => [user, isFriend]).sort()).toEqual([[2, true], [3, false]]);
});

test("the mark is gone while the server calls somebody otherwise, before it was compared or after", async () => {
  const { replica, trust } = await begin();
  await trust.refresh();
  await expect.poll(() => [2, 3].map(trust.isVerified)).toEqual([true, true]);
  await applyUser(replica, makeCard(3, "bob"));
  await expect.poll(() => [2, 3].map(trust.isMisnamed)).toEqual([false, true]);
  expect([2, 3].map(trust.isVerified)).toEqual([true, false]);
  expect(await replica.users.get(3)).toMatchObject({ username: "mallory", called: "bob" });
  await trust.refresh();
  expect(trust.isVerified(3)).toBe(false);
  await applyUser(replica, makeCard(3, "mallory"));
  await expect.poll(() => trust.isVerified(3)).toBe(true);
});
