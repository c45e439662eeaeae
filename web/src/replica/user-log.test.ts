import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import type { LogEntry } from "../wire/contract.ts";
import { Replica } from "./database.ts";
import { TestServer } from "./testing.ts";
import { applyLog, applySnapshot } from "./user-log.ts";

let count = 0;
const opened: Replica[] = [];
afterEach(() => opened.splice(0).forEach((replica) => replica.close()));

/** A copy with an empty snapshot, and a log of friend 2 added, removed, added, removed. */
async function open(): Promise<{ replica: Replica; log: LogEntry[] }> {
  const server = new TestServer();
  const replica = new Replica(server.me, `user-log-${++count}`);
  opened.push(replica);
  const { server_id, generation, log_seq, user_id, device_id, snapshot } = await server.call("sync.open", {});
  await applySnapshot(replica, { server_id, generation, log_seq, user_id, device_id }, snapshot!);
  for (const text of ["first", "second"]) {
    server.addFriend(2, text);
    server.removeFriend(2);
  }
  return { replica, log: server.userLog };
}

const seqOf = async (replica: Replica): Promise<number> => (await replica.findMeta("cursor"))!.log_seq;

test("an entry from before is nothing new, whatever it says", async () => {
  const { replica, log } = await open();
  await applyLog(replica, log);
  expect(await applyLog(replica, [log[0]!])).toBe("applied");
  expect(await replica.friends.count()).toBe(0);
  expect(await seqOf(replica)).toBe(4);
});

test("an entry too early is a gap: what comes before it is applied, it is not", async () => {
  const { replica, log } = await open();
  expect(await applyLog(replica, [log[3]!, log[0]!])).toBe("gap");
  expect((await replica.friends.toArray()).map((friend) => friend.about)).toEqual(["first"]);
  expect(await seqOf(replica)).toBe(1);
});

test("a page out of order is put in order", async () => {
  const { replica, log } = await open();
  await applyLog(replica, [log[2]!, log[0]!, log[1]!]);
  expect((await replica.friends.toArray()).map((friend) => friend.about)).toEqual(["second"]);
});

test("a kind of a newer version is passed over, and the log goes on", async () => {
  const { replica, log } = await open();
  const strange = { ...log[0]!, kind: "toString" };
  await applyLog(replica, [strange, log[1]!, log[2]!]);
  expect(await seqOf(replica)).toBe(3);
  expect(await replica.friends.count()).toBe(1);
});

test("an entry that cannot be applied leaves the copy as it was", async () => {
  const { replica, log } = await open();
  const broken = { ...log[1]!, kind: "friend.added", payload: null };
  await expect(applyLog(replica, [log[0]!, broken])).rejects.toThrow();
  expect(await seqOf(replica)).toBe(0);
  expect(await replica.friends.count()).toBe(0);
});
