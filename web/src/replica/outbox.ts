// Messages on their way. Invariants: a row exists from before the person sees the message as pending until the server
// has it; a retry sends the same bytes under the same client_id, so the server stores it once however often it is sent;
// one tab sends, in order within each conversation. The device's numbers in the log are dense: a message gets the next
// one when its turn comes, before anything leaves, and none is given out until that one is answered. A refusal means
// that it is not in the log, so the number is free again. A tab that comes back from standing still while another took
// over does no harm: numbers are given, and messages done with, in transactions that look at what is there now.
import { randomId, toBase64, type Bytes } from "../lib/bytes.ts";
import { KIND_MESSAGE, type Commands, type Sent } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import { isPassing } from "../wire/problem.ts";
import type { Socket } from "../wire/socket.ts";
import type { Replica } from "./database.ts";
import { applyEntries, toRow } from "./entries.ts";
import type { OutboxRow, OwnDatabase } from "./own-database.ts";
import { makeDelay, sleep, waitForValue } from "./waiting.ts";

/** A defect on the server may pass or not: after this many tries the person is told. */
const TRIES_AT_DEFECTS = 5;
/** Entries at a time when the log is searched for this device's last one. */
const PAGE = 100;

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

  /** Stores a sealed record to be sent, in place of the draft: durable when this resolves. Returns its client_id. */
  add(conversation: string, record: Bytes, now = new Date()): Promise<string> {
    const { outbox, counters, drafts } = this.#own;
    return this.#own.transaction("rw", [outbox, counters, drafts], async () => {
      const counter = await this.#takeCounter(conversation);
      const client_id = randomId();
      const created_at = now.toISOString();
      const place = { client_id, conversation, counter, device: this.#device };
      await outbox.add({ ...place, kind: KIND_MESSAGE, record, created_at, state: "waiting" });
      // In here, or a tab that is killed in between would come back with the message and its draft: sent twice.
      await drafts.delete(conversation);
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

  /** Gives up a message that failed. It is not in the log, and has no number there. */
  async cancel(client_id: string): Promise<void> {
    await this.#own.transaction("rw", this.#own.outbox, async () => {
      const row = await this.#own.outbox.get(client_id);
      if (row?.state === "failed") await this.#own.outbox.delete(client_id);
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
    const known = await this.#own.counters.get([this.#device, conversation]);
    const counter = (known?.last ?? 0) + 1;
    await this.#own.counters.put({ ...known, ...key, last: counter });
    return counter;
  }

  /** The session was replaced by a new one since: what waits goes out under numbers of the device that sends it. */
  #adopt(): Promise<void> {
    return this.#own.transaction("rw", [this.#own.outbox, this.#own.counters], async () => {
      for (const row of await this.#own.outbox.orderBy("[conversation+counter]").toArray()) {
        if (row.device === this.#device) continue;
        const counter = await this.#takeCounter(row.conversation);
        const is_adopted = row.is_adopted === true || row.number !== undefined;
        await this.#own.outbox.put({ ...row, device: this.#device, counter, number: undefined, is_adopted });
      }
    });
  }

  /** The oldest waiting row; within a conversation the one that may have left already, else the first in line. */
  async #findNext(): Promise<OutboxRow | undefined> {
    const waiting = await this.#own.outbox.orderBy("[conversation+counter]").filter(isWaiting).toArray();
    const first = new Map<string, OutboxRow>();
    for (const row of waiting) {
      if (!first.has(row.conversation) || row.number !== undefined) first.set(row.conversation, row);
    }
    return [...first.values()].sort((one, other) => one.created_at.localeCompare(other.created_at))[0];
  }

  async #sendUntilKnown(row: OutboxRow, signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        const number = await this.#takeNumber(row);
        if (number === undefined) return;
        await this.#take(row, number, await this.#caller.call("message.send", toCommand(row, number)));
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

  /** Its number, or the next one: written down before the message leaves, so that it goes first if its tab dies
   *  meanwhile. Undefined when it does not wait any more. */
  async #takeNumber({ client_id, conversation }: OutboxRow): Promise<number | undefined> {
    const { outbox, counters } = this.#own;
    const key = [this.#device, conversation] as [string, string];
    const isKnown = (await counters.get(key))?.sent !== undefined;
    const found = isKnown ? 0 : await this.#findLastNumber(conversation);
    return this.#own.transaction("rw", [outbox, counters], async () => {
      const row = await outbox.get(client_id);
      if (row?.state !== "waiting") return undefined;
      if (row.number !== undefined) return row.number;
      const number = ((await counters.get(key))?.sent ?? found) + 1;
      await outbox.update(client_id, { number });
      return number;
    });
  }

  /** The number of this device's last entry in the log: what was noted here may be gone, with the session still alive. */
  async #findLastNumber(conversation: string): Promise<number> {
    const since = Date.parse((await this.#replica.devices.get(this.#device))?.created_at ?? "");
    for (let seq = 0; ; ) {
      const input = { conversation_id: conversation, seq, direction: "before", limit: PAGE } as const;
      const { entries, first_seq } = await this.#caller.call("message.history", input);
      const own = entries.findLast((entry) => entry.from_device === this.#device);
      if (own) return own.counter;
      const oldest = entries[0];
      if (!oldest || oldest.seq <= first_seq || Date.parse(oldest.timestamp) < since) return 0;
      seq = oldest.seq;
    }
  }

  /** The server has it: the echo goes the way of every entry, then the row is done with and its number used up. */
  async #take(row: OutboxRow, number: number, sent: Sent): Promise<void> {
    const { conversation, client_id, device, kind, record } = row;
    const author = { from_user: this.#replica.me, from_device: device, client_id, counter: number };
    const echo = { conversation, ...author, kind, record, epoch: 0, target_seq: 0, ...sent };
    const isUsed = row.is_adopted ? await this.#readBack(row, sent.seq) : true;
    if (!row.is_adopted) await applyEntries(this.#replica, [echo]);
    await this.#own.transaction("rw", [this.#own.outbox, this.#own.counters], async () => {
      if ((await this.#own.outbox.get(client_id)) === undefined) return;
      if (isUsed) await this.#own.counters.update([device, conversation], { sent: number });
      await this.#own.outbox.delete(client_id);
    });
  }

  /** Takes an entry as the log has it: it may be of the session before. Whether it is this device's. */
  async #readBack(row: OutboxRow, seq: number): Promise<boolean> {
    const input = { conversation_id: row.conversation, seq, direction: "around", limit: 1 } as const;
    const { entries, hash_before } = await this.#caller.call("message.history", input);
    await applyEntries(this.#replica, entries.map(toRow), hash_before);
    return entries.some((entry) => entry.seq === seq && entry.from_device === this.#device);
  }

  async #fail(row: OutboxRow, reason: string): Promise<void> {
    await this.#own.outbox.update(row.client_id, { state: "failed", reason, number: undefined });
  }
}

function isWaiting(row: OutboxRow): boolean {
  return row.state === "waiting";
}

function toCommand(row: OutboxRow, counter: number): Commands["message.send"]["input"] {
  const { conversation: conversation_id, client_id, kind } = row;
  return { conversation_id, client_id, counter, kind, record: toBase64(row.record) };
}
