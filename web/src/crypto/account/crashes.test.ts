// Whatever step a device dies at: it starts again, connects, the person types the password where it is asked for, and all is as
// if nothing had happened.
import { expect, test } from "vitest";

import type { Bytes } from "../../lib/bytes.ts";
import type { PasswordKeys } from "../derive.ts";
import { changePassword } from "./change-password.ts";
import { connect } from "./connect.ts";
import { makeRecoveryKey, recover } from "./recovery.ts";
import { removeDevices, retire } from "./remove-devices.ts";
import { resetHere } from "./reset.ts";
import { type Account, recall } from "./self.ts";
import { addDevice, setUp } from "./set-up.ts";
import { type Crashes, dieEverywhere, losing } from "./testing/crashes.ts";
import { MemorySession } from "./testing/memory-session.ts";
import { MemoryStore } from "./testing/memory-store.ts";
import { asNext, DAY, deviceNames, makePassword, newestKey, NO_AVATAR, ready, World } from "./testing/world.ts";
import { toHex } from "../../lib/bytes.ts";

const dying = (account: Account, crashes: Crashes): Account => ({
  ...account, server: crashes.wrap(account.server), store: crashes.wrap(account.store),
});

/** What the app does when it starts. */
async function start(account: Account, password: PasswordKeys): Promise<void> {
  const { state } = await connect(account);
  if (state === "none") await setUp(account, password, "Alice", NO_AVATAR);
  if (state === "unlisted") await addDevice(account, password);
  expect(state).not.toBe("removed");
  await expectOrder(account);
}

/** Connecting once more finds nothing to do, and everybody who has the password gets in. */
async function expectOrder(account: Account): Promise<void> {
  await ready(account);
  const { self, renewed } = await ready(account);
  expect(renewed).toBeNull();
  expect(self.receiveSeeds.has(self.chain.receiveVersion)).toBe(true);
  expect(self.own.findStale(account.now())).toBeNull();
}

async function expectOpen(world: World, passwords: readonly PasswordKeys[], like: Account): Promise<void> {
  for (const password of passwords) {
    const account = world.signIn();
    try {
      await addDevice(account, password);
    } catch {
      continue;
    }
    await ready(account);
    await ready(like);
    expect(await newestKey(account)).toBe(await newestKey(like));
    return;
  }
  throw new Error("no password opens the vault");
}

const MINUTE = { timeout: 240_000 };

test("set up", MINUTE, async () => {
  const died = await dieEverywhere(
    async () => {
      const world = new World();
      return { world, account: world.signIn() };
    },
    ({ world, account }, crashes) => start(dying(account, crashes), world.password),
    async ({ world, account }) => {
      await start(account, world.password);
      expect(world.server.head!.n).toBe(4);
      await expectOpen(world, [world.password], account);
    },
  );
  expect(died).toBeGreaterThan(10);
});

test("a new device", MINUTE, async () => {
  const died = await dieEverywhere(
    async () => {
      const world = new World();
      return { world, first: await world.begin(), account: world.signIn() };
    },
    ({ world, account }, crashes) => start(dying(account, crashes), world.password),
    async ({ world, first, account }) => {
      await start(account, world.password);
      expect(await newestKey(account)).toBe(await newestKey(first));
      expect(deviceNames(await recall(account))).toEqual([first, account].map((one) => toHex(one.device)).sort());
    },
  );
  expect(died).toBeGreaterThan(10);
});

test("signing out", MINUTE, async () => {
  await dieEverywhere(
    async () => {
      const world = new World();
      return { world, first: await world.begin(), account: await world.add() };
    },
    ({ account }, crashes) => retire(dying(account, crashes)),
    async ({ world, first, account }) => {
      const isGone = !world.server.kept.sessions.has(toHex(account.device));
      if (!isGone) await retire(account);
      await expectOrder(first);
      expect(deviceNames(await recall(first))).toEqual([toHex(first.device)]);
    },
  );
});

test("removing a device", MINUTE, async () => {
  await dieEverywhere(
    async () => {
      const world = new World();
      return { world, first: await world.begin(), second: await world.add() };
    },
    ({ world, first, second }, crashes) => removeDevices(dying(first, crashes), world.password, [second.device]),
    async ({ world, first, second }) => {
      const before = await newestKey(second);
      await removeDevices(first, world.password, [second.device]);
      await expectOrder(first);
      expect(deviceNames(await recall(first))).toEqual([toHex(first.device)]);
      expect(await newestKey(first)).not.toBe(before);
    },
  );
});

