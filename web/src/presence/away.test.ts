import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { AwayWatch, type Surface } from "./away.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;

function open() {
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" as DocumentVisibilityState });
  const window = new EventTarget();
  const told: boolean[] = [];
  const watch = new AwayWatch((isAway) => told.push(isAway), { document, window } as unknown as Surface);
  const stop = watch.start();
  const show = (state: DocumentVisibilityState): void => {
    document.visibilityState = state;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  return { stop, told, show, touch: () => void window.dispatchEvent(new Event("pointerdown")) };
}

test("hidden is away, shown is back", () => {
  const { told, show } = open();
  show("hidden");
  show("visible");
  expect(told).toEqual([true, false]);
});

test("five minutes without a touch is away; a touch is back", () => {
  const { told, touch } = open();
  vi.advanceTimersByTime(4 * MINUTE);
  touch();
  vi.advanceTimersByTime(4 * MINUTE);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(MINUTE);
  touch();
  expect(told).toEqual([true, false]);
});

test("who has stopped to watch tells nothing", () => {
  const { told, show, stop } = open();
  stop();
  show("hidden");
  expect(told).toEqual([]);
});
