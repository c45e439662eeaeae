// What the tab that leads does about encryption while a connection lasts: it lets the keys' worker learn how every conversation stands,
// opens what waits, and notes in the local copy what people are to see of it.
import { liveQuery } from "dexie";

import { KeysError } from "../crypto/keys/failure.ts";
import type { Standing } from "../crypto/keys/conversation-acts.ts";
import { prove } from "../conversations/bond.ts";
import type { ConversationRow, Replica, SealingRow } from "../replica/database.ts";
import { meetDatabase } from "../restored/meet.ts";
import { makeDelay, sleep, waitForValue } from "../replica/waiting.ts";
import type { ChainGrown } from "../wire/contract.ts";
import type { AskConversations } from "./ask.ts";
import { Healer } from "./healer.ts";
import type { Opener } from "./opener.ts";

/** Conversations that are confirmed at a time: those that are looked at first do not wait for all. */
const AT_ONCE = 20;

/** Whether the worker says that this device has no keys that count. */
const hasNoKeys = (error: unknown): boolean => error instanceof KeysError && error.failure.kind === "verdict" && error.failure.code === "not_listed";

export class Sealing {
  readonly #replica: Replica;
  readonly #opener: Opener;
  readonly #ask: AskConversations;
  /** Seeds and epochs that were known of a conversation when what waits in it was last looked at. */
  readonly #looked = new Map<string, string>();
  /** How conversations stood when it was written down last. */
  readonly #noted = new Map<string, string>();
  /** Conversations in which something waits; undefined is all of them. */
  readonly #due = new Map<string | undefined, boolean>();
  /** Conversations of which something may have changed that no entry tells. */
  readonly #asked = new Set<string>();
  readonly #healer: Healer;
  #signal: AbortSignal = AbortSignal.abort();
  #wake: () => void = () => undefined;

  constructor(replica: Replica, opener: Opener, ask: AskConversations) {
    this.#replica = replica;
    this.#opener = opener;
    this.#ask = ask;
    this.#healer = new Healer(ask, this);
    opener.noteStanding = (standing) => void this.note([standing]).catch(console.warn);
  }

  /** Something in some conversation waits to be opened. */
  readonly noteUnopened = (): void => this.#lookAt(undefined, false);

  /** For one connection; `database` is the server's generation. */
  async run(database: string, signal: AbortSignal): Promise<void> {
    this.#noted.clear();
    await this.#connect(database, signal);
    if (signal.aborted) return;
    signal.addEventListener("abort", () => this.#leave());
    this.#signal = signal;
    void this.#healer.run(signal);
    this.#followTrust(signal);
    while (!signal.aborted) {
      await this.#confirmAsked();
      const due = [...this.#due];
      this.#due.clear();
      for (const [conversation, again] of due) await this.#sweep(conversation, again, signal);
      if (this.#due.size > 0 || this.#asked.size > 0) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /** Whenever something new is known of people, conversations that wait for them may go on. */
  #followTrust(signal: AbortSignal): void {
    const watching = liveQuery(() => this.#replica.findMeta("trust")).subscribe(() => {
      void this.#replica.conversations
        .filter((row) => row.sealing?.state === "held" || row.sealing?.state === "awaiting")
        .primaryKeys()
        .then((ids) => this.lookAgain(ids))
        .catch(console.warn);
    });
    signal.addEventListener("abort", () => watching.unsubscribe());
  }

  /** Takes a live event: somebody's keys have changed, or somebody asks for a seed or gives one. */
  take(name: string, payload: unknown): void {
    if (!this.#signal.aborted) this.#healer.take(name, this.#signal);
    if (name !== "chain.grown") return;
    const { user_id } = payload as ChainGrown;
    void this.#replica.conversations
      .filter((row) => row.users.includes(user_id) && user_id !== this.#replica.me)
      .toArray()
      .then((rows) => {
        this.lookAgain(rows.map((row) => row.id));
        if (rows.some((row) => row.sealing?.state === "keyless")) this.#healer.askAgain();
      })
      .catch(console.warn);
  }

  /** Asks the worker anew how these conversations stand. */
  lookAgain(conversations: string[]): void {
    for (const id of conversations) this.#asked.add(id);
    this.#wake();
  }

  async #confirmAsked(): Promise<void> {
    const ids = [...this.#asked];
    this.#asked.clear();
    try {
      await this.#confirm(ids, []);
      await this.#endWaiting(ids);
    } catch (error) {
      console.warn("conversations could not be confirmed", error);
    }
  }

  async #confirm(ids: string[], databases: string[]): Promise<void> {
    if (ids.length > 0) await this.note(await this.#ask("confirm", { conversations: ids, databases }));
  }

  #leave(): void {
    this.#opener.ask = undefined;
    void this.#ask("disconnect", {}).catch(() => undefined);
  }

  /** Until the worker knows how things stand. Without keys it waits for them: the person is asked for the password elsewhere. */
  async #connect(database: string, signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await meetDatabase(this.#replica, this.#ask);
        const rows = await this.#replica.conversations.orderBy("active_at").reverse().toArray();
        const ids = rows.filter((row) => row.open || row.sealed_from !== undefined).map((row) => row.id);
        for (let at = 0; at < ids.length; at += AT_ONCE) {
          const some = ids.slice(at, at + AT_ONCE);
          await this.#confirm(some, [database]);
          if (signal.aborted) return;
          this.#opener.ask = this.#ask;
          for (const id of some) await this.#sweep(id, true, signal);
        }
        this.#opener.ask = this.#ask;
        this.#lookAt(undefined, false);
        await this.#endWaiting(ids);
        return;
      } catch (error) {
        if (signal.aborted) return;
        console.warn("conversations could not be confirmed", error);
        if (hasNoKeys(error)) await this.#waitForKeys(signal);
        await sleep(makeDelay(tries), signal);
      }
    }
  }

  async #waitForKeys(signal: AbortSignal): Promise<void> {
    await waitForValue(async () => ((await this.#replica.findMeta("keys"))?.state === "ready" ? true : undefined), signal);
  }

  #lookAt(conversation: string | undefined, again: boolean): void {
    this.#due.set(conversation, again || (this.#due.get(conversation) ?? false));
    this.#wake();
  }

  async #sweep(conversation: string | undefined, again: boolean, signal: AbortSignal): Promise<void> {
    const ids = conversation === undefined ? await this.#replica.conversations.orderBy("active_at").reverse().primaryKeys() : [conversation];
    for (const id of ids) if (!signal.aborted) await this.#opener.sweep(id, again, signal);
  }

  /** Somebody in a conversation has no keys yet. */
  async noteWaiting(conversation: string, users: number[]): Promise<void> {
    this.#noted.delete(conversation);
    await this.#replica.conversations.update(conversation, { sealing: { state: "waiting", users, verdict: null, n: 0 } });
  }

  /** Who had no keys may have some by now: what waits for them is tried again. */
  async #endWaiting(ids: string[]): Promise<void> {
    const rows = await this.#replica.conversations.bulkGet(ids);
    for (const row of rows) {
      if (row?.sealing?.state !== "waiting") continue;
      this.#noted.delete(row.id);
      await this.#replica.conversations.update(row.id, { sealing: undefined });
    }
  }

