import "fake-indexeddb/auto";
import { expect, test } from "vitest";

import type { News } from "../crypto/account/news.ts";
import { Replica } from "../replica/database.ts";
import type { Session } from "../wire/contract.ts";
import { Keys } from "./keys.svelte.ts";

const NOTHING: News = { n: 1, newDevices: [], removedDevices: [], isIdentityChanged: false };

async function hear(name: string, devices: string[], news: News | null) {
  const replica = new Replica(1, name);
  await replica.putMeta("keys", { state: "ready", devices, news, verdict: null });
  const keys = new Keys(replica, {} as Session);
  await expect.poll(() => keys.current).not.toBeNull();
  const { arrived, gone, isRenewed } = keys;
  keys.stop();
  replica.close();
  return { arrived, gone, isRenewed };
}

test("a device that came and went is told, and so are those that were taken off the list elsewhere", async () => {
  const news = { ...NOTHING, newDevices: ["phone", "guest", "guest"], removedDevices: ["guest", "laptop", "guest"] };
  expect(await hear("gone", ["tablet", "phone"], news)).toEqual({ arrived: ["phone"], gone: { visited: 1, removed: 1 }, isRenewed: false });
});

test("one that came back is there; keys that another device has renewed are told", async () => {
  const news = { ...NOTHING, newDevices: ["phone"], removedDevices: ["phone"], isIdentityChanged: true };
  expect(await hear("back", ["phone"], news)).toEqual({ arrived: ["phone"], gone: { visited: 0, removed: 0 }, isRenewed: true });
});

test("without news nothing is told", async () => {
  expect(await hear("nothing", ["phone"], null)).toEqual({ arrived: [], gone: { visited: 0, removed: 0 }, isRenewed: false });
});
