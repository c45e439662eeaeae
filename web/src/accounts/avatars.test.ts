import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import { Replica } from "../replica/database.ts";
import { makeCard } from "../replica/testing.ts";
import { Avatars } from "./avatars.svelte.ts";

let count = 0;
const opened: { close(): void }[] = [];
afterEach(() => opened.splice(0).forEach((replica) => replica.close()));

function open(): Replica {
  const replica = new Replica(1, `avatars-${++count}`);
  opened.push(replica);
  return replica;
}

const ID = "a".repeat(64);

test("a picture is fetched once and then comes from the local copy", async () => {
  const replica = open();
  await replica.users.put({ ...makeCard(2), avatar_id: ID, is_stale: false });
  const download = vi.fn(async () => ({ ok: true, blob: async () => new Blob(["picture"]) }));
  const first = new Avatars(replica, download);
  expect(first.urlOf(ID)).toBeNull();
  expect(first.urlOf(ID)).toBeNull();
  await expect.poll(() => first.urlOf(ID)).toMatch(/^blob:/);
  const offline = vi.fn(async () => Promise.reject(new Error("offline")));
  const later = new Avatars(replica, offline);
  await expect.poll(() => later.urlOf(ID)).toMatch(/^blob:/);
  expect(download).toHaveBeenCalledTimes(1);
  expect(offline).not.toHaveBeenCalled();
  first.stop();
  later.stop();
});

test("a picture that could not be had is asked for again", async () => {
  const replica = open();
  let tries = 0;
  const avatars = new Avatars(replica, async () => ({ ok: ++tries > 1, blob: async () => new Blob(["picture"]) }));
  await expect.poll(() => avatars.urlOf(ID)).toMatch(/^blob:/);
  expect(tries).toBe(2);
  avatars.stop();
});

test("pictures that nobody has any more are let go", async () => {
  const replica = open();
  await replica.users.put({ ...makeCard(2), avatar_id: ID, is_stale: false });
  await replica.avatars.bulkPut([ID, "b".repeat(64)].map((id) => ({ id, bytes: new Blob(["picture"]) })));
  const avatars = new Avatars(replica, async () => Promise.reject(new Error("offline")));
  await expect.poll(() => replica.avatars.toCollection().primaryKeys()).toEqual([ID]);
  avatars.stop();
});
