// What comes from a log is opened before it is kept, or waits and is opened later; few entries are at hand in the worker at any time.
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { PLAIN_SETTINGS } from "../crypto/conversations/acting/make-epoch.ts";
import { MESSAGE } from "../crypto/conversations/judging/roles.ts";
import { Session } from "../crypto/conversations/testing/town.ts";
import { random, sha256 } from "../crypto/protocol/primitives.ts";
import { chainLog } from "../crypto/protocol/record.ts";
import { Browser, openBrowsers } from "../crypto/keys/testing/browser.ts";
import { fromHex } from "../lib/bytes.ts";
import { applyPage } from "../messages/apply.ts";
import { toRow } from "../replica/entries.ts";
import { addConversation, begin, closePages, deletes, empties, Page, restart, shows } from "./page.testing.ts";
import { pageBelow } from "./testing.ts";

afterEach(closePages);

test("a message that comes is written opened, in one go, and what is told of it outlives the worker", async () => {
  const { town, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(1, 2);
  const writes: number[] = [];
  page.replica.entries.hook("updating", () => void writes.push(1));
  await page.takeLive(3);
  expect(await page.read()).toEqual(["one", "two"]);
  expect(writes).toEqual([]);
  expect((await page.rows()).map((row) => [row.waits, row.opened?.verdict])).toEqual([[undefined, null], [undefined, null], [undefined, null]]);
  bob.restart();
  expect(await page.read()).toEqual(["one", "two"]);
});

test("what comes while no worker answers is kept closed, and opened later", async () => {
  const { town, bob, group } = await begin();
  const page = new Page(town, group, undefined);
  await page.takeLive(1, 2, 3);
  expect(await page.read()).toEqual(["closed", "closed"]);
  page.opener.ask = bob.askAbout;
  await page.sweep();
  expect(await page.read()).toEqual(["one", "two"]);
});

test("a worker that is busy holds no message up: it is written closed and opened when the answer comes", async () => {
  const { town, bob, group } = await begin();
  const page = new Page(town, group, undefined);
  const held = page.hold(bob.askAbout);
  await page.takeLive(1, 2, 3);
  expect(await page.read()).toEqual(["closed", "closed"]);
  held.letGo();
  await expect.poll(() => page.read()).toEqual(["one", "two"]);
});

test("a device with nothing but the password reads all of a long history, through many epochs, a page at a time", { timeout: 120_000 }, async () => {
  const { town, alice, bob, group } = await begin();
  const said = ["one", "two"];
  for (let counter = 2; counter <= 420; counter++) {
    if (counter % 60 === 0) await alice.ask("actOn", { conversation: group, wanted: { action: "rotate" } });
    said.push(`text ${counter}`);
    await alice.say(group, counter, said.at(-1)!);
  }
  await alice.read(group);
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await bob.read(group);
  const second = new Browser(town, bob.world);
  await second.addDevice();
  await second.ask("confirm", { conversations: [group], databases: [] });
  const page = new Page(town, group, second.askAbout);
  await page.fill();
  await page.sweep();
  expect(await page.read()).toEqual(said);
  const rows = await page.rows();
  expect(rows.filter((row) => row.waits !== undefined || row.wants !== undefined || row.opened!.is_withheld)).toEqual([]);
});

test("a message that is shown again under its counter far above is not shown, though the first is not at hand any more", { timeout: 120_000 }, async () => {
  const { town, alice, bob, group } = await begin();
  for (let counter = 2; counter <= 420; counter++) await alice.say(group, counter, `text ${counter}`);
  const page = new Page(town, group, bob.askAbout);
  await page.fill();
  const again = { ...page.place.rows[1]! };
  page.place.post(again);
  await page.takeLive(page.place.rows.length);
  await page.sweep(false);
  expect((await page.read()).at(-1)).toBe("repeated_counter");
  expect((await page.read()).filter((one) => one === "repeated_counter")).toHaveLength(1);
});

test("a message without its seed waits, and is opened when the seed is learnt", async () => {
  const { town, browsers } = await openBrowsers("alice", "bob");
  const [alice, bob] = browsers as [Browser, Browser];
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2], settings: PLAIN_SETTINGS } });
  await alice.say(group, 1, "one");
  const { wraps } = town.place(fromHex(group)).epochs[0]!;
  const wrap = wraps.get(2)!;
  wraps.delete(2);
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(1, 2);
  expect(await page.read()).toEqual(["keyless"]);
  expect((await page.rows()).map((row) => row.waits)).toEqual([undefined, 2]);
  wraps.set(2, wrap);
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await page.sweep();
  expect(await page.read()).toEqual(["one"]);
});

