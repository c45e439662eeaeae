import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Socket } from "../wire/socket.ts";
import { Typing } from "./typing.svelte.ts";
import { TypingSignal } from "./typing.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function signal(): { typing: TypingSignal; told: string[] } {
  const told: string[] = [];
  const call = ((name: string) => {
    told.push(name);
    return Promise.resolve({});
  }) as Socket["call"];
  return { typing: new TypingSignal(call, "c"), told };
}

test("writing is told at once and again every four seconds", () => {
  const { typing, told } = signal();
  for (let second = 0; second < 9; second++) {
    typing.write("hello");
    vi.advanceTimersByTime(1000);
  }
  expect(told).toEqual(["typing.start", "typing.start", "typing.start"]);
});

test("stopping is told once, and an emptied box is stopping", () => {
  const { typing, told } = signal();
  typing.stop();
  typing.write("hello");
  typing.write(" ");
  typing.stop();
  typing.write("again");
  expect(told).toEqual(["typing.start", "typing.stop", "typing.start"]);
});

function watch(): { typing: Typing; tell: (name: string, payload: unknown) => void } {
  let listener: (name: string, payload: unknown) => void = () => undefined;
  const onEvent = (given: typeof listener): (() => void) => {
    listener = given;
    return () => undefined;
  };
  return { typing: new Typing({ onEvent }), tell: (name, payload) => listener(name, payload) };
}

test("who writes is shown for six seconds after the last sign of it", () => {
  const { typing, tell } = watch();
  tell("typing.started", { conversation_id: "c", user_id: 2 });
  vi.advanceTimersByTime(5000);
  tell("typing.started", { conversation_id: "c", user_id: 2 });
  vi.advanceTimersByTime(5000);
  expect(typing.in("c")).toEqual([2]);
  vi.advanceTimersByTime(1000);
  expect(typing.in("c")).toEqual([]);
});

test("it ends with the message and when told, for that person and conversation only", () => {
  const { typing, tell } = watch();
  for (const user_id of [2, 3]) tell("typing.started", { conversation_id: "c", user_id });
  tell("typing.started", { conversation_id: "d", user_id: 2 });
  tell("message.sent", { entry: { conversation_id: "c", from_user: 2 } });
  expect(typing.in("c")).toEqual([3]);
  expect(typing.in("d")).toEqual([2]);
  tell("typing.stopped", { conversation_id: "d", user_id: 2 });
  expect(typing.in("d")).toEqual([]);
});
