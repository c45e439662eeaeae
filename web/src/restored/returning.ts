// Gives back what a restored server has lost (docs/protocol-encryption.md, 10.10), in the tab that leads: epochs and entries as they
// stood, one conversation after the other. What cannot be given back yet holds up no other conversation; a page that is closed goes on
// at its next start.
import type { Collection } from "dexie";

import { KeysError } from "../crypto/keys/failure.ts";
import { fromBase64, toBase64 } from "../lib/bytes.ts";
import type { LostRow, Replica, RestoreRow } from "../replica/database.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import { sleep, waitForValue } from "../replica/waiting.ts";
import type { AskConversations } from "../sealing/ask.ts";
import type { Page } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import { mayPass } from "../wire/problem.ts";
import { inTime, meetDatabase } from "./meet.ts";
import { type Call, offerRows } from "./offer.ts";

/** Milliseconds until what waits for somebody's chain, or for the server, is tried again. */
const AGAIN = 30_000;
const SOON = 2000;
/** Milliseconds in which a page that begins anew looks at what is overdue, before that is sent over. */
const FIRST_LOOK = 10_000;
const MOST_TRIES = 5;
const PAGE = 100;
/** It is looked at and offered again at once. */
const MOVED = new Set(["epoch_moved", "receive_outdated"]);
/** It is offered again later. */
const WAITS = new Set(["chain_moved", "limit_reached", "not_signed_in"]);

export interface Needs {
  replica: Replica;
  own: OwnDatabase;
  /** Over the socket, and over HTTP for what is too large for it. */
  call: Call;
  callLarge: Call;
  ask: AskConversations;
}

