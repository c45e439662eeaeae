// Messages on their way. Invariants: a row exists from before the person sees the message as pending until the server
// has it; it holds what was written until its turn comes, and from then on the sealed bytes, which every retry sends under
// the same client_id: so the server stores it once however often it is sent. One tab sends, in order within each
// conversation. The device's numbers in the log are dense: a message gets the next one when its turn comes and is sealed
// with it, before anything leaves, and none is given out until that one is answered. A refusal means that it is not in the
// log, so the number is free again. A tab that comes back from standing still while another took over does no harm: numbers
// are given, and messages done with, in transactions that look at what is there now.
import { randomId, toBase64 } from "../lib/bytes.ts";
import { KIND_MESSAGE, type Commands, type Entry, type Sent } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import { isPassing } from "../wire/problem.ts";
import type { Socket } from "../wire/socket.ts";
import type { Replica } from "./database.ts";
import { type Applied, applyEntries, toRow } from "./entries.ts";
import { Doubts } from "./doubts.ts";
import { dropDraft } from "./drafts.ts";
import { type OutboxRow, type OwnDatabase, type Placed, readLine, type SealedBytes, type SentRow, type Target, type Written } from "./own-database.ts";
import { findHeld, findReturning } from "./held-back.ts";
import { Numbers } from "./numbers.ts";
import { describeRecord, isSealed, type WholeRow } from "./records.ts";
import { findTarget, isPlaced, waitsFor } from "./targets.ts";
import { makeDelay, sleep, waitForValue } from "./waiting.ts";

/** A defect on the server may pass or not: after this many tries the person is told. */
const TRIES_AT_DEFECTS = 5;
/** New bytes for one message in a row, after which the server is given time. */
const TRIES_AT_SEALING = 5;

/** Milliseconds by which a device's clock may be off. */
const CLOCKS = 24 * 3600 * 1000;

export type Caller = Pick<Socket, "call">;

/** What waits to be sealed, with the number that it goes out under. */
export type Unsealed = Pick<OutboxRow, "client_id" | "conversation" | "kind" | "content"> & { number: number; target: Placed | null };

/** What something that is written is, and what it is aimed at. */
export interface Aim {
  kind: OutboxRow["kind"];
  target: Target | null;
}
const MESSAGE: Aim = { kind: KIND_MESSAGE, target: null };

/** Sealing waits for something that shows in the conversation's row, or in how this device's keys are: it is not to be tried before. */
export class SealingWaits extends Error {
  constructor() {
    super("sealing waits");
    this.name = "SealingWaits";
  }
}

export interface Sealer {
  /** Throws SealingWaits; ProblemError, passing or not, as of a command. */
  seal(one: Unsealed): Promise<SealedBytes>;
  /** The server does not take this epoch any more. Throws as `seal`. */
  renew(conversation: string, epoch: number): Promise<void>;
  /** The row as it is to be kept, opened if that takes no time. */
  open(row: WholeRow): Promise<WholeRow>;
  noteWaiting(): void;
}

type Ready = OutboxRow & { number: number; sealed: SealedBytes; target: Placed | null };

export class Outbox {
  readonly #own: OwnDatabase;
  readonly #replica: Replica;
  readonly #caller: Caller;
  readonly #device: string;
  readonly #numbers: Numbers;
  readonly #doubts: Doubts;
  readonly #sealer: Sealer;

  constructor(own: OwnDatabase, replica: Replica, caller: Caller, device: string, sealer: Sealer) {
    this.#own = own;
    this.#replica = replica;
    this.#caller = caller;
    this.#device = device;
    this.#numbers = new Numbers(own, replica, caller, device);
    this.#doubts = new Doubts(own, replica, device);
    this.#sealer = sealer;
  }

  /** Stores what somebody wrote, a message in place of the draft: durable when this resolves. Returns its client_id. */
  add(conversation: string, content: Written, { kind, target }: Aim = MESSAGE, now = new Date()): Promise<string> {
    const { outbox, counters, drafts, wishes } = this.#own;
    return this.#own.transaction("rw", [outbox, counters, drafts, wishes], async () => {
      const counter = await this.#numbers.takePlace(conversation);
      const client_id = randomId();
      const created_at = now.toISOString();
      const place = { client_id, conversation, counter, device: this.#device };
      await outbox.add({ ...place, kind, content, target, created_at, state: "waiting" });
      // In here, or a tab that is killed in between would come back with the message and its draft: sent twice.
      if (kind === KIND_MESSAGE) await dropDraft(this.#own, conversation, now);
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

  /** Gives up what failed, with what is aimed at it. It is not in the log, and has no number there. */
  async cancel(client_id: string): Promise<void> {
    await this.#remove(client_id, (row) => row.state === "failed");
  }

  /** Takes back what has not begun to leave. Returns whether it did: else it may be in the log. */
  withdraw(client_id: string): Promise<boolean> {
    return this.#remove(client_id, (row) => row.number === undefined && !row.is_adopted);
  }

  #remove(client_id: string, may: (row: OutboxRow) => boolean): Promise<boolean> {
    return this.#own.transaction("rw", this.#own.outbox, async () => {
      const row = await this.#own.outbox.get(client_id);
      if (row === undefined || !may(row)) return false;
      await this.#own.outbox.bulkDelete([client_id, ...(await this.#findAimedAt(row)).map((one) => one.client_id)]);
      return true;
    });
  }

