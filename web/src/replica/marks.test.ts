import "fake-indexeddb/auto";

import { afterEach, describe, expect, test } from "vitest";

import { readNow } from "../conversations/items.ts";
import type { Said } from "../crypto/content.ts";
import { generator } from "../crypto/conversations/testing/draw.ts";
import { applyItem } from "../inbox/apply.ts";
import { KIND_DELETION, KIND_EDIT, KIND_MESSAGE, KIND_REACTION } from "../wire/contract.ts";
import { type EntryRow, type OpenedRow, Replica } from "./database.ts";
import { applyEntries, toRow } from "./entries.ts";
import { summarize } from "./marks.ts";
import type { WholeRow } from "./records.ts";
import { TestServer } from "./testing.ts";

let count = 0;
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

const text = (said: string): Said => ({ type: "text", text: said });
const react = (emoji: string): Said => ({ type: "reaction", emoji });

interface Written {
  kind: number;
  from: number;
  said: Said;
  target?: number;
  verdict?: OpenedRow["verdict"];
}

/** A log as the keys' worker would have judged it. */
function write(entries: Written[]): { server: TestServer; id: string; rows: WholeRow[] } {
  const server = new TestServer();
  const id = server.addConversation();
  const rows = entries.map(({ kind, from, said, target = 0, verdict = null }, at) => {
    const row = toRow(server.append(id, from, Uint8Array.from([1, at, kind]), { kind, target_seq: target }));
    const opened: OpenedRow = { verdict, content: said, sent_at: null, target: target || null, is_withheld: false };
    delete row.waits;
    return { ...row, opened };
  });
  return { server, id, rows };
}

async function openCopy(server: TestServer, id: string): Promise<Replica> {
  const replica = new Replica(1, `marks-${++count}`);
  ends.push(() => replica.close());
  await server.meet(replica);
  await applyItem(replica, { ...structuredClone(server.item(id)), last_entry: null });
  return replica;
}

const TALK: Written[] = [
  { kind: KIND_MESSAGE, from: 1, said: text("first") },
  { kind: KIND_MESSAGE, from: 2, said: text("second"), target: 1 },
  { kind: KIND_REACTION, from: 2, said: react("👍"), target: 1 },
  { kind: KIND_EDIT, from: 1, said: text("first, mended"), target: 1 },
  { kind: KIND_REACTION, from: 1, said: react("👍"), target: 1 },
  { kind: KIND_EDIT, from: 1, said: text("mended again"), target: 1 },
  { kind: KIND_DELETION, from: 1, said: { type: "deletion" }, target: 6 },
  { kind: KIND_DELETION, from: 2, said: { type: "deletion" }, target: 3 },
  { kind: KIND_REACTION, from: 1, said: react("🎉"), target: 2 },
  { kind: KIND_EDIT, from: 1, said: text("forged"), target: 2, verdict: "not_allowed" },
  { kind: KIND_MESSAGE, from: 1, said: text("third") },
  { kind: KIND_EDIT, from: 1, said: text("third, last word"), target: 11 },
];

/** What is shown of a copy. */
async function view(replica: Replica, id: string) {
  const rows = await replica.entries.where("[conversation+seq]").between([id, 0], [id, Infinity]).toArray();
  const messages = rows.filter(({ kind }) => kind === KIND_MESSAGE);
  const last = (await replica.conversations.get(id))!.last_entry!;
  const say = (row: EntryRow) => [row.seq, readNow(row, undefined), row.marks?.reactions?.map(({ user, emoji }) => `${user} ${emoji}`) ?? []];
  return { messages: messages.map(say), last: say(last) };
}

const SHOWN = {
  messages: [
    [1, text("first, mended"), ["1 👍"]],
    [2, text("second"), ["1 🎉"]],
    [11, text("third, last word"), []],
  ],
  last: [11, text("third, last word"), []],
};

test("edits, reactions and deletions count in the order of their places", async () => {
  const { server, id, rows } = write(TALK);
  const replica = await openCopy(server, id);
  await applyEntries(replica, rows);
  expect(await view(replica, id)).toEqual(SHOWN);
});

test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))("in whatever order and pieces they come, it is the same: order %i", async (seed) => {
  const draw = generator(seed);
  const { server, id, rows } = write(TALK);
  const replica = await openCopy(server, id);
  const left = [...rows];
  while (left.length > 0) {
    const piece = Array.from({ length: 1 + Math.floor(draw() * 4) }, () => left.splice(Math.floor(draw() * left.length), 1)).flat();
    await applyEntries(replica, structuredClone(piece));
  }
  expect(await view(replica, id)).toEqual(SHOWN);
});

test("a deleted message takes its edits and reactions along", async () => {
  const { server, id, rows } = write([...TALK, { kind: KIND_DELETION, from: 1, said: { type: "deletion" }, target: 1 }]);
  const replica = await openCopy(server, id);
  await applyEntries(replica, rows);
  expect(await replica.entries.get([id, 1])).toMatchObject({ is_emptied: true });
  expect((await replica.entries.get([id, 1]))!.marks).toBeUndefined();
  for (const seq of [4, 5]) expect((await replica.entries.get([id, seq]))!.opened!.content).toBeNull();
});