test("an answer whose target comes later is judged again with it", async () => {
  const { town, alice, bob, group } = await begin();
  const place = town.place(fromHex(group));
  for (const [counter, target] of [[2, place.rows[1]!.recordHash], [3, random(32)]] as const) {
    const unsealed = { clientId: random(16), counter, kind: MESSAGE, content: { type: "text", text: `answer ${counter}` }, target: { seq: 2, recordHash: target } };
    const { record, epoch } = await alice.ask("seal", { conversation: group, unsealed });
    new Session(town, 1, fromHex(alice.place.device)).send(fromHex(group), { ...unsealed, record, epoch, targetSeq: 2 });
  }
  const page = new Page(town, group, bob.askAbout);
  bob.restart();
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await page.takeLive(4, 5);
  expect(await page.read()).toEqual(["answer 2", "answer 3"]);
  await page.fill();
  await page.sweep();
  expect(await page.read()).toEqual(["one", "two", "answer 2", "wrong_target"]);
});

const flawOf = async (page: Page): Promise<unknown> => (await page.replica.conversations.get(page.conversation))?.flaw ?? null;

test("a message that came emptied is shown as deleted where its deletion stands, and as withheld where there is none", async () => {
  const { town, alice, bob, group } = await begin();
  await deletes(town, alice, group, 2, 2);
  empties(town, group, 3);
  const page = new Page(town, group, bob.askAbout);
  bob.restart();
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await page.fill();
  expect([await shows(page, 2), await shows(page, 3)]).toEqual([{ type: "deleted" }, { type: "closed", why: "withheld" }]);
  expect(await flawOf(page)).toBeNull();
  expect((await page.replica.records.get([group, 2]))!.record_hash).toHaveLength(44);
});

test("a deletion that stands far above what it empties is found in the copy", { timeout: 120_000 }, async () => {
  const { town, alice, bob, group } = await begin();
  for (let counter = 2; counter <= 420; counter++) await alice.say(group, counter, `text ${counter}`);
  await deletes(town, alice, group, 2, 421);
  const page = new Page(town, group, bob.askAbout);
  bob.restart();
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await page.fill();
  await page.sweep(false);
  expect(await shows(page, 2)).toEqual({ type: "deleted" });
});

test.each([["one at a time", [2, 3, 4]], ["the deletion first", [4, 2]], ["the deletion last", [2, 4]]])("an emptied message and its deletion may come in any order: %s", async (_name, order) => {
  const { town, alice, bob, group } = await begin();
  await deletes(town, alice, group, 2, 2);
  const page = new Page(town, group, bob.askAbout);
  bob.restart();
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await page.takeLive(1);
  for (const seq of order) await page.takeLive(seq);
  await page.sweep(false);
  expect(await shows(page, 2)).toEqual({ type: "deleted" });
});

test("a deletion that comes when its target is here, but not at hand, is judged together with it", async () => {
  const { town, alice, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(1, 2, 3);
  await deletes(town, alice, group, 2, 2);
  bob.restart();
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await page.takeLive(4);
  await page.sweep(false);
  expect(await shows(page, 2)).toEqual({ type: "deleted" });
});

test("a deletion that comes empties what is here, record and all; one by somebody who may not does nothing", async () => {
  const { town, alice, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  await page.takeLive(1, 2, 3);
  await deletes(town, alice, group, 2, 2);
  await page.takeLive(4);
  expect(await shows(page, 2)).toEqual({ type: "deleted" });
  const [entry, record] = [await page.replica.entries.get([group, 2]), await page.replica.records.get([group, 2])];
  expect(JSON.stringify([entry, record])).not.toContain("one");
  expect(record!.record).toHaveLength(0);
  // Bob is no administrator: alice's second message is not his.
  await alice.say(group, 3, "three");
  const place = town.place(fromHex(group));
  const kept = place.rows[4]!;
  await deletes(town, bob, group, 5, 2);
  place.rows[4] = kept;
  await page.takeLive(5, 6);
  expect(await shows(page, 5)).toEqual({ type: "text", text: "three" });
});

test("a page that the server changed is shown as far as it opens, said, and asked about no more", async () => {
  const { town, alice, bob, group } = await begin();
  await alice.say(group, 2, "three");
  const page = new Page(town, group, undefined);
  await addConversation(page);
  let asked = 0;
  page.opener.ask = (act, needs) => {
    asked += 1;
    return bob.askAbout(act, needs);
  };
  await restart(bob, group);
  await page.takeLive(4);
  const row = page.place.rows[1]!;
  const record = Uint8Array.from(row.record, (byte, at) => (at === 40 ? byte ^ 1 : byte));
  page.place.rows[1] = { ...row, record, recordHash: sha256(record) };
  const hashes = page.place.hashes;
  for (const at of [1, 2]) hashes[at + 1] = chainLog(hashes[at]!, at + 1, page.place.rows[at]!.kind, page.place.rows[at]!.user, page.place.rows[at]!.recordHash);
  const below = pageBelow(page.place, 4, 3);
  const opened = await page.open(below.entries.map(toRow), below.hash_before);
  expect((await page.replica.conversations.get(group))!.flaw).toEqual({ seq: 1, reason: "chain" });
  await applyPage(page.replica, below, 4, opened);
  expect(await page.read()).toEqual(["cannot_open", "two", "three"]);
  const before = asked;
  await page.sweep(false);
  expect(asked).toBe(before);
});
