// How much a password must cost to try. The floor is ours: a server that asks for less is not obeyed, because it could
// then guess the password from auth_key. Only a test server on this very machine may ask for less.
import type { Stretching } from "./derive.ts";

export const FULL: Stretching = { memory: 65_536, iterations: 3, parallelism: 1 };
/** For servers started with --insecure-test-kdf, on loopback only. */
const TEST: Stretching = { memory: 64, iterations: 1, parallelism: 1 };
/** More than this would only serve to hang the browser. */
const CEILING: Stretching = { memory: 1_048_576, iterations: 20, parallelism: 16 };

export class WeakStretchingError extends Error {
  constructor() {
    super("the server asks for a password hash that is too weak or out of bounds");
    this.name = "WeakStretchingError";
  }
}

export function isLoopback(hostname: string): boolean {
  return /^(localhost|[\w.-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function isAllowedTest(isTestServer: boolean, hostname: string): boolean {
  return isTestServer && isLoopback(hostname);
}

/** What a new password is stretched with. */
export function chooseStretching(isTestServer: boolean, hostname: string): Stretching {
  return isAllowedTest(isTestServer, hostname) ? TEST : FULL;
}

/** Throws WeakStretchingError for parameters below the floor or above the ceiling. */
export function requireStrong(asked: Stretching, isTestServer: boolean, hostname: string): Stretching {
  const floor = isAllowedTest(isTestServer, hostname) ? { memory: 8, iterations: 1, parallelism: 1 } : FULL;
  for (const name of ["memory", "iterations", "parallelism"] as const) {
    const value = asked[name];
    if (!Number.isSafeInteger(value) || value < floor[name] || value > CEILING[name]) throw new WeakStretchingError();
  }
  return asked;
}
