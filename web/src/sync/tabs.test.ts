import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type Locks, Tabs, type Word } from "./tabs.ts";
import { TestBrowser, type TestChannel } from "./tabs.testing.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  for (const tab of tabs.splice(0)) tab.tabs.stop();
  vi.useRealTimers();
});

interface Tab {
  tabs: Tabs;
  isVisible: boolean;
  /** How often it began to lead. */
  begun: number;
  heard: Word[];
  channel: TestChannel | undefined;
}
const tabs: Tab[] = [];

function open(browser: TestBrowser, isVisible = true, locks: Locks | undefined = browser.locks): Tab {
  const tab: Tab = { tabs: undefined!, isVisible, begun: 0, heard: [], channel: undefined };
  tab.tabs = new Tabs({
    ...{ name: "hearth 1", locks, open: () => (tab.channel = browser.openChannel("hearth 1")) },
    isVisible: () => tab.isVisible,
    lead: () => void tab.begun++,
    describe: () => ({ state: "online", trouble: null }),
    hear: (word) => void tab.heard.push(word),
  });
  tab.tabs.start();
  tabs.push(tab);
  return tab;
}

function show(tab: Tab, isVisible: boolean): void {
  tab.isVisible = isVisible;
  tab.tabs.look();
}

/** Which of them lead. */
const leading = (...all: Tab[]): number[] => all.flatMap((tab, index) => (tab.tabs.isLeading ? [index] : []));
const wait = (milliseconds = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

test("of five tabs one leads; when it goes the next one does", async () => {
  const browser = new TestBrowser();
  const all = Array.from({ length: 5 }, () => open(browser));
  await wait(20_000);
  expect(leading(...all)).toEqual([0]);
  all[0]!.tabs.stop();
  await wait();
  expect(leading(...all)).toEqual([1]);
  expect(all.map((tab) => tab.begun)).toEqual([1, 1, 0, 0, 0]);
});

test("a tab that is looked at takes over from a hidden one, at once and for good", async () => {
  const browser = new TestBrowser();
  const [one, two, three] = [open(browser), open(browser, false), open(browser, false)];
  await wait(5000);
  show(one, false);
  show(three, true);
  await wait(400);
  expect(leading(one, two, three)).toEqual([2]);
  await wait(60_000);
  expect(leading(one, two, three)).toEqual([2]);
  expect(three.begun).toBe(1);
});

test("of two tabs side by side the leader stays, and hands over when it is hidden", async () => {
  const browser = new TestBrowser();
  const [one, two] = [open(browser), open(browser)];
  await wait(60_000);
  expect([one.begun, two.begun]).toEqual([1, 0]);
  show(one, false);
  await wait(400);
  expect(leading(one, two)).toEqual([1]);
});

test("two tabs that are shown at once do not take turns", async () => {
  const browser = new TestBrowser();
  const [one, two, three] = [open(browser, false), open(browser, false), open(browser, false)];
  await wait();
  show(two, true);
  show(three, true);
  await wait(60_000);
  expect(leading(one, two, three)).toHaveLength(1);
  expect(one.tabs.isLeading).toBe(false);
  expect(two.begun + three.begun).toBe(1);
});

test("paging through tabs moves nothing", async () => {
  const browser = new TestBrowser();
  const [one, two] = [open(browser), open(browser, false)];
  await wait();
  show(one, false);
  show(two, true);
  await wait(100);
  show(two, false);
  show(one, true);
  await wait(60_000);
  expect([one.begun, two.begun]).toEqual([1, 0]);
});

test("who makes way for a tab that dies in that moment leads on", async () => {
  const browser = new TestBrowser();
  const [one, two] = [open(browser, false), open(browser, false)];
  await wait();
  two.channel!.postMessage({ type: "claim", tab: "somebody who is gone" });
  await wait(10);
  expect(leading(one, two)).toEqual([]);
  await wait(4000);
  expect(leading(one, two)).toEqual([0]);
});

test("a leader that is frozen is replaced, and does not take back what it lost", async () => {
  const browser = new TestBrowser();
  const [one, two] = [open(browser), open(browser)];
  await wait();
  one.channel!.isFrozen = true;
  one.isVisible = false;
  await wait(20_000);
  expect(leading(one, two)).toEqual([1]);
  one.channel!.isFrozen = false;
  show(one, true);
  await wait(60_000);
  expect(leading(one, two)).toEqual([1]);
  expect(one.begun).toBe(1);
});

test("without locks every tab leads, and none makes way", async () => {
  const browser = new TestBrowser();
  const refusing = { request: () => Promise.reject(new DOMException("no", "SecurityError")) } as unknown as Locks;
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const all = [open(browser, true, refusing), open(browser, true, refusing)];
  await wait(60_000);
  expect(leading(...all)).toEqual([0, 1]);
  const missing = open(browser);
  missing.tabs.stop();
  expect(missing.tabs.isLeading).toBe(false);
});

test("the leader learns of the end of a tab it watches", async () => {
  const browser = new TestBrowser();
  const [one, two] = [open(browser), open(browser)];
  await wait();
  const gone = vi.fn();
  one.tabs.watch(two.tabs.id, new AbortController().signal, gone);
  await wait(1000);
  expect(gone).not.toHaveBeenCalled();
  two.tabs.stop();
  await wait();
  expect(gone).toHaveBeenCalledOnce();
});
