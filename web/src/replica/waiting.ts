// Ways to wait that end when they are told to: for a change in a database (of any tab), for a while.
import { liveQuery } from "dexie";

/** Resolves with the first value of `query` that is not undefined, now or after any change; undefined once aborted. */
export function waitForValue<T>(query: () => Promise<T | undefined>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      signal.removeEventListener("abort", abort);
      queueMicrotask(() => subscription.unsubscribe());
      settle();
    };
    const abort = (): void => end(() => resolve(undefined));
    const subscription = liveQuery(query).subscribe({
      next: (value) => {
        if (value !== undefined) end(() => resolve(value));
      },
      error: (error: unknown) => end(() => reject(error)),
    });
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
}

/** Resolves after `milliseconds`, or at once when aborted. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}

/** Milliseconds to wait before attempt `tries` + 1: doubling from half a second to half a minute, half of it by chance. */
export function makeDelay(tries: number, atLeast = 0, random: () => number = Math.random): number {
  const longest = Math.min(30_000, 500 * 2 ** Math.min(tries, 10));
  return atLeast + longest * (0.5 + random() / 2);
}