  /** Writes down what has changed. What waits in a conversation of which more is known now is judged anew. */
  async note(standings: Standing[]): Promise<void> {
    for (const { conversation, n, keys } of standings) {
      const known = `${n} ${keys}`;
      const before = this.#looked.get(conversation);
      this.#looked.set(conversation, known);
      if (before !== undefined && before !== known) this.#lookAt(conversation, true);
    }
    const news = standings.filter((one) => this.#noted.get(one.conversation) !== sum(one));
    if (news.length === 0) return;
    const { conversations } = this.#replica;
    await this.#replica.transaction("rw", conversations, async () => {
      for (const standing of news) {
        const row = await conversations.get(standing.conversation);
        // One that is not here yet is told anew with its first entries.
        if (!row) continue;
        this.#noted.set(standing.conversation, sum(standing));
        const sealing = toSealingRow(standing, row.sealing) ?? row.sealing;
        const group = standing.group ?? row.group;
        const bound = standing.bond ? prove(row, standing.bond, this.#replica.me) : row;
        const after = { ...bound, ...(sealing ? { sealing } : {}), ...(group ? { group } : {}) };
        if (told(after) !== told(row)) await conversations.put(after);
      }
    });
  }
}

const sum = ({ sealing, n, bond, group, claims }: Standing): string => JSON.stringify([sealing, n, bond, group, claims]);

/** What standings say of a conversation. */
const told = ({ kind, users, bond, is_strange, sealing, group }: ConversationRow): string => JSON.stringify([kind, users, bond, is_strange, sealing, group]);

/** What passes by itself is not written down: then it is as it was. */
function toSealingRow({ sealing, n, claims }: Standing, before: SealingRow | undefined): SealingRow | undefined {
  const row: SealingRow = { state: "ready", users: [], verdict: null, n, ...(claims.length > 0 ? { claims } : {}) };
  switch (sealing.state) {
    case "held":
    case "removed":
      return { ...row, state: sealing.state, users: sealing.users };
    case "stopped":
      return { ...row, state: "stopped", verdict: sealing.verdict };
    case "keyless":
      return { ...row, state: "keyless" };
    case "awaiting":
      return { ...row, state: "awaiting", users: sealing.users };
    case "unconfirmed":
      return before === undefined ? undefined : { ...before, n: Math.max(n, before.n) };
    default:
      return n > 0 ? row : undefined;
  }
}