export class Returning {
  readonly #needs: Needs;
  readonly #ask: AskConversations;
  /** When to look at a conversation next (ms). */
  readonly #next = new Map<string, number>();
  /** Nothing is late before (ms). */
  #lookedAt: number | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.#ask = (act, needed) => inTime(needs.ask(act, needed));
  }

  /** For one connection; `changed` is told of each conversation that is as the server has it now. */
  async run(signal: AbortSignal, changed: (conversation: string) => Promise<void>): Promise<void> {
    if (signal.aborted) return;
    this.#lookedAt ??= Date.now() + FIRST_LOOK;
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener("abort", end);
    try {
      await Promise.all([this.#watchLate(over.signal), this.#giveBackAll(over.signal, changed)]);
    } finally {
      signal.removeEventListener("abort", end);
      end();
    }
  }

  /** What waits too long goes out, whatever giving back waits for. */
  async #watchLate(signal: AbortSignal): Promise<void> {
    const { restores } = this.#needs.replica;
    const isDue = ({ until, isLate }: RestoreRow): boolean => !isLate && Math.max(until, this.#lookedAt!) <= Date.now();
    while (!signal.aborted) {
      await restores.filter(isDue).modify({ isLate: true });
      await waitForValue(async () => nonEmpty(await restores.filter((row) => !row.isLate).toArray()), signal);
      await sleep(SOON, signal);
    }
  }

  async #giveBackAll(signal: AbortSignal, changed: (conversation: string) => Promise<void>): Promise<void> {
    const { replica, ask } = this.#needs;
    await meetDatabase(replica, ask);
    this.#next.clear();
    while (!signal.aborted) {
      const rows = await waitForValue(async () => nonEmpty(await replica.restores.toArray()), signal);
      for (const row of rows ?? []) {
        if (signal.aborted) return;
        if ((this.#next.get(row.conversation) ?? 0) > Date.now()) continue;
        if (await this.#try(row, signal)) await changed(row.conversation);
      }
      await sleep(SOON, signal);
    }
  }

  /** Whether there is nothing more to be done about it. */
  async #try(row: RestoreRow, signal: AbortSignal): Promise<boolean> {
    try {
      const isOver = await this.#giveBack(row, signal);
      if (isOver) await this.#needs.replica.restores.delete(row.conversation);
      else this.#wait(row, AGAIN);
      return isOver;
    } catch (error) {
      if (signal.aborted) return false;
      const isKnown = error instanceof KeysError || error instanceof ProblemError;
      if (!isKnown) throw error;
      console.warn("what a restored server has lost waits", error);
      const retryAfter = error instanceof ProblemError ? (error.problem.retry_after ?? 0) : 0;
      this.#wait(row, Math.max(mayPass(error) ? SOON : AGAIN, retryAfter * 1000));
      return false;
    }
  }

  #wait({ conversation }: RestoreRow, milliseconds: number): void {
    this.#next.set(conversation, Date.now() + milliseconds);
  }

  /** Whether nothing is waited for any more. */
  async #giveBack(row: RestoreRow, signal: AbortSignal): Promise<boolean> {
    const answered = new Set<string>();
    for (let tries = 1, isGivenUp = false; ; ) {
      try {
        return await this.#giveOnce(row, answered, signal);
      } catch (error) {
        if (!(error instanceof ProblemError) || mayPass(error) || signal.aborted) throw error;
        const { code } = error.problem;
        if (WAITS.has(code)) throw error;
        if (MOVED.has(code) && tries++ < MOST_TRIES) continue;
        console.warn("what a restored server has lost stays lost", error);
        await this.#ask("giveUp", { conversation: row.conversation, code });
        if (isGivenUp) return true;
        // What came back before is known again; entries under those epochs may follow.
        isGivenUp = true;
      }
    }
  }

  /** Each epoch and entry where it stood. Throws ProblemError, KeysError; AbortError. */
  async #giveOnce(row: RestoreRow, answered: Set<string>, signal: AbortSignal): Promise<boolean> {
    const { callLarge } = this.#needs;
    const { conversation } = row;
    let there: Set<string> | undefined;
    for (let offered = 0; ; ) {
      const { epochs, newest, parted, isAwaiting } = await this.#ask("takeBack", { conversation, taken: offered });
      // Another tab may lead by now, and offer.
      signal.throwIfAborted();
      const [next] = epochs;
      const reached = parted === null ? newest : parted - 1;
      // Written down: its number alone does not tell an epoch from the one that took its place.
      if (parted !== null) await this.#lostOf(conversation).filter((one) => one.epoch > reached).modify({ isOver: true });
      const lost = (await this.#lostOf(conversation).toArray()).filter((one) => !one.isOver && one.epoch <= reached && one.seq < (next?.seq ?? Infinity) && !answered.has(nameOf(one)));
      if (lost.length > 0) {
        there ??= await this.#listThere(row);
        const left = await this.#dropThere(lost, there);
        if (left.length > 0) await this.#offer(row, left, answered, signal);
      }
      if (next === undefined) {
        await this.#sealAgain(conversation, reached);
        return !isAwaiting;
      }
      if (next.n <= offered) {
        console.warn("an epoch was taken back and is not shown", next.n);
        return false;
      }
      signal.throwIfAborted();
      offered = next.n;
      await callLarge("epoch.offer", { record: toBase64(next.record), roster: next.roster && toBase64(next.roster) });
    }
  }

  async #offer(row: RestoreRow, rows: LostRow[], answered: Set<string>, signal: AbortSignal): Promise<void> {
    const { callLarge, replica } = this.#needs;
    const { conversation, database, head } = row;
    const entry = await this.#ask("markRestored", { conversation, database, old: { seq: head.seq, hash: fromBase64(head.log_hash) } });
    await callLarge("epoch.restored", { entry: toBase64(entry) });
    const note = async (one: LostRow, code: string | null): Promise<void> => {
      answered.add(nameOf(one));
      if (code === null) await replica.lost.delete([one.conversation, one.from_user, one.client_id]);
      else console.warn("an entry stays lost", code);
    };
    await offerRows(callLarge, rows, note, signal);
  }

  #lostOf(conversation: string): Collection<LostRow, [string, number, string]> {
    return this.#needs.replica.lost.where("[conversation+seq]").between([conversation, 0], [conversation, Infinity]);
  }

  /** What the server has above the place where logs part. */
  async #listThere({ conversation, parting }: RestoreRow): Promise<Set<string>> {
    const there = new Set<string>();
    for (let seq = parting.seq; ; ) {
      const page: Page = await this.#needs.call("message.history", { conversation_id: conversation, seq, direction: "after", limit: PAGE });
      for (const one of page.entries) there.add(nameOf(one));
      if (page.entries.length === 0) return there;
      seq = page.entries.at(-1)!.seq;
    }
  }

  /** Those that the server does not have. */
  async #dropThere(rows: LostRow[], there: Set<string>): Promise<LostRow[]> {
    const back = rows.filter((row) => there.has(nameOf(row)));
    await this.#needs.replica.lost.bulkDelete(back.map((row): [string, number, string] => [row.conversation, row.from_user, row.client_id]));
    return rows.filter((row) => !there.has(nameOf(row)));
  }

  /** What is unsent may be sealed under an epoch that is gone: its number stays. */
  async #sealAgain(conversation: string, reached: number): Promise<void> {
    await this.#needs.own.outbox
      .filter((row) => row.conversation === conversation && (row.sealed?.epoch ?? 0) > reached)
      .modify({ sealed: undefined, is_adopted: true });
  }
}

const nameOf = ({ from_user, client_id }: Pick<LostRow, "from_user" | "client_id">): string => `${from_user} ${client_id}`;
const nonEmpty = <T>(rows: T[]): T[] | undefined => (rows.length > 0 ? rows : undefined);
