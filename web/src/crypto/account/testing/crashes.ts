// A device that dies between any two steps: it dies right after each call of the server or of the storage in turn. Nothing
// that lasts happens between two calls, so dying before the next one is the same.
import type { Account } from "../self.ts";
import type { KeyStore } from "../../keys/key-store.ts";
import { type AccountServer, NoAnswer } from "../server.ts";

export class Crash extends Error {}

export class Crashes {
  calls = 0;

  /** Dies after call `at`, from 0. */
  constructor(private readonly at: number) {}

  wrap<T extends KeyStore | AccountServer>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== "function") return value;
        return async (...given: unknown[]): Promise<unknown> => {
          const mine = this.calls;
          this.calls += 1;
          const result: unknown = await (value as (...all: unknown[]) => Promise<unknown>).apply(object, given);
          if (mine === this.at) throw new Crash();
          return result;
        };
      },
    });
  }
}

/** Runs `flow` again and again on a fresh world, dying one step later each time, until it lives through. Returns how often it died. */
export async function dieEverywhere<W>(
  begin: () => Promise<W>, flow: (world: W, crashes: Crashes) => Promise<void>, afterwards: (world: W) => Promise<void>,
): Promise<number> {
  for (let at = 0; ; at += 1) {
    const world = await begin();
    const crashes = new Crashes(at);
    try {
      await flow(world, crashes);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
    if (crashes.calls <= at) return at;
    await afterwards(world);
  }
}

/** Every request is carried out, and the first answer to each kind of request is lost. Returns the account and what was lost. */
export function losing(account: Account): { account: Account; lost: Set<string> } {
  const lost = new Set<string>();
  const writes = new Set(["setUp", "addDevice", "retire", "removeDevices", "changePassword", "changeWays", "renew", "resetHere", "appendRows"]);
  const server = new Proxy(account.server, {
    get: (object, name) => async (...given: unknown[]): Promise<unknown> => {
      const act = Reflect.get(object, name, object) as (...all: unknown[]) => Promise<unknown>;
      const result = await act.apply(object, given);
      if (!writes.has(String(name)) || lost.has(String(name))) return result;
      lost.add(String(name));
      throw new NoAnswer();
    },
  });
  return { account: { ...account, server }, lost };
}
