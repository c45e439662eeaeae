// What is told of an entry a second time, by a worker that has less or more at hand, changes what is kept only for the better: what was
// deleted stays deleted, what does not count stays uncounted, and whoever waits for something is looked at when it comes.
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { DELETION } from "../crypto/conversations/judging/roles.ts";
import { fromHex } from "../lib/bytes.ts";
import { applyPage } from "../messages/apply.ts";
import { toRow } from "../replica/entries.ts";
import type { AskConversations } from "./ask.ts";
import { addConversation, answers, begin, closePages, deletes, empties, Page, restart, shows } from "./page.testing.ts";
import { pageBelow } from "./testing.ts";

afterEach(closePages);

const rowOf = async (page: Page, seq: number) => (await page.replica.entries.get([page.conversation, seq]))!;

/** Everything that the copy has, as text. */
async function dump({ replica }: Page): Promise<string> {
  return JSON.stringify([await replica.entries.toArray(), await replica.conversations.toArray()]);
}

test("a deletion that is judged twice at a time, by a worker that has the text still, leaves none of it", async () => {
  const { town, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  await addConversation(page);
  await page.takeLive(1, 2, 3);
  expect(await shows(page, 3)).toEqual({ type: "text", text: "two" });
  await deletes(town, bob, group, 3, 2);
  const held = page.hold(bob.askAbout);
  await page.takeLive(4);
  expect((await rowOf(page, 4)).waits).toBe(1);
  const sweeping = page.sweep(false);
  await expect.poll(() => held.asked).toBe(2);
  held.letGo();
  await sweeping;
  expect(await shows(page, 3)).toEqual({ type: "deleted" });
  expect(await dump(page)).not.toContain("two");
  expect((await page.replica.conversations.get(group))!.last_entry).toMatchObject({ seq: 3, is_emptied: true });
});

test("what is emptied in the copy and full in the worker gets no text by being handed in again", async () => {
  const { town, alice, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(1, 2, 3);
  await deletes(town, alice, group, 2, 2);
  await page.takeLive(4);
  await page.replica.entries.update([group, 2], { waits: 1 });
  await page.sweep(false);
  expect(await shows(page, 2)).toEqual({ type: "deleted" });
  expect(await dump(page)).not.toContain("one");
});

test("what came emptied without a deletion stays withheld, though the worker knows its bytes", async () => {
  const { town, bob, group } = await begin();
  empties(town, group, 2);
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(1, 2, 3);
  await page.sweep();
  expect(await shows(page, 2)).toEqual({ type: "closed", why: "withheld" });
  expect(await dump(page)).not.toContain("one");
});

test("the worker says nothing of what a deletion that stands names", async () => {
  const { town, alice, bob, group } = await begin();
  const full = town.place(fromHex(group)).rows[1]!;
  await deletes(town, alice, group, 2, 2);
  town.place(fromHex(group)).rows[1] = full;
  await restart(bob, group);
  expect(await bob.read(group)).toEqual(["stands", "stands", "two", "stands"]);
});

test("a page that was asked for before a deletion is emptied when it is written after it", async () => {
  const { town, alice, bob, group } = await begin();
  const early = pageBelow(town.place(fromHex(group)), 4, 100);
  await deletes(town, alice, group, 2, 2);
  await restart(bob, group);
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(4);
  expect(await rowOf(page, 4)).toMatchObject({ kind: DELETION, wants: [[group, 2]] });
  await applyPage(page.replica, early, 4, await page.open(early.entries.map(toRow), early.hash_before));
  expect(await shows(page, 2)).toEqual({ type: "deleted" });
  expect(await dump(page)).not.toContain("one");
  expect((await page.replica.records.get([group, 2]))!.record).toHaveLength(0);
});

test("a reaction that comes later than the deletion of what it is about is emptied, too", async () => {
  const { town, alice, group } = await begin();
  await answers(town, alice, group, 2, 2, "changed");
  const place = town.place(fromHex(group));
  place.rows[3] = { ...place.rows[3]!, kind: 3 };
  const page = new Page(town, group, undefined);
  await deletes(town, alice, group, 2, 3);
  await page.takeLive(1, 2, 3, 5);
  const opened = { verdict: null, content: null, sent_at: null, target: 2, is_withheld: false };
  await page.replica.entries.update([group, 5], { opened });
  await page.replica.entries.where("[conversation+seq]").equals([group, 5]).modify((row) => void delete row.waits);
  await page.takeLive(4);
  expect(await rowOf(page, 4)).toMatchObject({ is_emptied: true });
});

test("a deletion under a counter that was used before destroys nothing before it was judged with the other one", async () => {
  const { town, alice, bob, group } = await begin();
  await alice.say(group, 2, "three");
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(1, 2, 3, 4);
  await restart(bob, group);
  await page.takeLive(4);
  await deletes(town, alice, group, 4, 1);
  await page.takeLive(5);
  expect(await rowOf(page, 5)).toMatchObject({ is_repeated: true, waits: 1 });
  expect(await shows(page, 4)).toEqual({ type: "text", text: "three" });
  await page.sweep(false);
  expect((await rowOf(page, 5)).opened).toMatchObject({ verdict: "repeated_counter" });
  expect(await shows(page, 4)).toEqual({ type: "text", text: "three" });
});

test("a repetition stays one when it is handed in only for what rests on it", async () => {
  const { town, alice, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  page.place.post({ ...page.place.rows[1]! });
  await page.takeLive(1, 2, 3, 4);
  await page.sweep(false);
  expect(await page.read()).toEqual(["one", "two", "repeated_counter"]);
  await answers(town, alice, group, 4, 2, "answer");
  await restart(bob, group);
  await page.takeLive(5);
  await page.sweep(false);
  expect(await page.read()).toEqual(["one", "two", "repeated_counter", "answer"]);
});

test("a repetition that is told of without the other one is looked at again, and not shown meanwhile", async () => {
  const { town, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  page.place.post({ ...page.place.rows[1]! });
  await page.takeLive(1, 2);
  await restart(bob, group);
  const held = page.hold(bob.askAbout);
  let noted = 0;
  page.opener.noteWaiting = () => void (noted += 1);
  await page.takeLive(4);
  held.letGo();
  await expect.poll(() => noted).toBeGreaterThan(0);
  expect(await rowOf(page, 4)).toMatchObject({ is_repeated: true, waits: 1 });
  expect((await rowOf(page, 4)).opened).toBeUndefined();
  await page.sweep(false);
  expect((await rowOf(page, 4)).opened).toMatchObject({ verdict: "repeated_counter" });
});

test("what comes while an entry that wants it is being judged wakes it", async () => {
  const { town, alice, bob, group } = await begin();
  await answers(town, alice, group, 2, 2, "answer");
  await restart(bob, group);
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(1, 4);
  expect((await rowOf(page, 4)).wants).toEqual([[group, 2]]);
  await page.replica.entries.update([group, 4], { waits: 1 });
  const held = page.hold(bob.askAbout);
  const sweeping = page.sweep(false);
  await expect.poll(() => held.asked).toBe(1);
  page.opener.ask = undefined;
  await page.takeLive(2, 3);
  let noted = 0;
  page.opener.noteWaiting = () => void (noted += 1);
  held.letGo();
  await sweeping;
  expect([noted, (await rowOf(page, 4)).waits]).toEqual([1, 1]);
  page.opener.ask = bob.askAbout;
  await page.sweep(false);
  expect((await rowOf(page, 4)).opened).toMatchObject({ verdict: null, target: 2 });
  expect((await page.rows()).filter((row) => row.waits !== undefined || row.wants !== undefined)).toEqual([]);
});

test("what a sweep opens is judged with what it wants, and that is the end of it", async () => {
  const { town, alice, bob, group } = await begin();
  await alice.read(group);
  await bob.say(group, 2, "three");
  await answers(town, alice, group, 2, 2, "answer");
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(1, 2, 3, 4);
  page.opener.ask = undefined;
  await page.takeLive(5);
  await restart(bob, group);
  page.opener.ask = bob.askAbout;
  let noted = 0;
  page.opener.noteWaiting = () => void (noted += 1);
  await page.sweep(false);
  expect(noted).toBe(1);
  expect(await rowOf(page, 5)).toMatchObject({ waits: 1, wants: [[group, 3]] });
  await page.sweep(false);
  expect(noted).toBe(1);
  expect((await page.rows()).filter((row) => row.waits !== undefined || row.wants !== undefined)).toEqual([]);
});

test("what was asked before the copy was cleared is not written into the new one", async () => {
  const { town, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  const held = page.hold(bob.askAbout);
  await page.takeLive(1, 2, 3);
  await page.replica.clearCopy();
  page.opener.forget();
  page.opener.ask = undefined;
  await page.takeLive(1, 2, 3);
  held.letGo();
  // What was asked first is answered first, and would be written before this is read.
  await held.ask("heal", { asks: false });
  expect(await page.read()).toEqual(["closed", "closed"]);
});

test("above a restored entry a deletion empties what it was found to name, not what the server says", async () => {
  const { town, alice, group } = await begin();
  await deletes(town, alice, group, 2, 2);
  const { rows } = town.place(fromHex(group));
  rows[3] = { ...rows[3]!, targetSeq: 3 };
  const page = new Page(town, group, undefined);
  await page.takeLive(3, 4);
  const told = { seq: 4, verdict: null, content: null, sentAt: 1, target: 2, isPlain: false, isEmptied: false, isWithheld: false, isRestored: false, wants: [] };
  const standing = { conversation: group, sealing: { state: "ready" }, n: 1, keys: 1, counter: 0, claims: [] };
  page.opener.ask = (async () => ({ told: [told], standing, heard: [] })) as unknown as AskConversations;
  await page.sweep();
  expect((await page.replica.records.get([group, 4]))!.aims).toBe(2);
  expect((await rowOf(page, 3)).is_emptied).toBeUndefined();
  page.opener.ask = undefined;
  rows[1] = { ...rows[1]!, record: new Uint8Array(300).fill(1) };
  await page.takeLive(2);
  expect((await rowOf(page, 2)).is_emptied).toBe(true);
  expect((await page.replica.records.get([group, 2]))!.record).toHaveLength(0);
});
