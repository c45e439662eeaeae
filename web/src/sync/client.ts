// Everything one signed-in tab runs: its local copy, its place among the user's tabs, and, in the tab that leads, the
// connection and all work (leader.ts). The other tabs follow the databases, and the leader's words for what is in none:
// decision 12. No DOM in here.
import { Receipts } from "../messages/receipts.ts";
import { Replica } from "../replica/database.ts";
import { Outbox } from "../replica/outbox.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { tryToKeep } from "../replica/room.ts";
import { makeDelay, sleep } from "../replica/waiting.ts";
import { isOfNewer, judgeTrouble, type StorageTrouble, watchStorage } from "../replica/watch.ts";
import { Returning } from "../restored/returning.ts";
import type { AskConversations } from "../sealing/ask.ts";
import { Opener } from "../sealing/opener.ts";
import { Sealing } from "../sealing/sealing.ts";
import { Sender } from "../sealing/sender.ts";
import type { CommandName, Commands, Presence, SessionEnded } from "../wire/contract.ts";
import { post } from "../wire/http.ts";
import { isPassing } from "../wire/problem.ts";
import type { ConnectionState, SocketSettings } from "../wire/socket.ts";
import { Filler } from "./fill.ts";
import { Leader } from "./leader.ts";
import { Line } from "./line.ts";
import { type Channel, Tabs, type TabsSettings, type Word } from "./tabs.ts";

/** Why a session ended; "unknown" when the server only says that it has. */
export type EndReason = SessionEnded["reason"] | "unknown";

export interface ClientSettings extends Pick<TabsSettings, "locks" | "isVisible"> {
  user: number;
  device: string;
  openChannel: ((name: string) => Channel) | undefined;
  checkSession: SocketSettings["checkSession"];
  /** The keys' worker. */
  askKeys: AskConversations;
  /** The session is over, by whatever side. */
  ended(reason: EndReason): void;
  /** The cookie belongs to somebody else now. */
  foreign(): void;
  /** Something is wrong with this device's storage (null: not any more). Whatever failed is tried again. */
  storage(trouble: StorageTrouble | null): void;
  /** The databases were closed from outside: wiped, or removed by another tab. Begin anew. */
  lost?(): void;
  /** Another tab has brought the databases to a newer form. */
  outdated?(): void;
  /** The databases did not exist before now. */
  made?(): void;
  openSocket?: SocketSettings["open"];
}

/** The file that this code is in: its name changes with its content, and only tabs with the same code share their work. */
const VERSION = new URL(import.meta.url).pathname;
const LONGEST_WAIT_FOR_ROOM = 5000;

