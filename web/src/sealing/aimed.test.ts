// Edits, reactions and replies through the keys' worker: what stands is applied in the copy, what somebody may not write is not.
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { DELETION, EDIT, REACTION } from "../crypto/conversations/judging/roles.ts";
import { readNow } from "../conversations/items.ts";
import { addConversation, aims, answers, begin, closePages, deletes, Page, says } from "./page.testing.ts";

afterEach(closePages);

const text = (said: string) => ({ type: "text", text: said });
const rowOf = async (page: Page, seq: number) => (await page.replica.entries.get([page.conversation, seq]))!;
const saysNow = async (page: Page, seq: number): Promise<unknown> => readNow(await rowOf(page, seq), undefined);
const reactionsOf = async (page: Page, seq: number) => ((await rowOf(page, seq)).marks?.reactions ?? []).map(({ user, emoji }) => `${user} ${emoji}`);

/** Alice (1) has said "one" at 2, bob (2) "two" at 3. */
async function stage() {
  const { town, alice, bob, group } = await begin();
  const page = new Page(town, group, bob.askAbout);
  await addConversation(page);
  await page.takeLive(1, 2, 3);
  return { town, alice, bob, group, page };
}

test("an edit, a reaction and a reply stand where they were aimed at, live or from a page", async () => {
  const { town, alice, bob, group, page } = await stage();
  await aims(town, alice, group, 2, 2, EDIT, text("one, mended"));
  await aims(town, bob, group, 2, 2, REACTION, { type: "reaction", emoji: "👍" });
  await answers(town, bob, group, 2, 3, "yes");
  await page.takeLive(4, 5, 6);
  expect(await saysNow(page, 2)).toEqual(text("one, mended"));
  expect(await reactionsOf(page, 2)).toEqual(["2 👍"]);
  expect(await rowOf(page, 6)).toMatchObject({ aims: 2, opened: { target: 2, content: text("yes") } });

  const other = new Page(town, group, alice.askAbout);
  await alice.ask("confirm", { conversations: [group], databases: [] });
  await addConversation(other);
  await other.fill(2);
  await other.sweep();
  expect(await saysNow(other, 2)).toEqual(text("one, mended"));
  expect(await reactionsOf(other, 2)).toEqual(["2 👍"]);
});

test("nobody edits or deletes what is somebody else's, whatever the server takes", async () => {
  const { town, bob, group, page } = await stage();
  await aims(town, bob, group, 2, 2, EDIT, text("forged"));
  await aims(town, bob, group, 2, 3, DELETION, { type: "deletion" });
  await page.takeLive(4, 5);
  expect((await rowOf(page, 4)).opened!.verdict).toBe("not_allowed");
  expect((await rowOf(page, 5)).opened!.verdict).toBe("not_allowed");
  expect(await saysNow(page, 2)).toEqual(text("one"));
  expect((await rowOf(page, 2)).marks).toBeUndefined();
});

test("an edit or a reaction with a body that is none is not applied", async () => {
  const { town, alice, bob, group, page } = await stage();
  await aims(town, alice, group, 2, 2, EDIT, { type: "text", text: " " });
  await aims(town, alice, group, 2, 3, EDIT, { type: "poll", question: "?" });
  await aims(town, bob, group, 2, 2, REACTION, { type: "reaction", emoji: "no emoji" });
  await page.takeLive(4, 5, 6);
  expect(await saysNow(page, 2)).toEqual(text("one"));
  expect((await rowOf(page, 2)).marks).toBeUndefined();
});

test("a deleted reaction is gone, a deleted edit gives back what was before", async () => {
  const { town, alice, bob, group, page } = await stage();
  await aims(town, alice, group, 2, 2, EDIT, text("first"));
  await aims(town, alice, group, 2, 3, EDIT, text("second"));
  await aims(town, bob, group, 2, 2, REACTION, { type: "reaction", emoji: "🎉" });
  await page.takeLive(4, 5, 6);
  expect(await saysNow(page, 2)).toEqual(text("second"));
  await deletes(town, alice, group, 5, 4);
  await deletes(town, bob, group, 6, 3);
  await page.takeLive(7, 8);
  expect(await saysNow(page, 2)).toEqual(text("first"));
  expect(await reactionsOf(page, 2)).toEqual([]);
  expect((await page.replica.conversations.get(group))!.last_entry).toMatchObject({ seq: 3 });
});

test("a message that mentions its reader is marked until it is deleted; an edit makes no mark, and takes none", async () => {
  const { town, alice, bob, group, page } = await stage();
  await says(town, alice, group, 2, { type: "text", text: "look @bob", mentions: [2] });
  await says(town, alice, group, 3, { type: "text", text: "@all", everyone: true });
  await says(town, bob, group, 2, { type: "text", text: "me @bob, and @all", mentions: [2], everyone: true });
  await says(town, alice, group, 4, { type: "text", text: "look @carol" });
  await aims(town, alice, group, 4, 5, EDIT, text("look"));
  await aims(town, alice, group, 7, 6, EDIT, { type: "text", text: "look @bob", mentions: [2] });
  await page.takeLive(4, 5, 6, 7, 8, 9);
  const marked = async () => (await page.rows()).filter(({ calls }) => calls === 1).map(({ seq }) => seq);
  expect(await marked()).toEqual([4, 5]);
  expect((await rowOf(page, 6)).opened!.content).toEqual({ type: "text", text: "me @bob, and @all", mentions: [2] });
  await deletes(town, alice, group, 4, 7);
  await page.takeLive(10);
  expect(await marked()).toEqual([5]);
});
