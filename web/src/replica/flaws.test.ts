import "fake-indexeddb/auto";

import { expect, test } from "vitest";

import { type ConversationRow, type Flaw, Replica } from "./database.ts";
import { canBeNoted, chooseFlaw, noteFlaw } from "./flaws.ts";

const skipped: Flaw = { seq: 7, reason: "skipped" };
const later: Flaw = { seq: 9, reason: "skipped" };
const changed: Flaw = { seq: 8, reason: "chain" };

test("the first flaw stays, and a graver one takes its place", () => {
  expect(chooseFlaw(null, skipped)).toBe(skipped);
  expect(chooseFlaw(skipped, null)).toBe(skipped);
  expect(chooseFlaw(skipped, later)).toBe(skipped);
  expect(chooseFlaw(skipped, changed)).toBe(changed);
  expect(chooseFlaw(changed, skipped)).toBe(changed);
});

test("what was taken note of is not said again, and another one is", () => {
  const noted = { ...skipped, isNoted: true as const };
  expect(chooseFlaw(noted, { ...skipped })).toBe(noted);
  expect(chooseFlaw(noted, later)).toBe(later);
});

test("a log that was changed cannot be taken note of", () => {
  expect([skipped, changed, { seq: 1, reason: "rewritten" as const }].map(canBeNoted)).toEqual([true, false, false]);
});

test("only the flaw that was read is taken note of", async () => {
  const replica = new Replica(1, "flaws");
  const readFlaw = async (): Promise<Flaw | null> => (await replica.conversations.get("c"))!.flaw;
  await replica.conversations.put({ id: "c", flaw: skipped } as ConversationRow);
  await noteFlaw(replica, "c", later);
  expect(await readFlaw()).toEqual(skipped);
  await noteFlaw(replica, "c", skipped);
  expect(await readFlaw()).toEqual({ ...skipped, isNoted: true });
  replica.close();
});
