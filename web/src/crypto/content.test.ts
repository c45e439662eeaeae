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
  ["another type", record(0, '{"type":"poll"}')],
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
  [KIND_MESSAGE, { type: "poll", question: "?" }, { type: "unknown" }],
  [KIND_MESSAGE, { type: "toString" }, { type: "unknown" }],
  [9, { type: "text", text: "x" }, { type: "unknown" }],
])("of kind %i, %j says %j", (kind, body, said) => expect(readContent(body, kind)).toEqual(said));
