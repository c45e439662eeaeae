import { beforeEach, expect, test, vi } from "vitest";

import * as plain from "../formatting/plain.ts";
import { sayLine } from "./line.ts";

vi.mock(import("../formatting/plain.ts"), { spy: true });
beforeEach(() => vi.mocked(plain.toPlain).mockClear());

const say = (text: string): string => sayLine({ type: "text", text });

test("a message is one line of a list, without markers", () => {
  expect(say("**a**\n\n- b  c")).toBe("a • b c");
  expect(say("w ".repeat(500))).toHaveLength(199);
  expect(sayLine({ type: "deleted" })).not.toBe("");
});

test("what is hidden is hidden in it, wherever that ends", () => {
  expect(say(`||the killer is ${"bob ".repeat(2000)}||`)).toBe("■■■");
  expect(say(`||the killer is\n- bob\n${"- alice\n".repeat(500)}||`)).toBe("■■■");
});

test("a long text is read once, however often its line is asked for", () => {
  const texts = Array.from({ length: 150 }, (_, at) => `${at} ${"**a** ".repeat(1600)}`);
  for (let time = 0; time < 3; time += 1) for (const text of texts) say(text);
  expect(plain.toPlain).toHaveBeenCalledTimes(150);
});

test("of too many long ones those that were read first are forgotten", () => {
  const texts = Array.from({ length: 300 }, (_, at) => `${at} ${"*b* ".repeat(2400)}`);
  for (const text of texts) say(text);
  expect(say(texts[299]!)).toBe(say(texts[299]!));
  expect(plain.toPlain).toHaveBeenCalledTimes(300);
  say(texts[0]!);
  expect(plain.toPlain).toHaveBeenCalledTimes(301);
});