test.each([["another password", false], ["after a theft", true]])("%s", MINUTE, async (_name, isTheft) => {
  await dieEverywhere(
    async () => {
      const world = new World();
      return { world, first: await world.begin(), next: makePassword() };
    },
    ({ world, first, next }, crashes) => changePassword(dying(first, crashes), world.password, asNext(next), { kept: [], isTheft }),
    async ({ world, first, next }) => {
      await expectOrder(first);
      await expectOpen(world, [world.password, next], first);
    },
  );
});

test("a recovery key, made and used", MINUTE, async () => {
  await dieEverywhere(
    async () => {
      const world = new World();
      return { world, first: await world.begin() };
    },
    async ({ world, first }, crashes) => void (await makeRecoveryKey(dying(first, crashes), world.password)),
    async ({ world, first }) => {
      await expectOrder(first);
      await expectOpen(world, [world.password], first);
    },
  );
  await dieEverywhere(
    async () => {
      const world = new World();
      const first = await world.begin();
      const used: { account?: Account } = {};
      return { world, shown: await makeRecoveryKey(first, world.password), next: makePassword(), used, store: new MemoryStore() };
    },
    async ({ world, shown, next, used, store }, crashes) => {
      const session = crashes.wrap(new MemorySession(world.server, new Uint8Array(16)));
      const begin = ({ device }: { device: Bytes }): Promise<Account> => {
        used.account = world.accountOf(device, store);
        return Promise.resolve(dying(used.account, crashes));
      };
      await recover(session, "alice", shown, asNext(next), false, begin);
    },
    async ({ world, shown, next, used }) => {
      const isDone = used.account !== undefined && world.server.kept.sessions.has(toHex(used.account.device));
      const again = (): Promise<Account> => {
        const session = new MemorySession(world.server, new Uint8Array(16));
        return recover(session, "alice", shown, asNext(next), false, (begun) => Promise.resolve(world.accountOf(begun.device, new MemoryStore())));
      };
      const account = isDone ? used.account! : await again();
      await expectOrder(account);
      await expectOpen(world, [next], account);
    },
  );
});

test("a reset on a device that is signed in", MINUTE, async () => {
  await dieEverywhere(
    async () => {
      const world = new World();
      world.server.resetTokens.add("token");
      return { world, first: await world.begin(), next: makePassword() };
    },
    ({ first, next }, crashes) => resetHere(dying(first, crashes), "token", asNext(next)),
    async ({ world, first, next }) => {
      await expectOrder(first);
      await expectOpen(world, [world.password, next], first);
    },
  );
});

test("an answer that is lost is asked for with the same bytes, and nothing happens twice", async () => {
  const world = new World();
  const { account, lost } = losing(world.signIn());
  await setUp(account, world.password, "Alice", NO_AVATAR);
  const [second, third] = [losing(world.signIn()), await world.add()];
  await addDevice(second.account, world.password);
  await removeDevices(account, world.password, [third.device]);
  await makeRecoveryKey(account, world.password);
  const next = makePassword();
  await changePassword(account, world.password, asNext(next), { kept: [second.account.device], isTheft: false });
  world.now += 31 * DAY;
  await expectOrder(account);
  await retire(second.account);
  expect([...lost].sort()).toEqual(["changePassword", "changeWays", "removeDevices", "renew", "setUp"]);
  expect([...second.lost].sort()).toEqual(["addDevice", "retire"]);
  expect(world.server.kept.generations.map((one) => one.g)).toEqual([1, 2, 3, 4, 5]);
  await expectOrder(account);
  await expectOpen(world, [next], account);
});

test("renewing after a month", MINUTE, async () => {
  await dieEverywhere(
    async () => {
      const world = new World();
      const [first, second] = [await world.begin(), await world.add()];
      world.now += 31 * DAY;
      return { world, first, second };
    },
    async ({ first }, crashes) => void (await connect(dying(first, crashes))),
    async ({ world, first, second }) => {
      await expectOrder(second);
      await expectOrder(first);
      expect(await newestKey(first)).toBe(await newestKey(second));
      await expectOpen(world, [world.password], first);
    },
  );
});