describe("a summary", () => {
  const target = { seq: 5, from_user: 1, kind: KIND_MESSAGE } as EntryRow;
  const aimed = (seq: number, kind: number, from_user: number, content: Said, changed: Partial<OpenedRow> = {}): EntryRow =>
    ({ seq, kind, from_user, opened: { verdict: null, content, sent_at: null, target: 5, is_withheld: false, ...changed } }) as EntryRow;

  test.each<[string, EntryRow]>([
    ["somebody else's edit", aimed(6, KIND_EDIT, 2, text("not mine"))],
    ["an edit that is no text", aimed(6, KIND_EDIT, 1, { type: "unknown" })],
    ["an edit that does not stand", aimed(6, KIND_EDIT, 1, text("x"), { verdict: "wrong_target" })],
    ["an edit whose target is not known yet", aimed(6, KIND_EDIT, 1, text("x"), { target: null })],
    ["an edit of another message", aimed(6, KIND_EDIT, 1, text("x"), { target: 4 })],
    ["a reaction that is none", aimed(6, KIND_REACTION, 2, { type: "closed", why: "malformed" })],
    ["an emptied reaction", { ...aimed(6, KIND_REACTION, 2, react("👍")), is_emptied: true }],
    ["what is not opened", { seq: 6, kind: KIND_REACTION, from_user: 2 } as EntryRow],
  ])("has nothing of %s", (_name, row) => expect(summarize(target, [row])).toBeUndefined());

  test("has every record of a reaction, in order", () => {
    const rows = [aimed(9, KIND_REACTION, 2, react("👍")), aimed(7, KIND_REACTION, 2, react("👍")), aimed(8, KIND_REACTION, 3, react("🎉"))];
    expect(summarize(target, rows)!.reactions!.map(({ seq }) => seq)).toEqual([7, 8, 9]);
  });
});

describe("the votes of a poll", () => {
  const poll = { type: "poll" as const, question: "When?", options: ["Friday", "Saturday", "Sunday"] };
  const said = (seq: number, kind: number, from_user: number, content: Said): EntryRow =>
    ({ seq, kind, from_user, opened: { verdict: null, content, sent_at: null, target: 5, is_withheld: false } }) as EntryRow;
  const vote = (seq: number, user: number, ...options: number[]): EntryRow => said(seq, KIND_REACTION, user, { type: "vote", options });
  const close = (seq: number, user = 1, content: Said = { ...poll, closed: true }): EntryRow => said(seq, KIND_EDIT, user, content);
  const target = (content: Said): EntryRow => ({ ...said(5, KIND_MESSAGE, 1, content), opened: { verdict: null, content, sent_at: null, target: null, is_withheld: false } });
  const count = (content: Said, ...rows: EntryRow[]) => (summarize(target(content), rows)?.votes ?? []).map(({ user, options }) => [user, ...options]);

  test("are what each person chose last", () => {
    expect(count(poll, vote(9, 2, 1), vote(6, 3, 0), vote(7, 2, 2), vote(8, 4, 0))).toEqual([[3, 0], [4, 0], [2, 1]]);
    expect(count(poll, vote(6, 2, 1), vote(7, 2))).toEqual([]);
  });

  test("count only if the poll has what they name, and not more of it than it takes", () => {
    expect(count(poll, vote(6, 2, 1), vote(7, 2, 3), vote(8, 2, 0, 2))).toEqual([[2, 1]]);
    expect(count({ ...poll, several: true }, vote(6, 2, 0, 2), vote(7, 3, 3))).toEqual([[2, 0, 2]]);
    expect(count(text("no poll"), vote(6, 2, 0))).toEqual([]);
  });

  test("end where its author closes it, and changes nothing else", () => {
    const rows = [vote(6, 2, 1), close(7), vote(8, 2, 0), vote(9, 3, 0)];
    expect(count(poll, ...rows)).toEqual([[2, 1]]);
    expect(summarize(target(poll), rows)!.edit!.content).toEqual({ ...poll, closed: true });
    for (const edit of [close(7, 2), close(7, 1, { ...poll, question: "Why?", closed: true }), close(7, 1, { ...poll, options: ["Friday", "Saturday"], closed: true }), close(7, 1, poll), close(7, 1, text("x"))]) {
      expect(count(poll, vote(6, 2, 1), edit, vote(8, 3, 0))).toEqual([[2, 1], [3, 0]]);
      expect(summarize(target(poll), [edit])).toBeUndefined();
    }
    expect(count({ ...poll, closed: true }, vote(6, 2, 1))).toEqual([]);
  });

  test("are no edit of a text", () => expect(summarize(target(text("x")), [close(7)])).toBeUndefined());
});
