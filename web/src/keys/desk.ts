// Acts on people's identities and on groups, asked from any tab and carried out in the one that leads: its keys' worker alone has the device's
// conversations in memory, and two that wrote them would lose what the other learnt.
import type { GroupActs } from "../crypto/keys/group-acts.ts";
import type { TrustActs } from "../crypto/keys/trust-acts.ts";
import { randomId } from "../lib/bytes.ts";
import { type Problem, ProblemError } from "../wire/http.ts";

type DeskActs = TrustActs & GroupActs;
export type DeskAct = keyof DeskActs;
export type Needs<A extends DeskAct> = Omit<DeskActs[A]["needs"], "place">;
export type Gives<A extends DeskAct> = DeskActs[A]["gives"];

/** Tabs of one user of one browser hear each other. */
export type Said =
  | { type: "ask"; id: string; act: DeskAct; needs: object }
  | { type: "answer"; id: string; gives: unknown }
  | { type: "failed"; id: string; problem: Problem };

/** What this file uses of a BroadcastChannel. */
export interface DeskChannel {
  postMessage(said: Said): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Said>) => void): void;
  close(): void;
}

export interface DeskSettings {
  isLeading: () => boolean;
  /** Missing where the browser withholds it: then every tab leads. */
  channel: DeskChannel | undefined;
  /** Throws ProblemError. */
  carryOut: <A extends DeskAct>(act: A, needs: Needs<A>) => Promise<Gives<A>>;
}

/** Milliseconds after which a tab that leads and does not answer is taken for frozen. */
const PATIENCE = 30_000;
const BUSY: Problem = { code: "busy", status: 0, title: "The tab that leads did not answer" };

interface Waiting {
  resolve: (gives: never) => void;
  reject: (error: ProblemError) => void;
}

export class Desk {
  readonly #settings: DeskSettings;
  readonly #waiting = new Map<string, Waiting>();

  constructor(settings: DeskSettings) {
    this.#settings = settings;
    settings.channel?.addEventListener("message", (event) => this.#hear(event.data));
  }

  /** Throws ProblemError; `busy` when no tab answers. */
  ask<A extends DeskAct>(act: A, needs: Needs<A>): Promise<Gives<A>> {
    const { isLeading, channel, carryOut } = this.#settings;
    if (isLeading() || channel === undefined) return carryOut(act, needs);
    const id = randomId();
    const answer = new Promise<Gives<A>>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    channel.postMessage({ type: "ask", id, act, needs });
    setTimeout(() => this.#settle(id)?.reject(new ProblemError(BUSY)), PATIENCE);
    return answer;
  }

  close(): void {
    this.#settings.channel?.close();
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new ProblemError(BUSY));
  }

  #settle(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #hear(said: Said): void {
    if (said.type === "ask") void this.#serve(said);
    else if (said.type === "answer") this.#settle(said.id)?.resolve(said.gives as never);
    else this.#settle(said.id)?.reject(new ProblemError(said.problem));
  }

  async #serve({ id, act, needs }: Extract<Said, { type: "ask" }>): Promise<void> {
    const { isLeading, channel, carryOut } = this.#settings;
    if (!isLeading()) return;
    try {
      channel?.postMessage({ type: "answer", id, gives: await carryOut(act, needs as never) });
    } catch (error) {
      channel?.postMessage({ type: "failed", id, problem: error instanceof ProblemError ? error.problem : BUSY });
    }
  }
}
