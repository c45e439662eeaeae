import { expect, test } from "vitest";

import type { Told } from "../crypto/keys/conversation-acts.ts";
import type { EntryRow, OpenedRow } from "../replica/database.ts";
import { withTold } from "./told.ts";

const told: Told = {
  seq: 2, verdict: null, content: { type: "text", text: "gone" } as Told["content"], sentAt: 5, target: null, isPlain: false, isEmptied: false, isWithheld: false, isRestored: false, wants: [],
  isLost: false,
  act: null,
  maySet: false,
  mayCall: false,
  reader: 2,
};
const opened: OpenedRow = { verdict: null, content: null, sent_at: 5, target: null, is_withheld: false };
const row: EntryRow = { conversation: "c", seq: 2, ordinal: 1, kind: 1, from_user: 1, client_id: "x", timestamp: "", waits: 1 };

test("an emptied row gets no content again, and keeps its verdict where the worker has the bytes still", () => {
  const withheld: EntryRow = { ...row, is_emptied: true, opened: { ...opened, verdict: "withheld" } };
  expect(withTold(withheld, told)).toMatchObject({ opened: { verdict: "withheld", content: null }, waits: 2, fails: 1 });
  expect(withTold({ ...row, is_emptied: true, opened }, told)).toEqual({ ...row, is_emptied: true, opened, waits: undefined });
  expect(withTold({ ...row, is_emptied: true }, told)).toMatchObject({ opened: { verdict: "withheld", content: null }, waits: 2 });
});

test("what is told of it as emptied counts", () => {
  const withheld: EntryRow = { ...row, is_emptied: true, opened: { ...opened, verdict: "withheld" } };
  expect(withTold(withheld, { ...told, content: null, isEmptied: true })).toMatchObject({ opened: { verdict: null, content: null } });
});

test("a row that is not emptied is not told to be: it keeps what it says until its deletion is here", () => {
  const full: EntryRow = { ...row, opened: { ...opened, content: { type: "text", text: "here" } } };
  expect(withTold(full, { ...told, content: null, isEmptied: true })).toBe(full);
});

test("what is lost is no fault, and is looked at again when there is something to learn", () => {
  const lost = withTold(row, { ...told, verdict: "keyless", content: null, isLost: true });
  expect(lost).toMatchObject({ opened: { verdict: "keyless", is_lost: true }, waits: 2 });
  expect(lost.fails).toBeUndefined();
  expect(withTold(lost, told)).toMatchObject({ opened: { verdict: null, content: { type: "text", text: "gone" } } });
  expect(withTold(lost, told).opened!.is_lost).toBeUndefined();
});

test("the end of one's own stay is no fault: one is not given the epoch that makes it", () => {
  const unproven: Told = { ...told, verdict: "unproven", content: null };
  const act: Told["act"] = { action: "remove", targets: [], historyFrom: 0, before: [], after: [] };
  expect(withTold({ ...row, kind: 9 }, { ...unproven, act }).fails).toBeUndefined();
  expect(withTold({ ...row, kind: 9 }, unproven).fails).toBe(1);
});

test("a message that names its reader, or calls everybody by right, is marked; nothing else is", () => {
  const say = (content: object, more: Partial<Told> = {}, kind = 1) => withTold({ ...row, kind }, { ...told, content: { type: "text", text: "hi", ...content } as Told["content"], ...more });
  expect(say({ mentions: [7, 2] }).calls).toBe(1);
  expect(say({ everyone: true }, { mayCall: true })).toMatchObject({ calls: 1, opened: { content: { everyone: true } } });
  const refused = say({ everyone: true });
  expect(refused.calls).toBeUndefined();
  expect(refused.opened!.content).toEqual({ type: "text", text: "hi" });
  for (const other of [say({ mentions: [7] }), say({}), say({ mentions: [2] }, { reader: null }), say({ mentions: [2] }, {}, 2), say({ mentions: [2] }, { verdict: "unproven", content: null })]) expect(other.calls).toBeUndefined();
  expect(withTold({ ...row, calls: 1 }, told).calls).toBeUndefined();
  expect(withTold({ ...row, calls: 1, is_emptied: true }, { ...told, content: null, isEmptied: true }).calls).toBeUndefined();
});
