import "fake-indexeddb/auto";

import { liveQuery } from "dexie";
import { afterEach, expect, test } from "vitest";

import { Replica } from "./database.ts";
import { makeCard } from "./testing.ts";
import { pace } from "./waiting.ts";

let count = 0;
let replica: Replica;
afterEach(() => replica.close());

/** Follows the names of all users; `go` ends the rest that has begun. */
async function follow() {
  replica = new Replica(1, `waiting-${++count}`);
  // Making the database counts as a change.
  await replica.open();
  let go = (): void => undefined;
  let asked = 0;
  const values: string[][] = [];
  const query = async (): Promise<string[]> => {
    asked += 1;
    return (await replica.users.toArray()).map((user) => user.username);
  };
  const rest = (): Promise<void> => new Promise((resolve) => (go = resolve));
  const subscription = liveQuery(pace(query, rest)).subscribe((value) => values.push(value));
  await expect.poll(() => values.length).toBe(1);
  const put = (name: string): Promise<unknown> =>
    replica.users.put({ ...makeCard(name.length, name), is_stale: false });
  return { subscription, values, put, go: () => go(), asked: () => asked };
}

test("is asked at once, and after any number of changes once, when the rest is over", async () => {
  const { subscription, values, put, go, asked } = await follow();
  expect(values).toEqual([[]]);
  await put("a");
  await put("bb");
  await put("ccc");
  expect(asked()).toBe(1);
  await expect.poll(() => (go(), values)).toEqual([[], ["a", "bb", "ccc"]]);
  expect(asked()).toBe(2);
  subscription.unsubscribe();
});

test("goes on following after a rest", async () => {
  const { subscription, values, put, go } = await follow();
  for (const name of ["a", "bb", "ccc"]) {
    const before = values.length;
    await put(name);
    await expect.poll(() => (go(), values.length)).toBe(before + 1);
  }
  expect(values.at(-1)).toEqual(["a", "bb", "ccc"]);
  subscription.unsubscribe();
});
