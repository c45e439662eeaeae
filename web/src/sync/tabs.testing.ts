// Web Locks and a BroadcastChannel for tests: several tabs in one process. A tab can be frozen: it hears nothing then.
import type { Channel, Locks, Word } from "./tabs.ts";

type Work = (lock: unknown) => Promise<unknown>;

interface Asked {
  work: Work;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const makeAbort = (): Error => Object.assign(new Error("aborted"), { name: "AbortError" });

export class TestBrowser {
  readonly #held = new Map<string, Asked>();
  readonly #lines = new Map<string, Asked[]>();
  readonly #channels = new Map<string, Set<TestChannel>>();

  readonly locks = {
    request: (name: string, options: LockOptions, work: Work): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (options.signal?.aborted) return reject(makeAbort());
        const asked = { work, resolve, reject };
        const line = this.#lines.get(name) ?? [];
        this.#lines.set(name, line);
        if (options.steal) {
          line.unshift(asked);
          this.#held.get(name)?.reject(makeAbort());
          this.#held.delete(name);
        } else line.push(asked);
        options.signal?.addEventListener("abort", () => {
          const place = line.indexOf(asked);
          if (place < 0) return;
          line.splice(place, 1);
          reject(makeAbort());
        });
        this.#grant(name);
      }),
  } as unknown as Locks;

  openChannel = (name: string): TestChannel => {
    const others = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, others);
    const channel = new TestChannel(others);
    others.add(channel);
    return channel;
  };

  #grant(name: string): void {
    if (this.#held.has(name)) return;
    const asked = this.#lines.get(name)?.shift();
    if (!asked) return;
    this.#held.set(name, asked);
    const free = (settle: () => void): void => {
      settle();
      if (this.#held.get(name) !== asked) return;
      this.#held.delete(name);
      this.#grant(name);
    };
    queueMicrotask(() => {
      asked.work({}).then(
        (value) => free(() => asked.resolve(value)),
        (error: Error) => free(() => asked.reject(error)),
      );
    });
  }
}

export class TestChannel implements Channel {
  isFrozen = false;
  readonly #others: Set<TestChannel>;
  readonly #listeners: ((event: MessageEvent<Word>) => void)[] = [];

  constructor(others: Set<TestChannel>) {
    this.#others = others;
  }

  postMessage(word: Word): void {
    for (const other of this.#others) {
      if (other === this || other.isFrozen) continue;
      const data = structuredClone(word);
      queueMicrotask(() => other.#listeners.forEach((listener) => listener({ data } as MessageEvent<Word>)));
    }
  }

  addEventListener(_: "message", listener: (event: MessageEvent<Word>) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#others.delete(this);
  }
}
