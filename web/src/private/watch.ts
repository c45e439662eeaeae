// Reads what other devices keep and carries out what was changed here, in the tab that leads: once this device's keys have been looked
// after, and whenever something is told or changed. One look after the other.
import { liveQuery } from "dexie";

import type { Acts } from "../crypto/keys/messages.ts";
import type { Replica } from "../replica/database.ts";
import type { OwnDatabase, WishRow } from "../replica/own-database.ts";
import type { Client } from "../sync/client.ts";
import { ProblemError } from "../wire/http.ts";

type PrivateAct = "settlePrivate" | "changePrivate";

/** Throws ProblemError. */
export type AskPrivate = <A extends PrivateAct>(act: A, needs: Omit<Acts[A]["needs"], "place">) => Promise<Acts[A]["gives"]>;

type Watched = { tabs: Pick<Client["tabs"], "isLeading">; replica: Replica; own: OwnDatabase; socket: Pick<Client["socket"], "onEvent"> };

const TOLD: ReadonlySet<string> = new Set(["private.changed", "generation.made"]);
/** There is no more room, it is too large, or a newer Hearth has written there. */
const FINAL: ReadonlySet<string> = new Set(["limit_reached", "malformed", "unsupported"]);

/** Whether something will never be carried out. */
const isFinal = (error: unknown): boolean =>
  error instanceof ProblemError && FINAL.has(error.problem.code === "keys_refused" ? (error.problem.detail ?? "") : error.problem.code);

export class PrivateWatch {
  readonly #ask: AskPrivate;
  readonly #refused: () => void;
  #isLooking = false;
  #isDue = false;
  /** Other devices may have kept something. */
  #isTold = true;
  #isStopped = false;

  /** `refused` is told that a change was given up. */
  constructor(ask: AskPrivate, refused: () => void) {
    this.#ask = ask;
    this.#refused = refused;
  }

  start(client: Watched): () => void {
    const { replica, own, tabs, socket } = client;
    const lookIfLeading = (): void => {
      if (tabs.isLeading) void this.look(replica, own);
    };
    const hear = (): void => {
      this.#isTold = true;
      lookIfLeading();
    };
    // Keys are written down anew by every look at them, which every connection brings.
    const connected = liveQuery(async () => (await replica.findMeta("keys"))?.state).subscribe({ next: (state) => state === "ready" && hear(), error: console.warn });
    const wished = liveQuery(() => own.wishes.toCollection().lastKey()).subscribe({ next: (last) => last !== undefined && lookIfLeading(), error: console.warn });
    const end = socket.onEvent((name) => TOLD.has(name) && hear());
    return () => {
      this.#isStopped = true;
      connected.unsubscribe();
      wished.unsubscribe();
      end();
    };
  }

  /** Never throws: what the server did not answer is asked at the next connection. */
  async look(replica: Replica, own: OwnDatabase): Promise<void> {
    this.#isDue = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      await this.#settle(replica, own).catch((error: unknown) => console.warn("what is kept on all devices was not looked after", error));
    }
    this.#isLooking = false;
  }

  async #settle(replica: Replica, own: OwnDatabase): Promise<void> {
    if ((await replica.findMeta("keys"))?.state !== "ready") return;
    if (this.#isTold) await this.#read(replica);
    for (const wishes of groupByName(await own.wishes.toArray())) {
      await this.#carryOut(wishes, replica);
      await own.wishes.bulkDelete(wishes.map(({ id }) => id!));
    }
  }

  async #read(replica: Replica): Promise<void> {
    this.#isTold = false;
    try {
      await replica.privates.bulkPut(await this.#ask("settlePrivate", {}));
    } catch (error) {
      this.#isTold = true;
      throw error;
    }
  }

  async #carryOut(wishes: readonly [WishRow, ...WishRow[]], replica: Replica): Promise<void> {
    const [{ kind, place }] = wishes;
    try {
      await replica.privates.put(await this.#ask("changePrivate", { kind, at: place, changes: wishes.map(({ change }) => change) }));
    } catch (error) {
      if (!isFinal(error)) throw error;
      console.warn("a change was given up", error);
      this.#refused();
    }
  }
}

function groupByName(wishes: readonly WishRow[]): (readonly [WishRow, ...WishRow[]])[] {
  const groups = new Map<string, [WishRow, ...WishRow[]]>();
  for (const wish of wishes) {
    const name = `${wish.kind} ${wish.place}`;
    const group = groups.get(name);
    if (group) group.push(wish);
    else groups.set(name, [wish]);
  }
  return [...groups.values()];
}
