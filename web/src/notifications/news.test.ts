import { beforeEach, expect, test } from "vitest";

import type { Content } from "../crypto/content.ts";
import type { InboxRow } from "../inbox/read.ts";
import { readKeeping } from "../private/keeping.ts";
import { News } from "./news.ts";

const [ME, BOB] = [1, 2];
/** When a message was written, by the server's clock. */
const timeOf = (seq: number): string => new Date(Date.UTC(2026, 0, 1, 12, seq)).toISOString();
let news: News;

function row(seq: number, content: Content = { type: "text", text: "x" }, more: { from?: number; mentions?: number; keeping?: object; id?: string; at?: number } = {}): InboxRow {
  const { from = BOB, mentions = 0, keeping, id = "c" } = more;
  const timestamp = timeOf(more.at ?? seq);
  return { id, last: { seq, from_user: from, content, timestamp }, active_at: timestamp, mentions, keeping: readKeeping({ ...keeping }) } as InboxRow;
}

const take = (...rows: InboxRow[]) => news.take(rows, 1000, 0).map(({ seq, isMention }) => [seq, isMention]);

beforeEach(() => {
  news = new News(ME);
  news.take([row(5)], 1000, 0);
});

test("what was there at the start is not told, what comes is, once", () => {
  expect(take(row(5))).toEqual([]);
  expect(take(row(6))).toEqual([[6, false]]);
  expect(take(row(6))).toEqual([]);
  expect(take(row(9), row(1, undefined, { id: "new", at: 9 }))).toEqual([[9, false], [1, false]]);
});

test("one's own is not told, wherever it was sent", () => {
  expect(take(row(6, undefined, { from: ME }))).toEqual([]);
  expect(take(row(0, undefined, { from: ME }))).toEqual([]);
});

test.each([null, "unproven", "not_listed"] as const)("what is closed and may open (%s) is told once it has", (why) => {
  expect(take(row(6, { type: "closed", why }))).toEqual([]);
  expect(take(row(6))).toEqual([[6, false]]);
});

test("what waits for its key is told as it is, and what is not as it should be never", () => {
  expect(take(row(6, { type: "closed", why: "keyless" }))).toEqual([[6, false]]);
  for (const why of ["repeated_counter", "out_of_place", "not_sealed", "cannot_open", "withheld"] as const) expect(take(row(7, { type: "closed", why }))).toEqual([]);
  expect(take(row(8, { type: "deleted" }))).toEqual([]);
});

test("who wants to be told of mentions is told of these alone", () => {
  const keeping = { notify: "mentions" };
  expect(take(row(6, undefined, { keeping }))).toEqual([]);
  expect(take(row(7, undefined, { keeping, mentions: 1 }))).toEqual([[7, true]]);
  expect(take(row(8, undefined, { keeping, mentions: 1 }))).toEqual([]);
  expect(take(row(9, undefined, { keeping, mentions: 0 }))).toEqual([]);
});

test("what came while nothing was told is not told afterwards", () => {
  expect(take(row(6, undefined, { keeping: { muted: true } }))).toEqual([]);
  expect(take(row(6))).toEqual([]);
  expect(news.take([row(7)], 1000, 1001)).toEqual([]);
  expect(take(row(7))).toEqual([]);
  expect(take(row(8))).toEqual([[8, false]]);
});

test("what a new device fetches, one conversation after the other, was there before", () => {
  news = new News(ME);
  expect(take()).toEqual([]);
  expect(take(row(9))).toEqual([]);
  expect(take(row(9), row(8, undefined, { id: "other" }), row(7, { type: "closed", why: null }, { id: "third", mentions: 1, keeping: { notify: "mentions" } }))).toEqual([]);
  expect(take(row(9), row(8, undefined, { id: "other" }), row(7, undefined, { id: "third", mentions: 2, keeping: { notify: "mentions" } }))).toEqual([]);
  expect(take(row(9), row(10, undefined, { id: "other" }))).toEqual([[10, false]]);
});

test("one's own that waits, with a clock that is ahead, hides nothing", () => {
  news = new News(ME);
  expect(take(row(0, undefined, { from: ME, id: "mine", at: 900 }), row(5))).toEqual([]);
  expect(take(row(0, undefined, { from: ME, id: "mine", at: 900 }), row(6))).toEqual([[6, false]]);
});
