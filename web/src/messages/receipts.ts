// Tells the server what was received and read here. Marks are kept until it has them (reading works offline), merged per
// conversation and sent by one tab, at most one per conversation in 300 ms.
import { advanceCursor } from "../replica/cursors.ts";
import type { Replica } from "../replica/database.ts";
import type { MarkRow, OwnDatabase } from "../replica/own-database.ts";
import { makeDelay, pace, sleep, waitForValue } from "../replica/waiting.ts";
import { ProblemError } from "../wire/http.ts";
import { isPassing } from "../wire/problem.ts";
import type { Socket } from "../wire/socket.ts";

const PAUSE = 300;
/** Between a change and looking for marks, in milliseconds: what is shown goes first. */
const REST = 100;

/** Notes that one has read up to `seq`, visibly and with the window in front. What is unread changes at once. */
export async function markRead(replica: Replica, own: OwnDatabase, conversation: string, seq: number): Promise<void> {
  const known = await replica.members.get([conversation, replica.me]);
  if (!known || known.read_seq >= seq) return;
  await own.transaction("rw", own.marks, async () => {
    const waiting = await own.marks.get(conversation);
    const read_seq = Math.max(waiting?.read_seq ?? 0, seq);
    await own.marks.put({ conversation, delivered_seq: Math.max(waiting?.delivered_seq ?? 0, seq), read_seq });
  });
  await replica.write(() => advanceCursor(replica, conversation, replica.me, seq, seq));
}

export class Receipts {
  readonly #replica: Replica;
  readonly #own: OwnDatabase;
  readonly #call: Socket["call"];
  /** Conversations whose marks were refused for good. */
  readonly #refused = new Set<string>();

  constructor(replica: Replica, own: OwnDatabase, call: Socket["call"]) {
    this.#replica = replica;
    this.#own = own;
    this.#call = call;
  }

  /** Sends marks until aborted. Only one tab at a time may be in here. */
  async run(signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; ) {
      const due = await waitForValue(pace(() => this.#findDue(), () => sleep(REST, signal)), signal);
      try {
        for (const mark of due ?? []) if (!signal.aborted) await this.#send(mark);
        tries = 0;
        await sleep(PAUSE, signal);
      } catch (error) {
        if (!isPassing(error)) throw error;
        await sleep(makeDelay(tries++), signal);
      }
    }
  }

  /** Marks to send: what was read, and what was received and not confirmed as delivered. */
  async #findDue(): Promise<MarkRow[] | undefined> {
    const due = new Map((await this.#own.marks.toArray()).map((mark) => [mark.conversation, mark]));
    const { members, conversations, me } = this.#replica;
    const [all, rows] = await this.#replica.transaction("r", [members, conversations], () =>
      Promise.all([members.toArray(), conversations.toArray()]),
    );
    const heads = new Map(rows.map((row) => [row.id, row.last_entry?.seq ?? 0]));
    for (const { conversation, delivered_seq, user_id } of all) {
      if (user_id !== me || due.has(conversation)) continue;
      const received = heads.get(conversation) ?? 0;
      if (received > delivered_seq) due.set(conversation, { conversation, delivered_seq: received, read_seq: 0 });
    }
    const marks = [...due.values()].filter((mark) => !this.#refused.has(mark.conversation));
    return marks.length > 0 ? marks : undefined;
  }

  async #send({ conversation, delivered_seq, read_seq }: MarkRow): Promise<void> {
    try {
      await this.#call("receipt.mark", { conversation_id: conversation, delivered_seq, read_seq });
    } catch (error) {
      if (isPassing(error) || !(error instanceof ProblemError)) throw error;
      this.#refused.add(conversation);
    }
    await this.#own.transaction("rw", this.#own.marks, async () => {
      const waiting = await this.#own.marks.get(conversation);
      if (waiting && waiting.read_seq <= read_seq) await this.#own.marks.delete(conversation);
    });
    const { me } = this.#replica;
    await this.#replica.write(() => advanceCursor(this.#replica, conversation, me, delivered_seq, read_seq));
  }
}