export class Client {
  readonly replica: Replica;
  readonly own: OwnDatabase;
  /** The server as views see it. */
  readonly socket = new Line();
  readonly outbox: Outbox;
  readonly filler: Filler;
  readonly opener: Opener;
  readonly sealing: Sealing;
  readonly tabs: Tabs;
  readonly #settings: ClientSettings;
  readonly #openedListeners = new Set<(presence: Presence[]) => void>();
  readonly #stopped = new AbortController();
  #leader: Leader | undefined;
  #isAway = false;
  #isAwaitingRoom = false;
  /** What is wrong with the storage: in this tab, and as the leader says. */
  #trouble: StorageTrouble | null = null;
  #leaderTrouble: StorageTrouble | null = null;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    const { user, device, locks, isVisible, openChannel } = settings;
    this.replica = new Replica(user);
    this.own = new OwnDatabase(user);
    const fates = { lost: () => settings.lost?.(), outdated: () => this.#retire() };
    for (const database of [this.replica, this.own]) {
      watchStorage(database, fates);
      database.on("blocked", () => this.#setTrouble("blocked"));
    }
    this.own.on("populate", () => settings.made?.());
    this.opener = new Opener(this.replica);
    this.sealing = new Sealing(this.replica, this.opener, settings.askKeys);
    this.outbox = new Outbox(this.own, this.replica, this.socket, device, new Sender(this.replica, settings.askKeys, this.sealing, this.opener));
    this.opener.noteWaiting = this.#tellWaiting;
    this.filler = new Filler(this.replica, this.socket.call.bind(this.socket), this.opener);
    const name = `hearth ${user} ${VERSION}`;
    this.tabs = new Tabs({
      ...{ name, locks, isVisible, open: openChannel && (() => openChannel(name)) },
      lead: (signal) => this.#lead(signal),
      describe: () => ({ state: this.socket.state, trouble: this.#trouble }),
      hear: (word) => this.#hear(word),
    });
  }

  start(): void {
    void this.#openStorage(this.#stopped.signal);
    this.tabs.start();
    this.#tellUse();
  }

  /** Ends everything in this tab; what is stored stays. */
  stop(): void {
    this.#stopped.abort();
    this.tabs.stop();
    this.replica.close();
    this.own.close();
  }

  /** Ends everything and removes the local copy, or all of it that is not sealed; with `everything`, also what was not sent. */
  async forget(everything: boolean, keepsSealed = false): Promise<void> {
    this.stop();
    const isKept = keepsSealed && (await keepSealed(this.replica.me));
    if (!isKept) await this.replica.delete();
    if (everything) await this.own.delete();
  }

  /** Something could not be kept: told, and tried again until there is room. */
  readonly failed = (error: unknown): void => {
    if (this.#leader) this.#leader.repair(error);
    else this.#fail(error);
  };

  /** Gives a command over the socket, or over HTTP while there is none. Throws ProblemError. */
  call<N extends CommandName>(name: N, input: Commands[N]["input"]): Promise<Commands[N]["result"]> {
    if (this.socket.state === "online") return this.socket.call(name, input);
    return post<Commands[N]["result"]>(`/api/${name}`, input);
  }

  /** Calls back after every (re)connection, of whatever tab, once the copy is up to date: with who is there. */
  onOpened(listener: (presence: Presence[]) => void): () => void {
    this.#openedListeners.add(listener);
    return () => this.#openedListeners.delete(listener);
  }

  /** Whether anybody uses this tab. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    this.#tellUse();
  }

  /** The tab was shown or hidden, or the network came back: what waits is tried at once. */
  wake(): void {
    this.tabs.look();
    if (this.#settings.isVisible()) this.socket.connect();
  }

  /** This tab has the connection from now on. */
  #lead(signal: AbortSignal): void {
    const { replica, own, tabs, outbox, filler, socket: line } = this;
    const receipts = new Receipts(replica, own, line.call.bind(line));
    const { checkSession, openSocket, foreign } = this.#settings;
    const { opener, sealing } = this;
    const callLarge: typeof line.call = (command, input) => post(`/api/${command}`, input);
    const returning = new Returning({ replica, own, call: line.call.bind(line), callLarge, ask: this.#settings.askKeys });
    opener.noteWaiting = sealing.noteUnopened;
    const hooks = {
      state: (state: ConnectionState) => this.#show(state),
      event: (name: string, payload: unknown) => this.#pass(name, payload),
      opened: (presence: Presence[]) => this.#tellOpened(presence),
      ...{ foreign, failed: (error: unknown) => this.#fail(error) },
      works: () => this.#trouble === "full" || this.#setTrouble(null),
    };
    const settings = { checkSession, ...(openSocket ? { open: openSocket } : {}) };
    this.#leader = new Leader({ replica, own, line, tabs, outbox, filler, receipts, opener, sealing, returning }, hooks, settings, signal);
    signal.addEventListener("abort", () => {
      this.#leader = undefined;
      opener.noteWaiting = this.#tellWaiting;
    });
    this.#believe(null);
    this.#leader.start(this.#isAway);
  }

  readonly #tellWaiting = (): void => this.tabs.say({ type: "waiting" });

  #tellUse(): void {
    if (this.#leader) this.#leader.setAway(this.#isAway);
    else this.tabs.say({ type: "here", tab: this.tabs.id, isAway: this.#isAway });
  }

  /** How the connection is, in whatever tab. */
  #show(state: ConnectionState): void {
    this.socket.follow(state);
    if (state === "signed_out") this.#settings.ended("unknown");
  }

  /** What came in, in whatever tab. */
  #pass(name: string, payload: unknown): void {
    this.socket.take(name, payload);
    if (name !== "session.ended") return;
    this.socket.close();
    this.#settings.ended((payload as SessionEnded).reason);
  }

  #tellOpened(presence: Presence[]): void {
    for (const listener of this.#openedListeners) listener(presence);
  }

  #hear(word: Word): void {
    if (word.type === "here") this.#leader?.welcome(word.tab, word.isAway);
    else if (word.type === "waiting") {
      if (this.#leader) this.opener.noteWaiting();
    }
    else if (!this.#leader) this.#obey(word);
  }

  /** What the leader says. */
  #obey(word: Word): void {
    if (word.type === "leads") {
      if (word.state !== this.socket.state) this.#show(word.state);
      this.#believe(word.trouble);
      this.#tellUse();
    } else if (word.type === "state") this.#show(word.state);
    else if (word.type === "opened") this.#tellOpened(word.presence);
    else if (word.type === "event") this.#pass(word.name, word.payload);
    else if (word.type === "trouble") this.#believe(word.trouble);
  }

  /** A newer version was here before: neither what it has changed nor what it has not is touched. */
  async #keepOff(opening: Promise<unknown>[]): Promise<void> {
    this.#retire();
    await Promise.allSettled(opening);
    this.replica.close();
    this.own.close();
  }

  /** A newer version has the databases now: its tabs do the work. */
  #retire(): void {
    this.tabs.stop();
    this.#settings.outdated?.();
  }

  /** Without its databases nothing can be shown, connected or not: they are tried until they open. */
  async #openStorage(signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      const opening = [this.replica.open(), this.own.open()];
      try {
        await Promise.all(opening);
        this.#setTrouble(null);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (isOfNewer(error)) return this.#keepOff(opening);
        this.#fail(error);
        if (tries > 0) await this.replica.dropOld().catch(console.warn);
        await sleep(makeDelay(tries), signal);
      }
    }
  }

  /** Something went wrong here: said, unless it was the server that said no. */
  #fail(error: unknown): void {
    if (this.#stopped.signal.aborted || isPassing(error)) return;
    console.error(error);
    const trouble = judgeTrouble(error);
    if (trouble === "full" && !this.#isAwaitingRoom) void this.#awaitRoom();
    if (trouble) this.#setTrouble(trouble);
  }

  #setTrouble(trouble: StorageTrouble | null): void {
    if (this.#trouble === trouble || this.#stopped.signal.aborted) return;
    this.#trouble = trouble;
    if (this.#leader) this.tabs.say({ type: "trouble", trouble });
    this.#settings.storage(trouble ?? this.#leaderTrouble);
  }

  /** The leader's trouble is everybody's: nothing new comes in. */
  #believe(trouble: StorageTrouble | null): void {
    if (this.#leaderTrouble === trouble) return;
    this.#leaderTrouble = trouble;
    this.#settings.storage(this.#trouble ?? trouble);
  }

  /** Tries until something can be kept again; then what came in meanwhile is fetched. */
  async #awaitRoom(): Promise<void> {
    this.#isAwaitingRoom = true;
    const { signal } = this.#stopped;
    for (let tries = 0; this.#isAwaitingRoom && !signal.aborted; tries++) {
      await sleep(Math.min(makeDelay(tries), LONGEST_WAIT_FOR_ROOM), signal);
      await tryToKeep(this.replica).then(() => (this.#isAwaitingRoom = false), console.warn);
    }
    if (this.#trouble === "full") this.#setTrouble(null);
    this.#leader?.refresh();
  }
}

/** Whether only that is here now. */
async function keepSealed(user: number): Promise<boolean> {
  const replica = new Replica(user);
  try {
    await replica.keepSealed();
    return true;
  } catch (error) {
    console.error(error);
    return false;
  } finally {
    replica.close();
  }
}
