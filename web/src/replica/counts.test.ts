import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { applyItem } from "../inbox/apply.ts";
import type { AskConversations } from "../sealing/ask.ts";
import { Opener } from "../sealing/opener.ts";
import { joinCounts } from "./counts.ts";
import { Replica } from "./database.ts";
import { applyEntries, toRow } from "./entries.ts";
import { TestServer } from "./testing.ts";

const HIGHEST = 2 ** 53 - 1;
const copies: Replica[] = [];
afterEach(() => copies.splice(0).forEach((replica) => replica.close()));

test.each([
  ["goes on", { a: 1 }, { a: 4 }, false, { a: 1 }, [["a", 4]]],
  ["appears, who knows from where", { a: 1 }, { b: 9 }, false, { a: 1, b: 9 }, []],
  ["appears with its first", { a: 1 }, { b: 1 }, true, { a: 1, b: 1 }, []],
  ["appears without its first", { a: 1 }, { b: 2 }, true, { a: 1, b: 2 }, [["b", 2]]],
])("where two stretches meet a device %s", (_, lower, upper, isFromStart, counts, seams) => {
  expect(joinCounts(lower, upper, isFromStart)).toEqual({ counts, seams });
});

/** A log of sealed entries with these counters; of those in `closed` nobody can open the bytes. */
async function open(name: string, counters: number[], closed: number[]) {
  const server = new TestServer();
  const id = server.addConversation();
  const replica = new Replica(server.me, `counts-${name}`);
  copies.push(replica);
  await server.meet(replica);
  await applyItem(replica, structuredClone(server.item(id)));
  const told = (seq: number) => ({
    seq, verdict: closed.includes(seq) ? ("cannot_open" as const) : null, content: null, sentAt: 1, target: null, isPlain: false, isEmptied: false,
    isWithheld: false, isRestored: false, isLost: false, wants: [],
  });
  for (const counter of counters) server.append(id, 2, new Uint8Array(289).fill(1), { counter, epoch: 1 });
  const rows = server.logs.get(id)!.entries.map(toRow);
  const opener = new Opener(replica);
  const ask = (_: string, { stretches }: { stretches: { rows: { seq: number }[] }[] }) =>
    Promise.resolve({ told: stretches.flatMap((one) => one.rows.map(({ seq }) => told(seq))), standing: {}, heard: [], misfit: null });
  opener.ask = ask as unknown as AskConversations;
  const findFlaw = async () => (await replica.conversations.get(id))!.flaw;
  return { replica, id, rows, opener, findFlaw };
}

for (const isLate of [false, true]) {
  const when = isLate ? "opened later" : "opened at once";
  const arrive = async ({ replica, id, rows, opener }: Awaited<ReturnType<typeof open>>, order: number[]): Promise<void> => {
    for (const seq of order) await applyEntries(replica, isLate ? [rows[seq - 1]!] : await opener.open([rows[seq - 1]!]));
    if (isLate) await opener.sweep(id, false, new AbortController().signal);
  };

  test.each([[[1, 2, 3, 4, 5]], [[5, 4, 3, 2, 1]], [[4, 1, 5, 2, 3]]])(`what cannot be opened puts nothing on the server, %j ${when}`, async (order) => {
    for (const leap of [HIGHEST, 4]) {
      const copy = await open(`leap-${leap}-${order.join("")}-${isLate}`, [1, 2, leap, 3, 4], [3]);
      await arrive(copy, order);
      expect(await copy.findFlaw()).toBeNull();
    }
  });

  test.each([[[1, 2, 3, 4]], [[4, 3, 2, 1]], [[3, 1, 4, 2]]])(`what is left out is noticed also beside that, %j ${when}`, async (order) => {
    const copy = await open(`real-${order.join("")}-${isLate}`, [1, HIGHEST, 3, 4], [2]);
    await arrive(copy, order);
    expect(await copy.findFlaw()).toEqual({ seq: 3, reason: "skipped" });
  });

  test(`what cannot be opened stands in its own place, ${when}`, async () => {
    const copy = await open(`fills-${isLate}`, [1, 2, 3], [2]);
    await arrive(copy, [1, 2, 3]);
    expect(await copy.findFlaw()).toBeNull();
  });
}
