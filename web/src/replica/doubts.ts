// Messages that the server has, of which it is not certain yet that they stand: where this device's storage was copied, another
// entry may have their number (docs/protocol-encryption.md, 8.2). Each is kept until the log is here down to what this device
// wrote before it. What repeats a number is sent again, under a new client_id and number, and the person is told once: whoever has the
// copy reads and writes as this device.
import { randomId } from "../lib/bytes.ts";
import type { Replica } from "./database.ts";
import type { OutboxRow, OwnDatabase, SentRow } from "./own-database.ts";
import { findHolding, listRanges } from "./ranges.ts";
import { findWhole, type WholeRow } from "./records.ts";
import { pace, sleep, waitForValue } from "./waiting.ts";

/** Milliseconds between a change and looking again: what was sent is done with sooner or later. */
const REST = 250;

type Outcome = "stands" | "repeats" | "open";

export class Doubts {
  readonly #own: OwnDatabase;
  readonly #replica: Replica;
  readonly #device: string;

  constructor(own: OwnDatabase, replica: Replica, device: string) {
    this.#own = own;
    this.#replica = replica;
    this.#device = device;
  }

  /** Whether a message that was just sent is certain to stand, as almost every one is: then it is not kept. */
  async isCertain(sent: SentRow): Promise<boolean> {
    const before = await this.#own.sent.where({ conversation: sent.conversation }).count();
    return before === 0 && (await this.#judge(sent, sent.number)) === "stands";
  }

  /** Lets go of what has turned out to stand, and sends again what has not; for ever, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const settled = await waitForValue(pace(() => this.#findSettled(), () => sleep(REST, signal)), signal);
      if (settled) await this.#settle(settled);
    }
  }

  async #findSettled(): Promise<Map<SentRow, Outcome> | undefined> {
    const kept = await this.#own.sent.toArray();
    const lowest = new Map<string, number>();
    for (const { conversation, number } of kept) lowest.set(conversation, Math.min(number, lowest.get(conversation) ?? Infinity));
    const settled = new Map<SentRow, Outcome>();
    for (const row of kept) {
      const outcome = await this.#judge(row, lowest.get(row.conversation)!);
      if (outcome !== "open") settled.set(row, outcome);
    }
    return settled.size > 0 ? settled : undefined;
  }

  /** `lowest`: of all that is in doubt there, the lowest number. */
  async #judge(sent: SentRow, lowest: number): Promise<Outcome> {
    const { conversation, device, client_id, number, seq } = sent;
    const { records } = this.#replica;
    const same = await records.where("[conversation+from_device+counter]").equals([conversation, device, number]).primaryKeys();
    const rows = await findWhole(this.#replica, conversation, [seq, ...same.map(([, at]) => at)]);
    const own = rows.find((row) => row.seq === seq);
    // Without its entry the copy was begun anew; with another one in its place the log was.
    if (own === undefined) return "open";
    if (own.client_id !== client_id || rows.some((row) => row !== own && row.client_id === client_id && stands(row))) return "stands";
    if (own.opened?.verdict === "repeated_counter" && own.waits !== 1) return "repeats";
    const others = rows.filter((row) => row.seq < seq);
    const isOpen = others.some((row) => row.waits !== undefined) || (others.length > 0 && own.waits === 1);
    return !isOpen && (await this.#reachesBack(sent, lowest)) ? "stands" : "open";
  }

  /** Whether everything is here from an entry on that this device wrote before it had anything in doubt. */
  async #reachesBack({ conversation, device, seq }: SentRow, lowest: number): Promise<boolean> {
    const { records, conversations, entries, devices } = this.#replica;
    const held = findHolding(await listRanges(this.#replica, conversation), seq);
    if (held === undefined) return false;
    if (held.from <= Math.max(1, (await conversations.get(conversation))?.first_seq ?? 1)) return true;
    const first = await entries.get([conversation, held.from]);
    if (first && Date.parse(first.timestamp) < Date.parse((await devices.get(device))?.created_at ?? "")) return true;
    const place = [conversation, device];
    const before = await records.where("[conversation+from_device+counter]").between([...place, 1], [...place, lowest]).primaryKeys();
    const highest = before.at(-1);
    if (highest === undefined || highest[1] < held.from) return false;
    const [row] = await findWhole(this.#replica, conversation, [highest[1]]);
    return row !== undefined && stands(row);
  }

  async #settle(settled: Map<SentRow, Outcome>): Promise<void> {
    const { sent, outbox } = this.#own;
    if ([...settled.values()].includes("repeats")) await this.#noteCopy();
    await this.#own.transaction("rw", [sent, outbox], async () => {
      for (const [row, outcome] of settled) {
        // Another tab may have been here.
        if ((await sent.get(row.client_id)) === undefined) continue;
        await sent.delete(row.client_id);
        if (outcome === "repeats") await outbox.add(toUnsent(row, this.#device));
      }
    });
  }

  async #noteCopy(): Promise<void> {
    const known = await this.#replica.findMeta("copied");
    if (known?.device !== this.#device) await this.#replica.putMeta("copied", { device: this.#device, isTold: false });
  }
}

const stands = ({ opened }: WholeRow): boolean => opened?.verdict === null;

/** As if it had never been sent, at its place in line. */
function toUnsent({ seq: _, ...row }: SentRow, device: string): OutboxRow {
  return { ...row, device, client_id: randomId(), number: undefined, sealed: undefined };
}
