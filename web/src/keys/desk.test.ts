import { afterEach, expect, test, vi } from "vitest";

import { ProblemError } from "../wire/http.ts";
import { Desk, type DeskChannel, type DeskSettings, type Said } from "./desk.ts";

/** Channels that hear each other, as those of tabs do: never themselves. */
class Tabs {
  readonly #listeners = new Map<DeskChannel, (event: MessageEvent<Said>) => void>();

  open(): DeskChannel {
    const channel: DeskChannel = {
      postMessage: (said) => {
        for (const [other, listener] of this.#listeners) if (other !== channel) listener({ data: structuredClone(said) } as MessageEvent<Said>);
      },
      addEventListener: (_type, listener) => void this.#listeners.set(channel, listener),
      close: () => void this.#listeners.delete(channel),
    };
    return channel;
  }
}

const carryOut = (answer: (act: string, needs: object) => unknown): DeskSettings["carryOut"] => (async (act: string, needs: object) => answer(act, needs)) as DeskSettings["carryOut"];

function makeDesk(tabs: Tabs, isLeading: boolean, answer: (act: string, needs: object) => unknown): Desk {
  return new Desk({ isLeading: () => isLeading, channel: tabs.open(), carryOut: carryOut(answer) });
}

afterEach(() => void vi.useRealTimers());

test("the tab that leads carries out what any tab asks, once", async () => {
  const tabs = new Tabs();
  const [leading, other] = [vi.fn(() => null), vi.fn(() => null)];
  const first = makeDesk(tabs, true, leading);
  const second = makeDesk(tabs, false, other);
  makeDesk(tabs, false, other);
  expect(await second.ask("takeComparisonBack", { user: 7 })).toBeNull();
  expect(leading).toHaveBeenCalledExactlyOnceWith("takeComparisonBack", { user: 7 });
  await first.ask("takeComparisonBack", { user: 8 });
  expect(leading).toHaveBeenCalledTimes(2);
  expect(other).not.toHaveBeenCalled();
});

test("what goes wrong there is said here", async () => {
  const tabs = new Tabs();
  makeDesk(tabs, true, () => {
    throw new ProblemError({ code: "keys_refused", status: 0, title: "No", detail: "changed_identity" });
  });
  const asking = makeDesk(tabs, false, () => null).ask("acceptIdentity", { user: 7, fingerprint: "0" });
  await expect(asking).rejects.toMatchObject({ problem: { code: "keys_refused", detail: "changed_identity" } });
});

test("who is answered by nobody is told so, in the end or when the tab goes", async () => {
  vi.useFakeTimers();
  const desk = makeDesk(new Tabs(), false, () => null);
  const late = expect(desk.ask("takeComparisonBack", { user: 7 })).rejects.toMatchObject({ problem: { code: "busy" } });
  await vi.advanceTimersByTimeAsync(30_000);
  await late;
  const gone = expect(desk.ask("takeComparisonBack", { user: 7 })).rejects.toMatchObject({ problem: { code: "busy" } });
  desk.close();
  await gone;
});

test("without channels every tab leads", async () => {
  const desk = new Desk({ isLeading: () => false, channel: undefined, carryOut: carryOut(() => null) });
  expect(await desk.ask("takeComparisonBack", { user: 7 })).toBeNull();
});
