// What was begun here and on other devices: the later one counts, and what was sent is nobody's draft any more.
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it } from "vitest";

import { PRIVATE_DRAFT } from "../crypto/private-change.ts";
import { readDraft } from "../messages/draft.ts";
import { Replica } from "./database.ts";
import { dropDraft, findDraft, saveDraft, shareDraft } from "./drafts.ts";
import { OwnDatabase } from "./own-database.ts";

const CONVERSATION = "0c".repeat(16);
const LATER = Date.now() + 60_000;

let own: OwnDatabase;
let replica: Replica;

/** As another device wrote it. */
const writeElsewhere = (fields: object): Promise<unknown> => replica.privates.put({ kind: PRIVATE_DRAFT, place: CONVERSATION, fields: { ...fields } });
const read = (): Promise<string> => readDraft(own, replica, CONVERSATION);
const wishes = async (): Promise<object[]> => (await own.wishes.toArray()).map(({ change }) => change);

beforeEach(() => {
  [replica, own] = [new Replica(1, `replica ${Math.random()}`), new OwnDatabase(1, `own ${Math.random()}`)];
});
afterEach(() => {
  replica.close();
  own.close();
});

it("goes to the other devices as it stands when it rests, once", async () => {
  await saveDraft(own, CONVERSATION, "Shall w");
  await shareDraft(own, CONVERSATION);
  await saveDraft(own, CONVERSATION, "Shall we");
  await shareDraft(own, CONVERSATION);
  expect(await wishes()).toEqual([{ set: { text: "Shall we", time: expect.any(Number) as number } }]);
});

it("takes what another device began later, and gives it up everywhere when it is sent", async () => {
  await saveDraft(own, CONVERSATION, "Earlier");
  await writeElsewhere({ text: "Later", time: LATER });
  expect(await read()).toBe("Later");
  await dropDraft(own, CONVERSATION, new Date(LATER + 1));
  expect(await wishes()).toEqual([{ set: { text: null, target: null, time: LATER + 1 } }]);
  expect(await read()).toBe("");
});

it("what was sent elsewhere is no draft here any more", async () => {
  await saveDraft(own, CONVERSATION, "Sent from the phone");
  await writeElsewhere({ time: LATER });
  expect(await read()).toBe("");
});

it("what nobody was told of is given up without a word, and what is too long stays here", async () => {
  await saveDraft(own, CONVERSATION, "Never mind");
  await saveDraft(own, CONVERSATION, " ");
  await saveDraft(own, CONVERSATION, "क".repeat(5000));
  await shareDraft(own, CONVERSATION);
  expect(await wishes()).toEqual([]);
  expect(await read()).toHaveLength(5000);
});

it("fields of another form say nothing", () => {
  for (const shared of [{ text: 7, time: LATER }, { text: "x", time: "now" }, { text: "x", time: 1e300 }, { text: "x" }]) {
    expect(findDraft(CONVERSATION, undefined, shared)).toBeNull();
  }
});
