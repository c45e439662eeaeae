// A server that ends a session, and shows less at the next sign-in than it did before: the person did not ask for the end, so what they were is not
// forgotten (docs/protocol-encryption.md, 5.2). Each attack stands beside the same act with an honest server.
import { expect, test } from "vitest";

import type { Bytes } from "../../lib/bytes.ts";
import { zeros } from "../protocol/codec.ts";
import { asNext, makePassword, NO_AVATAR, ready, verdictOf, World } from "./testing/world.ts";
import { MemoryStore } from "./testing/memory-store.ts";
import { connect } from "./connect.ts";
import { enter } from "./enter.ts";
import { forgetUnasked, meetPast } from "./past.ts";
import { sayProfile } from "./profile.ts";
import { makeRecoveryKey, recover } from "./recovery.ts";
import { resetWithout } from "./reset.ts";
import type { Account } from "./self.ts";

const [DATABASE, ANOTHER] = ["da".repeat(16), "ab".repeat(16)];

/** Alice's browser after an end that she did not ask for; `isEmpty` servers have nothing of her keys. */
async function ended(database: string | null = DATABASE): Promise<{ world: World; store: MemoryStore; sees: (world: World) => Account; empty: World; identity: Bytes }> {
  const [world, empty, store] = [new World(), new World(), new MemoryStore()];
  empty.password = world.password;
  empty.server.kept.authKeyHash = world.server.kept.authKeyHash;
  const account = await world.begin(store);
  const { self } = await ready(account);
  await forgetUnasked(store, database);
  return { world, empty, store, sees: (seen) => seen.signIn(store), identity: self.chain.head.identityKey };
}

const enters = (account: Account, world: World, isAgreed = false) => enter(account, world.password, "Alice", NO_AVATAR, isAgreed);

test("an honest server: whoever signs in again is who they were", async () => {
  const { world, sees, identity, store } = await ended();
  expect(await store.read()).toBeNull();
  const account = sees(world);
  expect(await enters(account, world)).toEqual({ isFirst: false });
  expect((await ready(account)).self.chain.head.identityKey).toEqual(identity);
});

test("one that says that there is no chain gets no other one", async () => {
  const { world, empty, sees } = await ended();
  const account = sees(empty);
  for (const isAgreed of [false, true]) expect(await verdictOf(enters(account, empty, isAgreed))).toBe("rollback");
  expect(await verdictOf(connect(account))).toBe("rollback");
  expect(empty.server.kept.statements).toEqual([]);
  expect(await enters(sees(world), world)).toEqual({ isFirst: false });
});

test("ends that follow on each other let nothing go", async () => {
  const { empty, sees, store } = await ended();
  for (let times = 0; times < 3; times += 1) {
    expect(await verdictOf(enters(sees(empty), empty))).toBe("rollback");
    await forgetUnasked(store, ANOTHER);
    await meetPast(store, DATABASE);
  }
  expect(await verdictOf(enters(sees(empty), empty))).toBe("rollback");
});

test("one that shows an older state", async () => {
  const world = new World();
  const account = await world.begin();
  const old = structuredClone(world.server.kept);
  await sayProfile(account, { displayName: "Alice Again", avatar: null });
  await ready(account);
  await forgetUnasked(account.store, DATABASE);
  const newer = world.server.kept;
  world.server.kept = old;
  expect(await verdictOf(enters(world.signIn(account.store), world))).toBe("rollback");
  world.server.kept = newer;
  expect(await enters(world.signIn(account.store), world)).toEqual({ isFirst: false });
});

test("one that shows another chain, or is another one", async () => {
  const { world, sees, empty } = await ended();
  await empty.begin();
  expect(await verdictOf(enters(sees(empty), empty))).toBe("fork");
  const account = sees(world);
  const elsewhere = { ...account, place: { ...account.place, server: zeros(16) } };
  expect(await verdictOf(enters(elsewhere, world))).toBe("fork");
});

test("by a reset link and by the recovery key there is no way around it", async () => {
  const { world, empty, sees } = await ended();
  const [old, next] = [world.password, makePassword()];
  empty.server.resetTokens.add("token");
  const visitor = sees(empty);
  expect(await verdictOf(resetWithout(visitor.server, "token", asNext(next), () => Promise.resolve(visitor)))).toBe("rollback");
  const first = await empty.begin();
  const drawn = await makeRecoveryKey(first, old);
  const again = sees(empty);
  expect(await verdictOf(recover(again.server, "alice", drawn, asNext(next), false, () => Promise.resolve(again)))).toBe("fork");
  world.server.resetTokens.add("token");
  const begin = ({ device }: { device: Bytes }): Promise<Account> => Promise.resolve(world.accountOf(device, visitor.store));
  expect(await verdictOf(resetWithout(sees(world).server, "token", asNext(next), begin))).toBe("accepted");
});

test("who signed out by themselves begins like anybody, and is told of first keys", async () => {
  const { empty, sees, store } = await ended();
  await store.forget(null);
  expect(await enters(sees(empty), empty)).toEqual({ isFirst: true });
});

test("after a restore that is told, what is there is taken; where nothing is, the person is asked", async () => {
  const world = new World();
  const account = await world.begin();
  const old = structuredClone(world.server.kept);
  await sayProfile(account, { displayName: "Alice Again", avatar: null });
  await ready(account);
  await forgetUnasked(account.store, DATABASE);
  await meetPast(account.store, DATABASE);
  world.server.kept = old;
  const again = world.signIn(account.store);
  expect(await verdictOf(enters(again, world))).toBe("rollback");
  await meetPast(again.store, ANOTHER);
  expect(await enters(again, world)).toEqual({ isFirst: false });
  await ready(again);

  const gone = await ended();
  await meetPast(gone.store, ANOTHER);
  const anew = gone.sees(gone.empty);
  expect(await verdictOf(enters(anew, gone.empty))).toBe("rollback");
  expect((await connect(anew)).state).toBe("lost");
  expect(await enters(anew, gone.empty, true)).toEqual({ isFirst: true });
  await ready(anew);
});

test("a device that never heard which database it was is not told of a restore by hearing it", async () => {
  const { empty, sees, store } = await ended(null);
  await meetPast(store, ANOTHER);
  expect(await verdictOf(enters(sees(empty), empty))).toBe("rollback");
});