  /** What waits behind this row and is aimed at it. */
  #findAimedAt({ client_id, conversation }: OutboxRow): Promise<OutboxRow[]> {
    return readLine(this.#own, conversation).then((line) => line.filter((row) => waitsFor(row, client_id)));
  }

  /** Sends what waits, for ever, until aborted. Only one tab at a time may be in here. */
  async drain(signal: AbortSignal): Promise<void> {
    await this.#adopt();
    await Promise.all([this.#sendAll(signal), this.#doubts.run(signal)]);
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const row = (await this.#findNext()) ?? (await waitForValue(() => this.#findNext(), signal));
      if (row && !signal.aborted) await this.#sendUntilKnown(row, signal);
    }
  }

  /** The session was replaced by a new one since: what waits goes out under numbers of the device that sends it. */
  #adopt(): Promise<void> {
    return this.#own.transaction("rw", [this.#own.outbox, this.#own.counters], async () => {
      for (const row of await this.#own.outbox.orderBy("[conversation+counter]").toArray()) {
        if (row.device === this.#device) continue;
        const counter = await this.#numbers.takePlace(row.conversation);
        const is_adopted = row.is_adopted === true || row.number !== undefined;
        await this.#own.outbox.put({ ...row, device: this.#device, counter, number: undefined, sealed: undefined, is_adopted });
      }
    });
  }

