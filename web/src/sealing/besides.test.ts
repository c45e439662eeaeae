// What messages on a page answer, where that is not here yet: shown if it stands and is what they answer, and never taken for the log.
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { DELETION, EDIT } from "../crypto/conversations/judging/roles.ts";
import { readAnswered } from "../conversations/answered.ts";
import { readNow } from "../conversations/items.ts";
import { toBase64 } from "../lib/bytes.ts";
import { listRanges } from "../replica/ranges.ts";
import type { Entry, Page as Brought } from "../wire/contract.ts";
import { addConversation, aims, answers, begin, closePages, deletes, Page, restart } from "./page.testing.ts";
import { toEntry } from "./testing.ts";

afterEach(closePages);

const text = (said: string) => ({ type: "text", text: said });

/** Alice (1) has said "one" at 2, bob (2) "two" at 3; bob looks, and nothing is here but what he looks at. */
async function stage() {
  const { town, alice, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  await addConversation(page);
  const quoted = async (): Promise<unknown[]> => {
    const found = await readAnswered(page.replica, group, await page.rows(), []);
    return found.filter(({ seq }) => seq === 2).map((entry) => readNow(entry, undefined));
  };
  const flaw = async () => (await page.replica.conversations.get(group))!.flaw;
  return { town, alice, bob, group, page, quoted, flaw };
}

const changeAnswered = (change: (entry: Entry) => Entry) => (page: Brought): Brought => ({ ...page, answered: page.answered.map(change) });

test("what a message answers is there with its page, and stands nowhere in the log", async () => {
  const { town, bob, group, page, quoted } = await stage();
  await answers(town, bob, group, 2, 2, "yes");
  await restart(bob, group);
  await page.look(1);
  expect(await quoted()).toEqual([text("one")]);
  expect((await page.rows()).map(({ seq }) => seq)).toEqual([4]);
  expect((await listRanges(page.replica, group)).map(({ from, to }) => [from, to])).toEqual([[4, 4]]);
  expect((await page.rows())[0]).toMatchObject({ opened: { verdict: null, target: null }, wants: expect.arrayContaining([[group, 2]]) });
});

test("it says what its last edit says, and what was there before once that is deleted", async () => {
  const { town, alice, bob, group, page, quoted } = await stage();
  await aims(town, alice, group, 2, 2, EDIT, text("one, mended"));
  await answers(town, bob, group, 2, 2, "yes");
  await page.look(1);
  expect(await quoted()).toEqual([text("one, mended")]);
  await deletes(town, alice, group, 4, 3);
  await page.look(1, 6);
  expect(await quoted()).toEqual([text("one")]);
});

test("nobody's edit of what is somebody else's is in it", async () => {
  const { town, bob, group, page, quoted } = await stage();
  await aims(town, bob, group, 2, 2, EDIT, text("forged"));
  await answers(town, bob, group, 2, 3, "yes");
  await page.look(1);
  expect(await quoted()).toEqual([text("one")]);
});

test("what was deleted says so; without its deletion nothing is said of it", async () => {
  const { town, alice, bob, group, page, quoted } = await stage();
  await answers(town, bob, group, 2, 2, "yes");
  await deletes(town, alice, group, 2, 2);
  await page.look(1, 5, (one) => ({ ...one, aimed: [] }));
  expect(await quoted()).toEqual([]);
  await page.look(1, 5);
  expect(await quoted()).toEqual([{ type: "deleted" }]);
});

test("another message in its place is not what was answered", async () => {
  const { town, bob, group, page, quoted } = await stage();
  await answers(town, bob, group, 2, 2, "yes");
  await page.look(1, 5, changeAnswered(() => ({ ...toEntry(page.place, page.place.rows[2]!), seq: 2 })));
  expect(await quoted()).toEqual([]);
  // Alice's own bytes, said to be bob's.
  await page.look(1, 5, changeAnswered((entry) => ({ ...entry, from_user: 2 })));
  expect(await quoted()).toEqual([]);
  await page.look(1, 5);
  expect(await quoted()).toEqual([text("one")]);
});

test("an edit or a deletion that comes afterwards removes it, until it is looked at with that", async () => {
  const { town, alice, bob, group, page, quoted } = await stage();
  await answers(town, bob, group, 2, 2, "yes");
  await page.look(1);
  await aims(town, alice, group, 2, 2, EDIT, text("one, mended"));
  await page.takeLive(5);
  expect(await quoted()).toEqual([]);
  await page.look(2);
  expect(await quoted()).toEqual([text("one, mended")]);
  await aims(town, alice, group, 2, 3, DELETION, { type: "deletion" });
  await page.takeLive(6);
  expect(await quoted()).toEqual([]);
  // The server has not emptied it: what stands deleted is not shown all the same.
  await page.look(3);
  expect(await quoted()).toEqual([]);
});

test("its own place takes over from it without a word; where another entry stands there, that is said", async () => {
  const { town, bob, group, page, quoted, flaw } = await stage();
  await answers(town, bob, group, 2, 2, "yes");
  await page.look(1);
  await page.fill();
  await page.sweep();
  expect([await page.replica.beside.count(), await flaw()]).toEqual([0, null]);
  expect(await quoted()).toEqual([text("one")]);

  const { town: other, bob: another, group: elsewhere, page: next, flaw: said } = await stage();
  await answers(other, another, elsewhere, 2, 2, "yes");
  await next.look(1, 5, changeAnswered((entry) => ({ ...entry, log_hash: toBase64(new Uint8Array(32)) })));
  expect(await next.replica.beside.count()).toBe(1);
  expect(await said()).toBeNull();
  await next.fill();
  expect(await next.replica.beside.count()).toBe(0);
  expect(await said()).toEqual({ seq: 2, reason: "rewritten" });
});

test("edits that it was looked at with are compared as well: their order is the server's word", async () => {
  const { town, alice, bob, group, page, quoted, flaw } = await stage();
  await aims(town, alice, group, 2, 2, EDIT, text("first"));
  await aims(town, alice, group, 2, 3, EDIT, text("second"));
  await answers(town, bob, group, 2, 2, "yes");
  const swap = (one: Brought): Brought => ({ ...one, aimed: one.aimed.map((entry) => ({ ...entry, seq: 9 - entry.seq })) });
  await page.look(1, 7, swap);
  expect([await quoted(), await flaw()]).toEqual([[text("first")], null]);
  await page.takeLive(5);
  expect(await quoted()).toEqual([]);
  expect(await flaw()).toEqual({ seq: 5, reason: "rewritten" });
});

test("what the server says of one place twice and otherwise is said, and the first stays", async () => {
  const { town, bob, group, page, quoted, flaw } = await stage();
  await answers(town, bob, group, 2, 2, "yes");
  await page.look(1);
  await page.look(1, 5, changeAnswered((entry) => ({ ...entry, log_hash: toBase64(new Uint8Array(32)) })));
  expect(await flaw()).toEqual({ seq: 2, reason: "rewritten" });
  expect(await quoted()).toEqual([text("one")]);
});

test("it waits until the worker answers, and is forgotten with the copy", async () => {
  const { town, bob, group, page, quoted } = await stage();
  await answers(town, bob, group, 2, 2, "yes");
  page.opener.ask = undefined;
  await page.look(1);
  expect(await quoted()).toEqual([]);
  page.opener.ask = bob.askAbout;
  await page.sweep();
  expect(await quoted()).toEqual([text("one")]);
  await page.replica.clearCopy();
  expect(await page.replica.beside.count()).toBe(0);
});
