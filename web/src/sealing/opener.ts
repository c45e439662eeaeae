// Opens sealed entries before they are written into the local copy, and later what could not be opened then. Only the tab that leads
// asks the worker; what another tab fetches waits for it. Whatever happens, entries are kept: at worst closed, and opened later.
import type { Standing, Told } from "../crypto/keys/conversation-acts.ts";
import { fromBase64 } from "../lib/bytes.ts";
import type { RecordRow, Replica } from "../replica/database.ts";
import { emptyDeleted, findDeletions } from "../replica/deletions.ts";
import { findWhole, type WholeRow } from "../replica/records.ts";
import type { AskConversations } from "./ask.ts";
import { toStretches, withTold } from "./told.ts";

/** Milliseconds that an entry waits to be opened before it is written. The worker may be busy with the server. */
const PATIENCE = 250;
/** The same for older entries, which nobody waits for: written closed, they would have to be written again. */
export const LONG_PATIENCE = 10_000;
/** Entries that are handed in at a time. */
const AT_ONCE = 100;

export class Opener {
  /** Set while the worker knows how things stand in this connection. */
  ask: AskConversations | undefined;
  /** Something waits for the tab that leads. */
  noteWaiting: () => void = () => undefined;
  /** How a conversation stands, whenever the worker says so. */
  noteStanding: (standing: Standing) => void = () => undefined;
  readonly #replica: Replica;
  /** The last entry that was seen of each conversation: what comes next needs its hash, and should not have to read it. */
  readonly #last = new Map<string, Pick<RecordRow, "seq" | "log_hash">>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Rows of one conversation, opened if that takes no longer than `patience`; `hashBefore` is H before the lowest. */
  async open(rows: WholeRow[], hashBefore?: string, patience = PATIENCE): Promise<WholeRow[]> {
    const { ask } = this;
    const sorted = [...rows].sort((one, other) => one.seq - other.seq);
    const sealed = sorted.filter((row) => row.waits === 1);
    if (sealed.length === 0 || ask === undefined) return rows;
    const hashes = new Map(sorted.map((row) => [row.seq, row.log_hash]));
    const { conversation, seq: lowest } = sorted[0]!;
    const before = hashBefore ?? (await this.#findHash(conversation, lowest - 1));
    if (before !== undefined) hashes.set(lowest - 1, before);
    if ((this.#last.get(conversation)?.seq ?? 0) < sorted.at(-1)!.seq) this.#last.set(conversation, sorted.at(-1)!);
    const asking = this.#hand(ask, sealed, hashes, []);
    const told = await Promise.race([asking, new Promise<null>((resolve) => setTimeout(() => resolve(null), patience))]);
    if (told === null) {
      // It is written closed, and opened when the answer comes.
      void asking.then((late) => late && this.#storeLate(conversation, late)).catch(console.warn);
      return rows;
    }
    const bySeq = new Map(told?.map((one) => [one.seq, one]));
    const others = told?.filter((one) => !hashes.has(one.seq)) ?? [];
    if (others.length > 0) await this.#store(conversation, others);
    return this.#keepWaiting(sorted.map((row) => (bySeq.has(row.seq) ? withTold(row, bySeq.get(row.seq)!) : row)));
  }

  /** What rests on an entry that is here, but was not at hand, is judged together with that next: a target, a deletion of what came emptied. */
  async #keepWaiting(rows: WholeRow[]): Promise<WholeRow[]> {
    const unfounded = rows.filter((row) => row.is_emptied && row.opened?.verdict === "withheld");
    const deleted = new Set((await findDeletions(this.#replica, unfounded)).map(({ target_seq }) => target_seq));
    for (const row of unfounded) if (deleted.has(row.seq) || deleted.has(row.target_seq)) row.waits = 1;
    const wanted = rows.flatMap((row) => row.wants ?? []);
    if (wanted.length === 0) return rows;
    const here = new Set((await this.#replica.records.where(":id").anyOf(wanted).primaryKeys()).map(([, seq]) => seq));
    for (const row of rows) if (row.wants?.some(([, seq]) => here.has(seq))) row.waits = 1;
    return rows;
  }

  async #storeLate(conversation: string, told: Told[]): Promise<void> {
    await this.#store(conversation, told);
    const unsure = told.filter(({ verdict, wants }) => verdict === "withheld" || wants.length > 0).map(({ seq }) => seq);
    const waiting = (await this.#keepWaiting(await findWhole(this.#replica, conversation, unsure))).filter((row) => row.waits === 1);
    for (const { seq } of waiting) await this.#replica.entries.update([conversation, seq], { waits: 1 });
    if (waiting.length > 0) this.noteWaiting();
  }

  async #findHash(conversation: string, seq: number): Promise<string | undefined> {
    const last = this.#last.get(conversation);
    return last?.seq === seq ? last.log_hash : (await this.#replica.records.get([conversation, seq]))?.log_hash;
  }

  /** Null: the worker could not. Never throws. */
  async #hand(ask: AskConversations, rows: WholeRow[], hashes: ReadonlyMap<number, string>, wanted: WholeRow[]): Promise<Told[] | null> {
    const stretches = toStretches(rows, (seq) => hashes.get(seq));
    const places = wanted.map(({ seq, log_hash }) => ({ seq, hash: fromBase64(log_hash) }));
    try {
      const { told, standing } = await ask("takeRows", { conversation: rows[0]!.conversation, stretches, places });
      this.noteStanding(standing);
      return told;
    } catch (error) {
      console.warn("entries were not opened", error);
      return null;
    }
  }

  /** Opens what waits in a conversation, the newest first; also what was tried before if `again`. */
  async sweep(conversation: string, again: boolean, signal: AbortSignal): Promise<void> {
    const waits: (1 | 2)[] = again ? [1, 2] : [1];
    const { entries } = this.#replica;
    const found = await entries.where("[conversation+waits]").anyOf(waits.map((one) => [conversation, one])).primaryKeys();
    const seqs = found.map(([, seq]) => seq).sort((one, other) => other - one);
    for (let at = 0; at < seqs.length && !signal.aborted && this.ask !== undefined; at += AT_ONCE) {
      const told = await this.#sweepSome(this.ask, conversation, seqs.slice(at, at + AT_ONCE));
      if (told !== null) await this.#store(conversation, told);
    }
  }

  async #sweepSome(ask: AskConversations, conversation: string, seqs: number[]): Promise<Told[] | null> {
    const rows = await findWhole(this.#replica, conversation, seqs);
    const beside = rows.flatMap((row) => [row.seq - 1, ...(row.wants ?? []).map(([, seq]) => seq), ...(row.target_seq > 0 ? [row.target_seq] : [])]);
    const wanted = await findWhole(this.#replica, conversation, beside);
    const hashes = new Map([...wanted, ...rows].map((row) => [row.seq, row.log_hash]));
    const targets = new Set(rows.flatMap((row) => [row.target_seq, ...(row.wants ?? []).map(([, seq]) => seq)]));
    const partners = (await Promise.all(rows.filter((row) => row.is_repeated).map((row) => this.#findPartners(row)))).flat();
    const deletions = await findDeletions(this.#replica, rows.filter((row) => row.is_emptied));
    const all = new Map([...wanted.filter((row) => targets.has(row.seq)), ...partners, ...deletions, ...rows].map((row) => [row.seq, row]));
    const handed = [...all.values()].filter((row) => row.plain === undefined).sort((one, other) => one.seq - other.seq);
    return handed.length === 0 ? null : this.#hand(ask, handed, hashes, wanted.filter((row) => targets.has(row.seq)));
  }

  /** Entries under the same counter of the same device. */
  async #findPartners({ conversation, from_device, counter }: WholeRow): Promise<WholeRow[]> {
    const place = this.#replica.records.where("[conversation+from_device+counter]").equals([conversation, from_device, counter]);
    return findWhole(this.#replica, conversation, (await place.primaryKeys()).map(([, seq]) => seq));
  }

  /** What is told of entries that are here already. */
  #store(conversation: string, told: Told[]): Promise<void> {
    const { entries, records, conversations } = this.#replica;
    return this.#replica.transaction("rw", [entries, records, conversations], async () => {
      const bySeq = new Map(told.map((one) => [one.seq, one]));
      const rows = await entries.bulkGet([...bySeq.keys()].map((seq): [string, number] => [conversation, seq]));
      const judged = rows.flatMap((row) => (row === undefined ? [] : [withTold(row, bySeq.get(row.seq)!)]));
      await entries.bulkPut(judged);
      const row = await conversations.get(conversation);
      const last = row?.last_entry && bySeq.get(row.last_entry.seq);
      if (row?.last_entry && last) await conversations.put({ ...row, last_entry: withTold(row.last_entry, last) });
      await emptyDeleted(this.#replica, judged);
    });
  }
}
