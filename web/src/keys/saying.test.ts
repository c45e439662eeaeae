// A name or picture that the person chose is said in the chain, whatever else is being said meanwhile.
import "fake-indexeddb/auto";

import { expect, test, vi } from "vitest";

import { Replica } from "../replica/database.ts";
import type { Session } from "../wire/contract.ts";
import { askKeys } from "./ask.ts";
import { Keys } from "./keys.svelte.ts";

vi.mock("./ask.ts", () => ({ askKeys: vi.fn(), askAbout: vi.fn(), placeOf: vi.fn() }));

test("a picture that is taken back while it is being said is said to be gone", async () => {
  const replica = new Replica(1, "saying");
  const keys = new Keys(replica, {} as Session);
  const answers: ((answer: null) => void)[] = [];
  vi.mocked(askKeys).mockImplementation(() => new Promise((resolve) => answers.push(resolve as (answer: null) => void)));
  await replica.putMeta("saying", { avatar: { value: "ab".repeat(32), isSaved: true } });
  const first = keys.say();
  await expect.poll(() => answers.length).toBe(1);
  await replica.putMeta("saying", { avatar: { value: "", isSaved: true } });
  answers[0]!(null);
  await first;
  expect(await replica.findMeta("saying")).toEqual({ avatar: { value: "", isSaved: true } });
  const second = keys.say();
  await expect.poll(() => answers.length).toBe(2);
  answers[1]!(null);
  await second;
  expect(vi.mocked(askKeys).mock.calls.map(([, needs]) => (needs as { avatar: Uint8Array }).avatar.some((byte) => byte > 0))).toEqual([true, false]);
  expect(await replica.findMeta("saying")).toBeNull();
  keys.stop();
  replica.close();
});

test("a name that is not said yet is said together with the picture that comes after it", async () => {
  const replica = new Replica(1, "saying-both");
  const keys = new Keys(replica, {} as Session);
  vi.mocked(askKeys).mockReset().mockRejectedValue(new Error("no answer"));
  await keys.saying({ displayName: "Ada" }, () => Promise.resolve());
  await expect(keys.saying({ avatar: "cd".repeat(32) }, () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
  vi.mocked(askKeys).mockReset().mockResolvedValue(null as never);
  await keys.say();
  expect(vi.mocked(askKeys)).toHaveBeenLastCalledWith("sayProfile", { place: undefined, displayName: "Ada", avatar: null });
  expect(await replica.findMeta("saying")).toEqual({ avatar: { value: "cd".repeat(32), isSaved: false } });
  await keys.saying({ displayName: "Ada L" }, () => Promise.resolve());
  await keys.saying({ avatar: "ef".repeat(32) }, () => Promise.resolve());
  await keys.say();
  const { displayName, avatar } = vi.mocked(askKeys).mock.lastCall![1] as { displayName: string; avatar: Uint8Array };
  expect([displayName, avatar[0]]).toEqual(["Ada L", 0xef]);
  expect(await replica.findMeta("saying")).toBeNull();
  keys.stop();
  replica.close();
});
