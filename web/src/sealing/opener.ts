// Opens sealed entries before they are written into the local copy, and later what could not be opened then. Only the tab that leads
// asks the worker; what another tab fetches waits for it. Whatever happens, entries are kept: at worst closed, and opened later.
import type { Standing, Told } from "../crypto/keys/conversation-acts.ts";
import { fromBase64 } from "../lib/bytes.ts";
import { isVouched, takeCounts } from "../replica/counts.ts";
import type { Flaw, RecordRow, Replica } from "../replica/database.ts";
import { emptyDeleted, findDeletions, listNamed } from "../replica/deletions.ts";
import { putChanged } from "../replica/entries.ts";
import { chooseFlaw } from "../replica/flaws.ts";
import { isMark, markTargets } from "../replica/marks.ts";
import { aimOf, findWhole, splitRow, type WholeRow } from "../replica/records.ts";
import type { AskConversations } from "./ask.ts";
import { readState } from "../crypto/group-state.ts";
import { settleStates } from "../replica/states.ts";
import { KIND_STATE } from "../wire/contract.ts";
import { type Given, type Missing, nameOf, settle, toGiven, toStretches, withTold } from "./told.ts";

/** Milliseconds that an entry waits to be opened before it is written. The worker may be busy with the server. */
const PATIENCE = 250;
/** The same for older entries, which nobody waits for: written closed, they would have to be written again. */
export const LONG_PATIENCE = 10_000;
/** Entries that are handed in at a time. */
const AT_ONCE = 100;

