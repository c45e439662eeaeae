// What the tab that leads does for all: it has the connection, keeps the copy up to date, sends, tells receipts, fills the
// history, and passes on to the other tabs what is in no database. One object for each time that a tab leads.
import type { Receipts } from "../messages/receipts.ts";
import { PresenceBoard } from "../presence/board.ts";
import { Usage } from "../presence/usage.ts";
import type { Replica } from "../replica/database.ts";
import type { Outbox } from "../replica/outbox.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import { makeDelay, sleep } from "../replica/waiting.ts";
import type { Returning } from "../restored/returning.ts";
import type { Opener } from "../sealing/opener.ts";
import type { Sealing } from "../sealing/sealing.ts";
import type { Opened, Presence, PresenceChanged } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import { Socket, type ConnectionState, type SocketSettings } from "../wire/socket.ts";
import type { Filler } from "./fill.ts";
import type { Line } from "./line.ts";
import { Sync } from "./sync.ts";
import type { Tabs } from "./tabs.ts";

/** Events that only the leader needs: they end in the databases. */
const FOR_SYNC_ONLY = new Set(["log", "receipts.advanced"]);

/** What a tab has, leading or not. */
export interface TabParts {
  replica: Replica;
  own: OwnDatabase;
  line: Line;
  tabs: Tabs;
  outbox: Outbox;
  filler: Filler;
  receipts: Receipts;
  opener: Opener;
  sealing: Sealing;
  returning: Returning;
}

/** Told to this tab; the leader tells the others itself. */
export interface LeaderHooks {
  state(state: ConnectionState): void;
  event(name: string, payload: unknown): void;
  opened(presence: Presence[]): void;
  foreign(): void;
  /** Something could not be kept, or the server refused; it is tried again. */
  failed(error: unknown): void;
  /** The copy is up to date and kept. */
  works(): void;
}

export class Leader {
  readonly #parts: TabParts;
  readonly #hooks: LeaderHooks;
  readonly #signal: AbortSignal;
  readonly #socket: Socket;
  readonly #sync: Sync;
  readonly #usage: Usage;
  readonly #presence = new PresenceBoard(new Map());
  #connected = new AbortController();
  /** Of one connection and one database. */
  #work = new AbortController();
  /** The connection that brought the copy up to date, and on which the work goes on. */
  #opened: AbortSignal | undefined;
  #isRepairing = false;

  /** Leads until `signal` says otherwise. */
  constructor(parts: TabParts, hooks: LeaderHooks, settings: SocketSettings, signal: AbortSignal) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#signal = signal;
    this.#socket = new Socket(settings);
    const call = parts.line.call.bind(parts.line);
    this.#usage = new Usage((away) => void call("presence.set", { away }).catch(() => undefined));
    this.#sync = new Sync(parts.replica, call, {
      opened: (answer) => this.#begin(answer),
      moved: () => this.#stopWork(),
      foreign: () => hooks.foreign(),
      failed: (error) => this.repair(error),
    }, parts.opener);
    this.#socket.onState((state) => signal.aborted || this.#follow(state));
    this.#socket.onEvent((name, payload) => signal.aborted || this.#take(name, payload));
    signal.addEventListener("abort", () => this.#end());
  }

  start(isAway: boolean): void {
    this.#parts.line.use(this.#socket);
    this.setAway(isAway);
    this.#socket.connect();
  }

  /** Whether anybody uses the tab that leads. */
  setAway(isAway: boolean): void {
    this.#usage.set(this.#parts.tabs.id, isAway);
  }

  /** Another tab is here. One that has just come learns how all is. */
  welcome(tab: string, isAway: boolean): void {
    const { tabs } = this.#parts;
    if (!this.#usage.has(tab)) {
      tabs.watch(tab, this.#signal, () => this.#usage.remove(tab));
      tabs.announce();
      if (this.#opened) tabs.say({ type: "opened", presence: this.#presence.list() });
    }
    this.#usage.set(tab, isAway);
  }

  /** What came could not be kept: it is fetched again until it can. */
  repair(error: unknown): void {
    if (this.#signal.aborted) return;
    this.#hooks.failed(error);
    this.refresh();
  }

  /** Fetches anew what this connection may have told while it could not be kept. */
  refresh(): void {
    if (this.#isRepairing) return;
    this.#isRepairing = true;
    const { signal } = this.#connected;
    void sleep(makeDelay(0), signal)
      .then(() => this.#catchUp(signal))
      .finally(() => (this.#isRepairing = false));
  }

  #stopWork(): void {
    this.#work.abort();
    this.#opened = undefined;
  }

  #end(): void {
    this.#connected.abort();
    this.#stopWork();
    this.#usage.stop();
    this.#parts.line.use(undefined);
    this.#socket.close();
  }

  #follow(state: ConnectionState): void {
    this.#connected.abort();
    this.#stopWork();
    if (state === "online") {
      this.#usage.connect();
      this.#presence.connect();
    } else this.#presence.disconnect();
    this.#parts.tabs.say({ type: "state", state });
    this.#hooks.state(state);
    if (state !== "online") return;
    this.#connected = new AbortController();
    void this.#catchUp(this.#connected.signal);
  }

  #take(name: string, payload: unknown): void {
    if (name === "presence.changed") this.#presence.change((payload as PresenceChanged).presence);
    if (!FOR_SYNC_ONLY.has(name)) this.#parts.tabs.say({ type: "event", name, payload });
    this.#hooks.event(name, payload);
    this.#parts.sealing.take(name, payload);
    this.#sync.take(name, payload);
  }

  /** Tries until this connection is up to date or gone. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await this.#sync.open();
        this.#hooks.works();
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#hooks.failed(error);
        const retryAfter = error instanceof ProblemError ? (error.problem.retry_after ?? 0) : 0;
        await sleep(makeDelay(tries, retryAfter * 1000), signal);
      }
    }
  }

  #begin(answer: Opened): void {
    const { tabs, outbox, receipts, filler, sealing, returning } = this.#parts;
    const connected = this.#connected.signal;
    this.#presence.answer(answer.presence);
    tabs.say({ type: "opened", presence: answer.presence });
    this.#hooks.opened(answer.presence);
    if (this.#opened === connected || connected.aborted) return;
    this.#opened = connected;
    this.#work = new AbortController();
    const { signal } = this.#work;
    void this.#keep(signal, () => returning.run(signal, (conversation) => this.#lookAgain(conversation)));
    void this.#keep(signal, () => sealing.run(answer.generation, signal));
    void this.#keep(signal, () => outbox.drain(signal));
    void this.#keep(signal, () => receipts.run(signal));
    void this.#keep(signal, () => filler.run(signal));
  }

  /** A conversation has got back what was lost of it. */
  async #lookAgain(conversation: string): Promise<void> {
    const { replica, sealing } = this.#parts;
    await replica.conversations.update(conversation, { is_stale: true });
    await this.#sync.refreshStale();
    sealing.lookAgain([conversation]);
  }

  /** Works as long as this connection lasts; a failure is told and the work begins again. */
  async #keep(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await work();
      } catch (error) {
        if (signal.aborted) return;
        this.#hooks.failed(error);
      }
      await sleep(makeDelay(tries), signal);
    }
  }
}
