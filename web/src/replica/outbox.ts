// Messages on their way. Invariants: a row exists from before the person sees the message as pending until the server
// has it; its counter was taken in the same transaction; a retry sends the same bytes under the same client_id, so the
// server stores it once however often it is sent; one tab sends, in order of counter within each conversation.
import { randomId, toBase64, type Bytes } from "../lib/bytes.ts";
import { KIND_MESSAGE, KIND_VOID, type Commands, type Sent } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import { isPassing } from "../wire/problem.ts";
import type { Socket } from "../wire/socket.ts";
import type { Replica } from "./database.ts";
import { applyEntries } from "./entries.ts";
import type { OutboxRow, OwnDatabase } from "./own-database.ts";
import { makeDelay, sleep, waitForValue } from "./waiting.ts";

/** What takes the place of a cancelled message: a format byte and nothing, for records are never empty. */
const VOID_RECORD = new Uint8Array([0]);
/** A defect on the server may pass or not: after this many tries the person is told. */
const TRIES_AT_DEFECTS = 5;

export type Caller = Pick<Socket, "call">;

export class Outbox {
  readonly #own: OwnDatabase;
  readonly #replica: Replica;
  readonly #caller: Caller;
  readonly #device: string;

  constructor(own: OwnDatabase, replica: Replica, caller: Caller, device: string) {
    this.#own = own;
    this.#replica = replica;
    this.#caller = caller;
    this.#device = device;
  }

  /** Stores a sealed record to be sent; it is durable when this resolves. Returns its client_id. */
  add(conversation: string, record: Bytes, now = new Date()): Promise<string> {
    return this.#own.transaction("rw", [this.#own.outbox, this.#own.counters], async () => {
      const counter = await this.#takeCounter(conversation);
      const client_id = randomId();
      const created_at = now.toISOString();
      const { outbox } = this.#own;
      const place = { client_id, conversation, counter, device: this.#device };
      await outbox.add({ ...place, kind: KIND_MESSAGE, record, created_at, state: "waiting" });
      return client_id;
    });
  }

  /** Tries a failed message again. */
  async retry(client_id: string): Promise<void> {
    await this.#own.transaction("rw", this.#own.outbox, async () => {
      const row = await this.#own.outbox.get(client_id);
      if (row?.state === "failed") await this.#own.outbox.update(client_id, { state: "waiting" });
    });
  }

  /** Gives up a message that failed: an empty entry goes in its place, for counters have no gaps. */
  async cancel(client_id: string): Promise<void> {
    await this.#own.transaction("rw", this.#own.outbox, async () => {
      const row = await this.#own.outbox.get(client_id);
      if (row?.state !== "failed") return;
      await this.#own.outbox.delete(client_id);
      // Another client_id: should the first one have arrived after all, this one must not be answered with its place.
      const place = { ...row, client_id: randomId(), kind: KIND_VOID, record: VOID_RECORD } as const;
      await this.#own.outbox.add({ ...place, state: "waiting" });
    });
  }

  /** Sends what waits, for ever, until aborted. Only one tab at a time may be in here. */
  async drain(signal: AbortSignal): Promise<void> {
    await this.#adopt();
    while (!signal.aborted) {
      const row = (await this.#findNext()) ?? (await waitForValue(() => this.#findNext(), signal));
      if (row && !signal.aborted) await this.#sendUntilKnown(row, signal);
    }
  }

  async #takeCounter(conversation: string): Promise<number> {
    const key = { device: this.#device, conversation };
    const counter = ((await this.#own.counters.get([this.#device, conversation]))?.last ?? 0) + 1;
    await this.#own.counters.put({ ...key, last: counter });
    return counter;
  }

  /** The session was replaced by a new one since: what waits is counted anew, by the device that sends it. */
  #adopt(): Promise<void> {
    return this.#own.transaction("rw", [this.#own.outbox, this.#own.counters], async () => {
      for (const row of await this.#own.outbox.orderBy("[conversation+counter]").toArray()) {
        if (row.device === this.#device) continue;
        const counter = await this.#takeCounter(row.conversation);
        await this.#own.outbox.put({ ...row, device: this.#device, counter });
      }
    });
  }

  /** The oldest waiting row; within a conversation always the one with the lowest counter. */
  async #findNext(): Promise<OutboxRow | undefined> {
    const waiting = await this.#own.outbox.orderBy("[conversation+counter]").filter(isWaiting).toArray();
    const first = new Map<string, OutboxRow>();
    for (const row of waiting) if (!first.has(row.conversation)) first.set(row.conversation, row);
    return [...first.values()].sort((one, other) => one.created_at.localeCompare(other.created_at))[0];
  }

  async #sendUntilKnown(row: OutboxRow, signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await this.#take(row, await this.#caller.call("message.send", toCommand(row)));
        return;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        if (error.problem.code === "not_signed_in") return sleep(makeDelay(tries), signal);
        const isDefect = error.problem.code === "internal" && tries + 1 < TRIES_AT_DEFECTS;
        if (!isPassing(error) && !isDefect) return this.#fail(row, error.problem.code);
        await sleep(makeDelay(tries, (error.problem.retry_after ?? 0) * 1000), signal);
      }
    }
  }

  /** The server has it: the echo goes the way of every entry, then the row is done with. */
  async #take(row: OutboxRow, sent: Sent): Promise<void> {
    const { conversation, client_id, counter, device, kind, record } = row;
    const author = { from_user: this.#replica.me, from_device: device, client_id, counter };
    await applyEntries(this.#replica, [{ conversation, ...author, kind, record, epoch: 0, target_seq: 0, ...sent }]);
    await this.#own.outbox.delete(client_id);
  }

  async #fail(row: OutboxRow, reason: string): Promise<void> {
    await this.#own.outbox.update(row.client_id, { state: "failed", reason });
  }
}

function isWaiting(row: OutboxRow): boolean {
  return row.state === "waiting";
}

function toCommand(row: OutboxRow): Commands["message.send"]["input"] {
  const { conversation: conversation_id, client_id, counter, kind } = row;
  return { conversation_id, client_id, counter, kind, record: toBase64(row.record) };
}