/** What a question to the worker came to. */
interface Answer {
  told: Told[];
  given: Given;
}

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
  /** How often the copy was cleared: what was asked before is nothing to it. */
  #age = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** The copy was cleared. */
  forget(): void {
    this.#last.clear();
    this.#age += 1;
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
    const { seq, log_hash } = sorted.at(-1)!;
    if ((this.#last.get(conversation)?.seq ?? 0) < seq) this.#last.set(conversation, { seq, log_hash });
    const given = toGiven(sealed);
    const asking = this.#hand(ask, sealed, hashes, []);
    const told = await Promise.race([asking, new Promise<null>((resolve) => setTimeout(() => resolve(null), patience))]);
    if (told === null) {
      // It is written closed, and opened when the answer comes.
      void asking.then((late) => late && this.#store(conversation, { told: late, given })).catch(console.warn);
      return rows;
    }
    const bySeq = new Map(told.map((one) => [one.seq, one]));
    const own = new Set(sorted.map((row) => row.seq));
    const others = told.filter((one) => !own.has(one.seq));
    if (others.length > 0) await this.#store(conversation, { told: others, given });
    return this.#keepWaiting(sorted.map((row) => (bySeq.has(row.seq) ? withTold(row, bySeq.get(row.seq)!) : row)));
  }

  /** What rests on an entry that is here, but was not at hand, is judged together with that next: a target, a deletion of what came emptied. */
  async #keepWaiting(rows: WholeRow[]): Promise<WholeRow[]> {
    const unfounded = rows.filter((row) => row.is_emptied && row.opened?.verdict === "withheld");
    const named = new Set(listNamed(unfounded, await findDeletions(this.#replica, unfounded)));
    for (const row of unfounded) if (named.has(row.seq)) row.waits = 1;
    const wanted = rows.flatMap((row) => row.wants ?? []);
    if (wanted.length === 0) return rows;
    const here = new Set((await this.#replica.records.where(":id").anyOf(wanted).primaryKeys()).map(([, seq]) => seq));
    for (const row of rows) if (row.wants?.some(([, seq]) => here.has(seq))) row.waits = 1;
    return rows;
  }

  async #findHash(conversation: string, seq: number): Promise<string | undefined> {
    const last = this.#last.get(conversation);
    return last?.seq === seq ? last.log_hash : (await this.#replica.records.get([conversation, seq]))?.log_hash;
  }

  /** Null: the worker could not, or the copy was cleared meanwhile. Never throws. */
  async #hand(ask: AskConversations, rows: WholeRow[], hashes: ReadonlyMap<number, string>, wanted: WholeRow[]): Promise<Told[] | null> {
    const stretches = toStretches(rows, (seq) => hashes.get(seq));
    const places = wanted.map(({ seq, log_hash }) => ({ seq, hash: fromBase64(log_hash) }));
    const age = this.#age;
    try {
      const { told, standing, heard, misfit } = await ask("takeRows", { conversation: rows[0]!.conversation, stretches, places });
      for (const one of [standing, ...heard]) this.noteStanding(one);
      if (age !== this.#age) return null;
      await this.#keepPictures(rows, told);
      if (misfit !== null) await this.#keepFlaw(standing.conversation, { seq: misfit, reason: "chain" });
      return told;
    } catch (error) {
      console.warn("entries were not opened", error);
      return null;
    }
  }

  /** Of groups. They are named by their hash, so whoever needs one finds it, whatever becomes of the entry. */
  async #keepPictures(rows: WholeRow[], told: Told[]): Promise<void> {
    const states = new Set(rows.filter((row) => row.kind === KIND_STATE).map((row) => row.seq));
    for (const { seq, content } of told) {
      const bytes = states.has(seq) && content !== null ? (readState(content)?.picture ?? null) : null;
      if (bytes !== null) await this.#replica.pictures.put({ id: nameOf(bytes), bytes });
    }
  }

  async #keepFlaw(conversation: string, flaw: Flaw): Promise<void> {
    await this.#replica.conversations.where({ id: conversation }).modify((row) => void (row.flaw = chooseFlaw(row.flaw, flaw)));
  }

  /** Opens what waits in a conversation, the newest first; also what was tried before if `again`. */
  async sweep(conversation: string, again: boolean, signal: AbortSignal): Promise<void> {
    const waits: (1 | 2)[] = again ? [1, 2] : [1];
    const { entries } = this.#replica;
    const found = await entries.where("[conversation+waits]").anyOf(waits.map((one) => [conversation, one])).primaryKeys();
    const seqs = found.map(([, seq]) => seq).sort((one, other) => other - one);
    for (let at = 0; at < seqs.length && !signal.aborted && this.ask !== undefined; at += AT_ONCE) {
      const answer = await this.#sweepSome(this.ask, conversation, seqs.slice(at, at + AT_ONCE));
      if (answer !== null) await this.#store(conversation, answer);
    }
  }

  /** Of entries that are handed in only because these rest on them nothing is heard: what they rest on themselves may not be at hand. */
  async #sweepSome(ask: AskConversations, conversation: string, seqs: number[]): Promise<Answer | null> {
    const waiting = await findWhole(this.#replica, conversation, seqs);
    const partners = (await Promise.all(waiting.filter((row) => row.is_repeated).map((row) => this.#findPartners(row)))).flat();
    const rows = [...new Map([...waiting, ...partners].map((row) => [row.seq, row])).values()].filter((row) => row.plain === undefined);
    if (rows.length === 0) return null;
    const targets = new Set(rows.flatMap((row) => [row.target_seq, aimOf(row), ...(row.wants ?? []).map(([, seq]) => seq)]).filter((seq) => seq > 0));
    const beside = await findWhole(this.#replica, conversation, [...targets, ...rows.map((row) => row.seq - 1)]);
    const hashes = new Map([...beside, ...rows].map((row) => [row.seq, row.log_hash]));
    const wanted = beside.filter((row) => targets.has(row.seq));
    const deletions = await findDeletions(this.#replica, rows.filter((row) => row.is_emptied));
    const all = new Map([...wanted, ...deletions, ...rows].map((row) => [row.seq, row]));
    const handed = [...all.values()].filter((row) => row.plain === undefined).sort((one, other) => one.seq - other.seq);
    const told = await this.#hand(ask, handed, hashes, wanted);
    const meant = new Set(rows.map((row) => row.seq));
    return told && { told: told.filter(({ seq }) => meant.has(seq) || !all.has(seq)), given: toGiven([...all.values()]) };
  }

  /** Entries under the same counter of the same device. */
  async #findPartners({ conversation, from_device, counter }: WholeRow): Promise<WholeRow[]> {
    const place = this.#replica.records.where("[conversation+from_device+counter]").equals([conversation, from_device, counter]);
    return findWhole(this.#replica, conversation, (await place.primaryKeys()).map(([, seq]) => seq));
  }

  /** What is told of entries that are here already. Those that are to be judged with more than was given are looked at again. */
  async #store(conversation: string, { told, given }: Answer): Promise<void> {
    const { entries, records, ranges, conversations } = this.#replica;
    const isWaiting = await this.#replica.transaction("rw", [entries, records, ranges, conversations], async () => {
      const bySeq = new Map(told.map((one) => [one.seq, one]));
      const rows = await findWhole(this.#replica, conversation, bySeq.keys());
      const judged = rows.map((row) => withTold(row, bySeq.get(row.seq)!));
      const missing = await this.#findMissing(judged, given);
      const settled = rows.map((row, at) => settle(row, judged[at]!, given, missing));
      await this.#put(conversation, rows, settled);
      // What a poll is decides which votes count.
      const polls = settled.filter(({ opened }) => opened?.content?.type === "poll").map(({ seq }) => seq);
      await markTargets(this.#replica, conversation, [...[...rows, ...settled].filter(isMark).map(aimOf), ...polls]);
      if (settled.some((row) => row.kind === KIND_STATE)) await settleStates(this.#replica, conversation);
      return (await emptyDeleted(this.#replica, settled)) || missing.again.size + missing.unpaired.size > 0;
    });
    if (isWaiting) this.noteWaiting();
  }

  async #put(conversation: string, rows: WholeRow[], settled: WholeRow[]): Promise<void> {
    const { entries, records, conversations } = this.#replica;
    const pairs = settled.map(splitRow);
    await entries.bulkPut(pairs.map(([entry]) => entry));
    // Above a `restored` entry a target is found elsewhere than the server says.
    await records.bulkPut(pairs.map(([, record]) => record).filter(({ aims }, at) => aims !== rows[at]!.aims));
    const vouched = settled.filter((row, at) => isVouched(row) && !isVouched(rows[at]!));
    const skippedAt = vouched.length === 0 ? null : await takeCounts(this.#replica, conversation, vouched);
    const row = await conversations.get(conversation);
    const last = pairs.find(([{ seq }]) => seq === row?.last_entry?.seq);
    if (!row) return;
    const flaw: Flaw | null = skippedAt === null ? null : { seq: skippedAt, reason: "skipped" };
    await putChanged(this.#replica, row, { ...row, flaw: chooseFlaw(row.flaw, flaw), last_entry: last?.[0] ?? row.last_entry });
  }

  /** Which of these rest on entries that are here now, and were not given with them. */
  async #findMissing(judged: WholeRow[], given: Given): Promise<Missing> {
    const isMissing = (seq: number): boolean => !given.has(seq);
    const wanted = judged.flatMap((row) => (row.wants ?? []).filter(([, seq]) => isMissing(seq)));
    const found = wanted.length === 0 ? [] : await this.#replica.records.where(":id").anyOf(wanted).primaryKeys();
    const here = new Set(found.map(([, seq]) => seq));
    const unfounded = judged.filter((row) => row.is_emptied && row.opened?.verdict === "withheld");
    const deletions = (await findDeletions(this.#replica, unfounded)).filter(({ seq }) => isMissing(seq));
    const again = new Set(listNamed(unfounded, deletions));
    for (const row of judged) if (row.wants?.some(([, seq]) => here.has(seq))) again.add(row.seq);
    const unpaired = new Set<number>();
    for (const row of judged.filter((one) => one.is_repeated && one.plain === undefined)) {
      const partners = await this.#findPartners(row);
      if (partners.some(({ seq, plain }) => plain === undefined && isMissing(seq) && seq !== row.seq)) unpaired.add(row.seq);
    }
    return { again, unpaired };
  }
}
