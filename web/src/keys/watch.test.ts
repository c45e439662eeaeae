import { expect, test, vi } from "vitest";

import { ProblemError } from "../wire/http.ts";
import { KeysWatch } from "./watch.ts";

interface Tab {
  client: Parameters<KeysWatch["start"]>[0];
  open: () => void;
  tell: (name: string, payload: unknown) => void;
}

function openTab(isLeading: boolean): Tab {
  let opened = (): void => undefined;
  let event = (_name: string, _payload: unknown): void => undefined;
  const client: Tab["client"] = {
    tabs: { isLeading },
    replica: { me: 7 },
    onOpened: (listener) => ((opened = () => listener([])), () => (opened = () => undefined)),
    socket: { onEvent: (listener) => ((event = listener), () => (event = () => undefined)) },
  };
  return { client, open: () => opened(), tell: (name, payload) => event(name, payload) };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("the tab that leads looks at every connection and when one's own chain grows; others do not", async () => {
  for (const [isLeading, times] of [[true, 3], [false, 0]] as const) {
    const keys = { look: vi.fn(() => Promise.resolve()), refuse: vi.fn() };
    const { client, open, tell } = openTab(isLeading);
    const stop = new KeysWatch(keys, Promise.resolve()).start(client);
    open();
    await settle();
    open();
    await settle();
    tell("chain.grown", { user_id: 7, n: 5 });
    tell("chain.grown", { user_id: 8, n: 5 });
    await settle();
    expect(keys.look).toHaveBeenCalledTimes(times);
    stop();
    open();
    await settle();
    expect(keys.look).toHaveBeenCalledTimes(times);
  }
});

test("one look after the other, and one more for whatever came meanwhile, once the page is calm", async () => {
  let finish = (): void => undefined;
  let calmDown = (): void => undefined;
  const look = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const watch = new KeysWatch({ look, refuse: vi.fn() }, new Promise((resolve) => (calmDown = resolve)));
  for (let asked = 0; asked < 3; asked += 1) void watch.look();
  await settle();
  expect(look).not.toHaveBeenCalled();
  calmDown();
  await settle();
  expect(look).toHaveBeenCalledTimes(1);
  void watch.look();
  void watch.look();
  finish();
  await settle();
  expect(look).toHaveBeenCalledTimes(2);
  finish();
  await settle();
  expect(look).toHaveBeenCalledTimes(2);
});

test("what cannot be is kept; a server that was not reached is not", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const refuse = vi.fn(() => Promise.resolve());
  const failing = (code: string): KeysWatch =>
    new KeysWatch({ look: () => Promise.reject(new ProblemError({ code, status: 0, title: "", detail: "rollback" })), refuse }, Promise.resolve());
  await failing("network").look();
  expect(refuse).not.toHaveBeenCalled();
  await failing("keys_refused").look();
  expect(refuse).toHaveBeenCalledWith("rollback");
});
