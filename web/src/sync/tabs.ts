// Which of a user's tabs leads: it alone holds the connection and does the work, the others follow it and the database.
// The right to lead is a Web Lock, so a tab that is closed or dies frees it at once. Browsers slow hidden tabs down,
// so a tab that is looked at takes over from one that is not, and from one that gives no answer.
import { randomId } from "../lib/bytes.ts";
import type { StorageTrouble } from "../replica/watch.ts";
import type { Presence } from "../wire/contract.ts";
import type { ConnectionState } from "../wire/socket.ts";

/** Milliseconds that a tab is looked at before it asks to lead: paging through tabs moves nothing. */
const SETTLE = 300;
/** Milliseconds after which a leader that does not answer is taken for frozen. */
const PATIENCE = 4000;
/** Milliseconds between two looks at whether the leader still answers. */
const WATCH = 15_000;

/** What tabs say to each other. */
export type Word =
  /** The leader, when it begins, is shown or hidden, or is asked. */
  | { type: "leads"; isVisible: boolean; state: ConnectionState; trouble: StorageTrouble | null }
  /** A tab is here; whether nobody uses it. */
  | { type: "here"; tab: string; isAway: boolean }
  | { type: "claim"; tab: string }
  | { type: "yielded"; to: string }
  | { type: "state"; state: ConnectionState }
  | { type: "opened"; presence: Presence[] }
  | { type: "event"; name: string; payload: unknown }
  | { type: "trouble"; trouble: StorageTrouble | null }
  /** A tab that does not lead has written entries that wait to be opened. */
  | { type: "waiting" };

/** What this file uses of a BroadcastChannel. */
export interface Channel {
  postMessage(word: Word): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Word>) => void): void;
  close(): void;
}

export type Locks = Pick<LockManager, "request">;

export interface TabsSettings {
  /** Tabs of one name share a connection. */
  name: string;
  /** Both are missing where the browser withholds them: then every tab leads itself. */
  locks: Locks | undefined;
  open: (() => Channel) | undefined;
  isVisible(): boolean;
  /** This tab leads from now until `signal` says otherwise. */
  lead(signal: AbortSignal): void;
  /** What the leader tells about itself. */
  describe(): Pick<Extract<Word, { type: "leads" }>, "state" | "trouble">;
  hear(word: Word): void;
}

export class Tabs {
  readonly id = randomId();
  readonly #settings: TabsSettings;
  readonly #stopped = new AbortController();
  #channel: Channel | undefined;
  /** Present while this tab leads. */
  #leading: AbortController | undefined;
  /** Lets go of the lock. */
  #release: (() => void) | undefined;
  /** Ends waiting in the line for the lock. */
  #waiting = new AbortController();
  #claim: ReturnType<typeof setTimeout> | undefined;
  #look: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;

  constructor(settings: TabsSettings) {
    this.#settings = settings;
  }

  get isLeading(): boolean {
    return this.#leading !== undefined;
  }

  start(): void {
    const { locks, open, name } = this.#settings;
    if (!locks || !open) return this.#begin();
    this.#channel = open();
    this.#channel.addEventListener("message", (event) => this.#hear(event.data));
    // Held for the tab's life, so that whoever leads learns of its end.
    this.#hold(`${name} ${this.id}`, this.#stopped.signal, () => new Promise(() => undefined));
    void this.#queue();
    this.#watch = setInterval(() => this.#ask(), WATCH);
    this.look();
  }

  stop(): void {
    this.#stopped.abort();
    this.#waiting.abort();
    for (const timer of [this.#claim, this.#look]) clearTimeout(timer);
    clearInterval(this.#watch);
    this.#end();
    this.#release?.();
    this.#channel?.close();
    this.#channel = undefined;
  }

  say(word: Word): void {
    this.#channel?.postMessage(word);
  }

  /** The tab was shown or hidden. */
  look(): void {
    clearTimeout(this.#look);
    if (this.#leading) this.announce();
    else this.#look = setTimeout(() => this.#ask(), SETTLE);
  }

  /** Calls back when the tab `id` is gone; not after `signal`. */
  watch(id: string, signal: AbortSignal, gone: () => void): void {
    this.#hold(`${this.#settings.name} ${id}`, signal, () => {
      if (!signal.aborted) gone();
      return Promise.resolve();
    });
  }

  #hold(name: string, signal: AbortSignal, work: () => Promise<void>): void {
    const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    void this.#settings.locks
      ?.request(name, { signal }, () => Promise.race([work(), ended]))
      .catch((error: unknown) => signal.aborted || console.warn("a tab's lock was refused", error));
  }

  /** Waits in line to lead, again and again. */
  async #queue(): Promise<void> {
    const { locks, name } = this.#settings;
    for (let isTaking = false; !this.#stopped.signal.aborted; ) {
      const waiting = (this.#waiting = new AbortController());
      const options = isTaking ? { steal: true } : { signal: waiting.signal };
      isTaking = false;
      let isHeld = false;
      try {
        await locks!.request(name, options, () => {
          isHeld = true;
          return this.#take();
        });
      } catch (error) {
        // Both who takes over and who is taken from learn of it this way; anything else is a browser without locks.
        if ((error as Error).name !== "AbortError") return this.#begin();
        if (isHeld) this.#lose();
        else isTaking = true;
      }
    }
  }

  #take(): Promise<void> {
    if (this.#stopped.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#release = resolve;
      this.#begin();
    });
  }

  #begin(): void {
    clearTimeout(this.#claim);
    this.#claim = undefined;
    if (this.#leading || this.#stopped.signal.aborted) return;
    this.#leading = new AbortController();
    this.#settings.lead(this.#leading.signal);
    this.announce();
  }

  #end(): void {
    this.#leading?.abort();
    this.#leading = undefined;
  }

  #lose(): void {
    this.#end();
    this.look();
  }

  /** Tells the others who leads, and how it is. */
  announce(): void {
    this.say({ type: "leads", isVisible: this.#settings.isVisible(), ...this.#settings.describe() });
  }

  /** Asks to lead, if this tab is looked at: the leader makes way unless it is looked at too. */
  #ask(): void {
    if (this.#leading || this.#claim !== undefined || !this.#settings.isVisible()) return;
    this.say({ type: "claim", tab: this.id });
    this.#claim = setTimeout(() => this.#seize(), PATIENCE);
  }

  #seize(): void {
    clearTimeout(this.#claim);
    this.#claim = undefined;
    if (!this.#leading) this.#waiting.abort();
  }

  /** Makes way for a tab that is looked at. The lock stays here until it is taken, so that nobody slips in between. */
  #yield(to: string): void {
    this.#end();
    this.say({ type: "yielded", to });
    this.#claim = setTimeout(() => this.#begin(), PATIENCE);
  }

  #hear(word: Word): void {
    if (this.#stopped.signal.aborted) return;
    if (word.type === "claim") {
      if (!this.#leading) return;
      if (this.#settings.isVisible()) this.announce();
      else this.#yield(word.tab);
    } else if (word.type === "yielded") {
      if (word.to === this.id) this.#seize();
    } else {
      if (word.type === "leads") this.#follow(word.isVisible);
      this.#settings.hear(word);
    }
  }

  /** There is a leader, and it answers. */
  #follow(isVisible: boolean): void {
    if (this.#leading) return;
    clearTimeout(this.#claim);
    this.#claim = undefined;
    if (!isVisible) this.look();
  }
}
