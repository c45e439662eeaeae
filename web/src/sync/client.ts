// Everything one signed-in tab runs: its local copy, its connection, and the work that goes on while connected. What only
// one tab of the browser may do (sending, receipts, filling the history) is done under a Web Lock. No DOM in here.
import { Outbox } from "../replica/outbox.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { Replica } from "../replica/database.ts";
import { makeDelay, runInOneTab, sleep } from "../replica/waiting.ts";
import { watchStorage } from "../replica/watch.ts";
import { Receipts } from "../messages/receipts.ts";
import type { CommandName, Commands, Opened, SessionEnded } from "../wire/contract.ts";
import { post, ProblemError } from "../wire/http.ts";
import { Socket, type ConnectionState, type SocketSettings } from "../wire/socket.ts";
import { Filler } from "./fill.ts";
import { Sync } from "./sync.ts";

/** Why a session ended; "unknown" when the server only says that it has. */
export type EndReason = SessionEnded["reason"] | "unknown";

export interface ClientSettings {
  user: number;
  device: string;
  locks: Pick<LockManager, "request">;
  checkSession: SocketSettings["checkSession"];
  /** The session is over, by whatever side. */
  ended(reason: EndReason): void;
  /** The cookie belongs to somebody else now. */
  foreign(): void;
  /** Something could not be kept or read here: the disk is full, the database does not open. It is tried again. */
  failed(error: unknown): void;
  /** Something was kept. */
  works?(): void;
  /** The databases were closed from outside: wiped, or removed by another tab. Begin anew. */
  lost?(): void;
  /** Another tab has brought the databases to a newer form. */
  outdated?(): void;
  /** The databases did not exist before now. */
  made?(): void;
  openSocket?: SocketSettings["open"];
}

export class Client {
  readonly replica: Replica;
  readonly own: OwnDatabase;
  readonly socket: Socket;
  readonly outbox: Outbox;
  readonly filler: Filler;
  readonly sync: Sync;
  readonly #receipts: Receipts;
  readonly #settings: ClientSettings;
  readonly #openedListeners = new Set<(answer: Opened) => void>();
  readonly #stopped = new AbortController();
  #connected = new AbortController();
  #isRepairing = false;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    const { user, device, checkSession, openSocket } = settings;
    this.replica = new Replica(user);
    this.own = new OwnDatabase(user);
    const fates = { lost: () => settings.lost?.(), outdated: () => settings.outdated?.() };
    for (const database of [this.replica, this.own]) watchStorage(database, fates);
    this.own.on("populate", () => settings.made?.());
    this.socket = new Socket({ checkSession, ...(openSocket ? { open: openSocket } : {}) });
    const call = this.socket.call.bind(this.socket);
    this.outbox = new Outbox(this.own, this.replica, this.socket, device);
    this.filler = new Filler(this.replica, call);
    this.#receipts = new Receipts(this.replica, this.own, call);
    this.sync = new Sync(this.replica, this.own, call, {
      opened: (answer) => this.#begin(answer),
      foreign: () => settings.foreign(),
      failed: (error) => this.#repair(error),
    });
    this.socket.onState((state) => this.#follow(state));
    this.socket.onEvent((name, payload) => this.#take(name, payload));
  }

  start(): void {
    void this.#openStorage(this.#stopped.signal);
    this.socket.connect();
  }

  /** Ends everything in this tab; what is stored stays. */
  stop(): void {
    this.#connected.abort();
    this.#stopped.abort();
    this.socket.close();
    this.replica.close();
    this.own.close();
  }

  /** Ends everything and removes the local copy; with `everything`, also what was not sent. */
  async forget(everything: boolean): Promise<void> {
    this.stop();
    await this.replica.delete();
    if (everything) await this.own.delete();
  }

  /** Something could not be kept: told, and tried again until there is room. */
  readonly failed = (error: unknown): void => this.#repair(error);

  /** Gives a command over the socket, or over HTTP while there is none. Throws ProblemError. */
  call<N extends CommandName>(name: N, input: Commands[N]["input"]): Promise<Commands[N]["result"]> {
    if (this.socket.state === "online") return this.socket.call(name, input);
    return post<Commands[N]["result"]>(`/api/${name}`, input);
  }

  /** Calls back after every (re)connection, once the copy is up to date. */
  onOpened(listener: (answer: Opened) => void): () => void {
    this.#openedListeners.add(listener);
    return () => this.#openedListeners.delete(listener);
  }

  #follow(state: ConnectionState): void {
    this.#connected.abort();
    if (state === "signed_out") this.#settings.ended("unknown");
    if (state !== "online") return;
    this.#connected = new AbortController();
    void this.#catchUp(this.#connected.signal);
  }

  #take(name: string, payload: unknown): void {
    if (name === "session.ended") {
      this.socket.close();
      this.#settings.ended((payload as SessionEnded).reason);
    } else this.sync.take(name, payload);
  }

  /** Without its databases nothing can be shown, connected or not: they are tried until they open. */
  async #openStorage(signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await Promise.all([this.replica.open(), this.own.open()]);
        if (tries > 0) this.#settings.works?.();
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#settings.failed(error);
        await sleep(makeDelay(tries), signal);
      }
    }
  }

  /** What came live could not be kept: it is fetched again until it can. */
  #repair(error: unknown): void {
    if (this.#stopped.signal.aborted) return;
    this.#settings.failed(error);
    if (this.#isRepairing) return;
    this.#isRepairing = true;
    const { signal } = this.#connected;
    void sleep(makeDelay(0), signal)
      .then(() => this.#catchUp(signal))
      .finally(() => (this.#isRepairing = false));
  }

  /** Tries until this connection is up to date or gone. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await this.sync.open();
        this.#settings.works?.();
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ProblemError)) this.#settings.failed(error);
        const retryAfter = error instanceof ProblemError ? (error.problem.retry_after ?? 0) : 0;
        await sleep(makeDelay(tries, retryAfter * 1000), signal);
      }
    }
  }

  #begin(answer: Opened): void {
    const { signal } = this.#connected;
    for (const listener of this.#openedListeners) listener(answer);
    const { user } = this.#settings;
    void this.#keep(`hearth outbox ${user}`, signal, () => this.outbox.drain(signal));
    void this.#keep(`hearth receipts ${user}`, signal, () => this.#receipts.run(signal));
    void this.#keep(`hearth history ${user}`, signal, () => this.filler.run(signal));
  }

  /** Does work in one tab as long as this connection lasts; a failure is told and the work begins again. */
  async #keep(lock: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await runInOneTab(this.#settings.locks, lock, signal, work);
      } catch (error) {
        if (signal.aborted) return;
        this.#settings.failed(error);
      }
      await sleep(makeDelay(tries), signal);
    }
  }
}
