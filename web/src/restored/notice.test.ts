// Whose older password works again is told, by versions of vaults that are known here from before (docs/protocol-encryption.md, 10.10).
import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import { Keys } from "../keys/keys.svelte.ts";
import { askAbout, askKeys } from "../keys/ask.ts";
import { Replica } from "../replica/database.ts";
import { TestServer } from "../replica/testing.ts";
import { Sync } from "../sync/sync.ts";
import type { Session } from "../wire/contract.ts";
import { hearOldRestore, mayHaveLost, noteVault } from "./notice.ts";
import { setAside } from "./set-aside.ts";

vi.mock("../keys/ask.ts", () => ({ askKeys: vi.fn(), askAbout: vi.fn(), placeOf: vi.fn() }));

const TIMES = { at: "2026-05-02T10:00:00Z", backup_at: "2026-05-01T12:00:00Z" };
const BEFORE = Date.parse(TIMES.at) - 1;

let count = 0;
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

function open(): Replica {
  const replica = new Replica(1, `notice-${++count}`);
  ends.push(() => replica.close());
  return replica;
}

const reach = (replica: Replica, generation: string): Promise<void> =>
  replica.putMeta("cursor", { server_id: "server", device_id: "device", generation, log_seq: 1, user_id: 1 });

/** The server's database is another one, and the copy is begun anew. */
async function restore(replica: Replica, generation: string): Promise<void> {
  await setAside(replica, generation, new Map(), TIMES);
  await reach(replica, generation);
}

async function openWith(version: number): Promise<Replica> {
  const replica = open();
  await reach(replica, "first");
  await noteVault(replica, "first", { version, time: BEFORE });
  return replica;
}

test("who knew a newer vault is told for certain that an older password works again, also who has read that it may be so", async () => {
  const replica = await openWith(2);
  await restore(replica, "second");
  expect(await replica.findMeta("restored")).toEqual({ database: "second", isTold: false, times: TIMES });
  await replica.putMeta("restored", { database: "second", isTold: true, times: TIMES });
  await noteVault(replica, "second", { version: 1, time: BEFORE });
  const lost = { database: "second", isTold: false, times: TIMES, isVaultLost: true } as const;
  expect(await replica.findMeta("restored")).toEqual(lost);
  await replica.putMeta("restored", { ...lost, isTold: true });
  await noteVault(replica, "second", { version: 1, time: BEFORE });
  expect(await replica.findMeta("restored")).toEqual({ ...lost, isTold: true });
});

test("it is not said for certain where no newer vault was known, and at the next restore anew", async () => {
  const replica = await openWith(2);
  for (const [database, version, isCertain] of [["second", 2, false], ["third", 3, false], ["fourth", 2, true], ["fifth", 2, false]] as const) {
    await restore(replica, database);
    await noteVault(replica, database, { version, time: BEFORE });
    const { isTold, isVaultLost = false } = (await replica.findMeta("restored"))!;
    expect([isTold, isVaultLost]).toEqual([false, isCertain]);
  }
});

test("what is known of the vault outlives the keys and the copy, as a session does not that the backup lacks", async () => {
  const replica = await openWith(2);
  await replica.keepSealed();
  await noteVault(replica, "first", { version: 1, time: BEFORE });
  await restore(replica, "second");
  await noteVault(replica, "second", { version: 1, time: BEFORE });
  expect(await replica.findMeta("restored")).toMatchObject({ isVaultLost: true });
  // Nor is what the person has not read yet lost with the next session.
  await replica.keepSealed();
  await replica.clearCopy();
  expect(await replica.findMeta("restored")).toMatchObject({ isVaultLost: true, isTold: false });
});

test("a look that began before the restore says nothing of the database since", async () => {
  const replica = await openWith(2);
  await restore(replica, "second");
  await noteVault(replica, "first", { version: 2, time: BEFORE });
  await noteVault(replica, null, { version: 2, time: BEFORE });
  await noteVault(replica, "second", { version: 1, time: BEFORE });
  expect(await replica.findMeta("restored")).toMatchObject({ isVaultLost: true });
});

test("a browser that comes after the restore tells it as long as the vault is older", async () => {
  for (const isOlder of [true, false]) {
    const replica = open();
    await hearOldRestore(replica, "first", TIMES);
    await reach(replica, "first");
    expect(await replica.findMeta("restored")).toMatchObject({ isTold: true });
    await noteVault(replica, "first", { version: 1, time: isOlder ? BEFORE : BEFORE + 1 });
    expect(await replica.findMeta("restored")).toEqual({ database: "first", isTold: !isOlder, times: TIMES, isOld: true });
    expect(await mayHaveLost(replica)).toBe(false);
    await restore(replica, "second");
    expect(await mayHaveLost(replica)).toBe(true);
    // Begun once more, as by a page that was killed while it took the snapshot.
    await hearOldRestore(replica, "second", TIMES);
    expect(await mayHaveLost(replica)).toBe(true);
  }
  const replica = open();
  await hearOldRestore(replica, "first", null);
  expect(await replica.findMeta("restored")).toBeUndefined();
});

test("the server says when that was, to a new copy and to one that knows another database", async () => {
  const server = new TestServer();
  const replica = open();
  const sync = new Sync(replica, server.call, { opened: () => undefined, foreign: () => undefined });
  server.restored = { ...TIMES, backup_at: null };
  await sync.open();
  expect(await replica.findMeta("restored")).toEqual({ database: server.generation, isTold: true, times: server.restored, isOld: true });
  Object.assign(server, { generation: "0".repeat(32), restored: TIMES });
  await sync.open();
  expect(await replica.findMeta("restored")).toEqual({ database: server.generation, isTold: false, times: TIMES });
});

test("every look at the keys finds the vault, under the database of its beginning", async () => {
  const replica = await openWith(2);
  await restore(replica, "second");
  const keys = new Keys(replica, {} as Session);
  ends.push(() => keys.stop());
  vi.mocked(askKeys).mockResolvedValue({ state: "ready", devices: [], news: null, renewed: null, vault: { version: 1, time: BEFORE } } as never);
  vi.mocked(askAbout).mockReturnValue((() => Promise.resolve({ isNew: false, waiting: [] })) as never);
  await keys.look();
  expect(await replica.findMeta("vault")).toEqual({ database: "second", version: 1 });
  expect(await replica.findMeta("restored")).toMatchObject({ isVaultLost: true });
});
