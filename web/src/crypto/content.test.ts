import { expect, test } from "vitest";

import { KIND_DELETION, KIND_EDIT, KIND_MESSAGE, KIND_REACTION } from "../wire/contract.ts";
import { readContent, readPlain } from "./content.ts";
import { writePlain } from "./testing.ts";

const utf8 = new TextEncoder();
const record = (version: number, body: string): Uint8Array => Uint8Array.from([version, ...utf8.encode(body)]);

test.each(["hello", "two\nlines", "🔥 \u202e مرحبا नमस्ते", "🔥".repeat(10_000)])("%j comes back as written", (text) => {
  expect(readPlain(writePlain({ type: "text", text }))).toEqual({ type: "text", text });
});

test("the bytes are version 0 and JSON, as all programs wrote them", () => {
  expect(writePlain({ type: "text", text: "hé" })).toEqual(record(0, '{"type":"text","text":"hé"}'));
});

test.each([
  ["another version", record(1, '{"type":"text","text":"x"}')],
  ["another type", record(0, '{"type":"film"}')],
  ["not JSON", record(0, "hello")],
  ["null", record(0, "null")],
  ["not UTF-8", Uint8Array.from([0, 0xff, 0xfe])],
  ["nothing", new Uint8Array(0)],
])("%s is unknown, never an error", (_name, bytes) => {
  expect(readPlain(bytes)).toEqual({ type: "unknown" });
});

test.each([
  ["no text", 7],
  ["an empty one", ""],
  ["lines alone", "\n \n"],
  ["a book", "a".repeat(10_001)],
])("%s does not fit what was agreed", (_name, text) => {
  expect(readContent({ type: "text", text }, 1)).toEqual({ type: "closed", why: "malformed" });
});

const POLL = { type: "poll", question: "When?", options: ["Friday", "Saturday"] };
const CLOSED = { type: "closed", why: "malformed" };

test.each<[number, object, object]>([
  [KIND_MESSAGE, { type: "text", text: "x", mentions: [2, 7], everyone: true, forwarded: true }, { type: "text", text: "x", mentions: [2, 7], everyone: true, forwarded: true }],
  [KIND_EDIT, { type: "text", text: "x", later: { kept: 1 } }, { type: "text", text: "x" }],
  [KIND_MESSAGE, { type: "text", text: "x", mentions: [2, 2] }, CLOSED],
  [KIND_MESSAGE, { type: "text", text: "x", mentions: [0] }, CLOSED],
  [KIND_MESSAGE, { type: "text", text: "x", mentions: Array.from({ length: 51 }, (_, at) => at + 1) }, CLOSED],
  [KIND_MESSAGE, { type: "text", text: "x", everyone: false }, CLOSED],
  [KIND_MESSAGE, { type: "text", text: "x", forwarded: "yes" }, CLOSED],
  [KIND_REACTION, { type: "reaction", emoji: "👩‍💻" }, { type: "reaction", emoji: "👩‍💻" }],
  [KIND_REACTION, { type: "reaction", emoji: "👍👍" }, CLOSED],
  [KIND_REACTION, { type: "reaction", emoji: "ok" }, CLOSED],
  [KIND_REACTION, { type: "reaction" }, CLOSED],
  [KIND_DELETION, { type: "deletion" }, { type: "deletion" }],
  [KIND_MESSAGE, { type: "reaction", emoji: "👍" }, { type: "unknown" }],
  [KIND_REACTION, { type: "text", text: "x" }, { type: "unknown" }],
  [KIND_MESSAGE, POLL, POLL],
  [KIND_EDIT, { ...POLL, several: true, closed: true, later: 1 }, { ...POLL, several: true, closed: true }],
  [KIND_MESSAGE, { type: "poll", question: "?" }, CLOSED],
  [KIND_MESSAGE, { ...POLL, question: "" }, CLOSED],
  [KIND_MESSAGE, { ...POLL, question: "👩".repeat(501) }, CLOSED],
  [KIND_MESSAGE, { ...POLL, question: "👩".repeat(500) }, { ...POLL, question: "👩".repeat(500) }],
  [KIND_MESSAGE, { ...POLL, options: ["one"] }, CLOSED],
  [KIND_MESSAGE, { ...POLL, options: ["one", ""] }, CLOSED],
  [KIND_MESSAGE, { ...POLL, options: ["one", "x".repeat(201)] }, CLOSED],
  [KIND_MESSAGE, { ...POLL, options: Array.from({ length: 13 }, (_, at) => `${at}`) }, CLOSED],
  [KIND_MESSAGE, { ...POLL, several: false }, CLOSED],
  [KIND_REACTION, { type: "vote", options: [] }, { type: "vote", options: [] }],
  [KIND_REACTION, { type: "vote", options: [0, 3] }, { type: "vote", options: [0, 3] }],
  [KIND_REACTION, { type: "vote", options: [3, 0] }, CLOSED],
  [KIND_REACTION, { type: "vote", options: [1, 1] }, CLOSED],
  [KIND_REACTION, { type: "vote", options: [-1] }, CLOSED],
  [KIND_REACTION, { type: "vote", options: [0.5] }, CLOSED],
  [KIND_REACTION, { type: "vote" }, CLOSED],
  [KIND_MESSAGE, { type: "vote", options: [0] }, { type: "unknown" }],
  [KIND_MESSAGE, { type: "film" }, { type: "unknown" }],
  [KIND_MESSAGE, { type: "toString" }, { type: "unknown" }],
  [9, { type: "text", text: "x" }, { type: "unknown" }],
])("of kind %i, %j says %j", (kind, body, said) => expect(readContent(body, kind)).toEqual(said));
