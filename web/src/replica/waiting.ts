// Ways to wait that end when they are told to: for a change in a database (of any tab), for a while.
import { liveQuery } from "dexie";

/**
 * A query for `liveQuery` that is asked at once, and after a change only when `rest` has passed: changes that come
 * together are read once, and never while something more urgent is to be done.
 */
export function pace<T>(query: () => Promise<T>, rest: () => Promise<void>): () => Promise<T> {
  let turn = 0;
  let resting: Promise<void> | undefined;
  return async () => {
    const own = ++turn;
    // Dexie notes what a query reads only where it goes on after a promise of Dexie's, which `resolve` makes of any.
    if (own > 1) await Promise.resolve((resting ??= rest().finally(() => (resting = undefined))));
    // After another change meanwhile, Dexie has asked again and drops this answer.
    return own === turn ? query() : (undefined as T);
  };
}

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