  /** The oldest row that may go; within a conversation the one that may have left already, else the first in line. */
  async #findNext(): Promise<OutboxRow | undefined> {
    const waiting = await this.#own.outbox.orderBy("[conversation+counter]").filter(mayGo).toArray();
    if (waiting.length === 0) return undefined;
    const first = new Map<string, OutboxRow>();
    for (const row of waiting) {
      if (!first.has(row.conversation) || row.number !== undefined) first.set(row.conversation, row);
    }
    const held = await findHeld(this.#replica, [...first.keys()]);
    const returning = await findReturning(this.#replica, [...first.keys()]);
    const free = [...first.values()].filter(({ conversation, sealed }) => !returning.has(conversation) && (sealed !== undefined || !held.has(conversation)));
    return free.sort((one, other) => one.created_at.localeCompare(other.created_at))[0];
  }

  async #sendUntilKnown(row: OutboxRow, signal: AbortSignal): Promise<void> {
    for (let tries = 0, sealings = 0; !signal.aborted; tries++) {
      try {
        const ready = await this.#prepare(row);
        if (ready === undefined) return;
        await this.#take(ready, await this.#caller.call("message.send", toCommand(ready)));
        return;
      } catch (error) {
        if (error instanceof SealingWaits) return;
        if (!(error instanceof ProblemError)) throw error;
        const { code, retry_after } = error.problem;
        if (code === "epoch_too_old" && ++sealings < TRIES_AT_SEALING) {
          await this.#unseal(row);
          continue;
        }
        if (code === "conflict" && row.is_adopted && (await this.#takeStored(row))) return;
        if (code === "not_signed_in") return sleep(makeDelay(tries), signal);
        const isDefect = (code === "internal" || code === "epoch_too_old") && tries + 1 < TRIES_AT_DEFECTS;
        if (!isPassing(error) && !isDefect) return this.#fail(row, code);
        await sleep(makeDelay(tries, (retry_after ?? 0) * 1000), signal);
      }
    }
  }

  /** The row with its number and its bytes: written down before they leave, so that it goes first, as it is, if its tab dies meanwhile.
   *  Undefined when it does not wait any more. */
  async #prepare({ client_id }: OutboxRow): Promise<Ready | undefined> {
    const { outbox, counters } = this.#own;
    for (;;) {
      const before = await outbox.get(client_id);
      if (before === undefined || !mayGo(before)) return undefined;
      if (isReady(before)) return before;
      const target = before.target as Placed | null;
      const found = await this.#numbers.find(before.conversation);
      const number = before.number ?? found.next;
      const sealed = await this.#sealer.seal({ ...before, target, number });
      const ready = await this.#own.transaction("rw", [outbox, counters], async () => {
        const row = await outbox.get(client_id);
        if (row?.state !== "waiting") return undefined;
        if (isReady(row)) return row;
        // Another tab gave this number away meanwhile: it is sealed anew.
        if (row.number !== before.number || (row.number === undefined && !(await this.#numbers.isStillNext(found)))) return null;
        await outbox.update(client_id, { number, sealed });
        return { ...row, target, number, sealed };
      });
      if (ready !== null) return ready;
    }
  }

  /** Its bytes are of an epoch that is over: it is not in the log. Its number stays. */
  async #unseal({ client_id, conversation }: OutboxRow): Promise<void> {
    const epoch = await this.#own.transaction("rw", this.#own.outbox, async () => {
      const row = await this.#own.outbox.get(client_id);
      if (row?.sealed !== undefined) await this.#own.outbox.update(client_id, { sealed: undefined });
      return row?.sealed?.epoch;
    });
    if (epoch !== undefined) await this.#sealer.renew(conversation, epoch);
  }

  /** The server has it: the echo goes the way of every entry, then the row is done with and its number used up. */
  async #take(row: Ready, sent: Sent): Promise<void> {
    if (row.is_adopted) return this.#finish(row, sent.seq, await this.#readBack(row, sent.seq));
    await this.#echo(row, sent);
    const has: SentRow = { ...row, seq: sent.seq };
    await this.#finish(row, sent.seq, true, (await this.#doubts.isCertain(has)) ? undefined : has);
  }

  /** What is aimed at it learns its place. `doubtful`: it may turn out not to stand. */
  async #finish(row: OutboxRow, seq: number, isUsed: boolean, doubtful?: SentRow): Promise<void> {
    const { client_id, conversation, device, number } = row;
    const target = await findTarget(this.#replica, conversation, seq);
    await this.#own.transaction("rw", [this.#own.outbox, this.#own.counters, this.#own.sent], async () => {
      if ((await this.#own.outbox.get(client_id)) === undefined) return;
      if (doubtful) await this.#own.sent.put(doubtful);
      if (isUsed) await this.#own.counters.update([device, conversation], { sent: number! });
      if (target) for (const aimed of await this.#findAimedAt(row)) await this.#own.outbox.update(aimed.client_id, { target });
      await this.#own.outbox.delete(client_id);
    });
  }

  async #echo(row: Ready, sent: Sent): Promise<void> {
    const { conversation, client_id, device, kind, number, content, target } = row;
    const { record, epoch } = row.sealed;
    const author = { from_user: this.#replica.me, from_device: device, client_id, counter: number };
    // What one has written oneself is shown whether the worker has time to judge it now or not.
    const own = { verdict: null, content, sent_at: null, target: target?.seq ?? null, is_withheld: false };
    const waiting = isSealed(record) ? { opened: own } : {};
    const echo: WholeRow = { conversation, ...author, kind, record, epoch, target_seq: target?.seq ?? 0, ...sent, ...describeRecord(record), ...waiting };
    this.#note(await applyEntries(this.#replica, [await this.#sealer.open(echo)]));
  }

  #note({ isWaiting: isAnyWaiting }: Applied): void {
    if (isAnyWaiting) this.#sealer.noteWaiting();
  }

  /** Takes an entry as the log has it: it may be of the session before. Whether it is this device's. */
  async #readBack({ conversation }: OutboxRow, seq: number): Promise<boolean> {
    const { entries, hash_before } = await this.#caller.call("message.history", { conversation_id: conversation, seq, direction: "around", limit: 1 });
    this.#note(await applyEntries(this.#replica, entries.map(toRow), hash_before));
    return entries.some((entry) => entry.seq === seq && entry.from_device === this.#device);
  }

  /** Under its client_id the log has other bytes: those that the session before had sent. Whether it was found. */
  async #takeStored(row: OutboxRow): Promise<boolean> {
    const isIt = (entry: Entry): boolean => entry.from_user === this.#replica.me && entry.client_id === row.client_id;
    const found = await this.#numbers.search(row.conversation, isIt, Date.parse(row.created_at) - CLOCKS);
    if (found === undefined) return false;
    await this.#finish(row, found.seq, await this.#readBack(row, found.seq));
    return true;
  }

  async #fail(row: OutboxRow, reason: string): Promise<void> {
    await this.#own.outbox.update(row.client_id, { state: "failed", reason, number: undefined, sealed: undefined });
  }
}

/** Neither refused nor aimed at something that has no place yet. */
const mayGo = ({ state, target }: OutboxRow): boolean => state === "waiting" && (target === null || isPlaced(target));
const isReady = (row: OutboxRow): row is Ready => row.number !== undefined && row.sealed !== undefined;

function toCommand({ conversation, client_id, kind, target, number, sealed }: Ready): Commands["message.send"]["input"] {
  const place = { conversation_id: conversation, client_id, counter: number, kind, target_seq: target?.seq ?? 0 };
  return { ...place, epoch: sealed.epoch, record: toBase64(sealed.record) };
}
