// Fetches what is missing of conversations' logs: at once what somebody looks at, and, in one tab at a time and slowly,
// everything else, so that the whole history is on the device. Newest first.
import { applyPage } from "../messages/apply.ts";
import type { RangeRow, Replica } from "../replica/database.ts";
import { makeDelay, pace, sleep, waitForValue } from "../replica/waiting.ts";
import type { Page, ReadHistory } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import type { Socket } from "../wire/socket.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import type { WholeRow } from "../replica/records.ts";
import { LONG_PATIENCE, type Opener } from "../sealing/opener.ts";
import { hasMissedPins } from "./states.ts";

/** Messages at the end of each conversation that are fetched without waiting. */
const FRESH = 50;
const PAGE = 50;
const DEEP_PAGE = 100;
const PAUSE_FRESH = 60;
const PAUSE_DEEP = 400;
/** Pages of older messages in one connection that come one right after the other: the server counts them. */
const AT_ONCE = 150;
/** Between a change and looking for gaps, in milliseconds: what is shown goes first. */
const REST = 250;

/** After so many the most urgent gap is looked for anew. */
const PAGES_IN_A_ROW = 10;

/** Pages of a gap that are asked for, opened and written together. */
const TOGETHER = 3;

/** The copy that pages are asked for: another generation's has other entries under the same numbers. */
type Generation = string | undefined;

interface Asked {
  /** The seq below which it was asked for. */
  below: number;
  answer: Promise<Page>;
}

interface Job {
  conversation: string;
  /** The highest seq that is missing, and the lowest of this gap. */
  seq: number;
  from: number;
  isFresh: boolean;
}

export class Filler {
  readonly #replica: Replica;
  readonly #call: Socket["call"];
  readonly #opener: Pick<Opener, "open" | "noteWaiting"> | undefined;
  readonly #underWay = new Map<string, Promise<Page>>();
  /** Conversations whose history was refused: not asked for again until the next start. */
  readonly #refused = new Set<string>();

  constructor(replica: Replica, call: Socket["call"], opener?: Pick<Opener, "open" | "noteWaiting">) {
    this.#replica = replica;
    this.#call = call;
    this.#opener = opener;
  }

  /** Fetches one page and applies it. The same page asked for twice is fetched once. */
  fetchPage(
    conversation: string,
    seq: number,
    direction: NonNullable<ReadHistory["direction"]>,
    limit = PAGE,
  ): Promise<Page> {
    const key = `${conversation} ${direction} ${seq} ${limit}`;
    const known = this.#underWay.get(key);
    if (known) return known;
    const fetching = this.#fetch({ conversation_id: conversation, seq, direction, limit });
    this.#underWay.set(key, fetching);
    const forget = (): unknown => this.#underWay.delete(key);
    fetching.then(forget, forget);
    return fetching;
  }

  /** What is pinned in a conversation, where not everything that says it is here. What has no room in the answer is asked for another time. */
  async fetchPins(conversation: string): Promise<void> {
    const row = await this.#replica.conversations.get(conversation);
    if (!row || !(await hasMissedPins(this.#replica, row))) return;
    const generation = await this.#findGeneration();
    const { entries, pinned, left_out } = await this.#call("message.pins", { conversation_id: conversation });
    const opened = await this.#opener?.open([...pinned, ...entries].map(toRow));
    const applied = await this.#replica.write(async () => {
      if ((await this.#findGeneration()) !== generation) return undefined;
      if (!left_out) await this.#replica.conversations.update(conversation, { pinned_at: row.last_seq });
      return applyEntries(this.#replica, opened ?? [...pinned, ...entries].map(toRow));
    });
    if (applied?.isWaiting) this.#opener?.noteWaiting();
  }

  /** Fills gaps until aborted. Only one tab at a time needs to be in here. */
  async run(signal: AbortSignal): Promise<void> {
    let left = AT_ONCE;
    for (let tries = 0; !signal.aborted; ) {
      const job = await waitForValue(pace(() => this.#findJob(), () => sleep(REST, signal)), signal);
      if (!job || signal.aborted) return;
      try {
        if (job.isFresh) await this.fetchPage(job.conversation, job.seq + 1, "before", PAGE);
        else left -= await this.#fill(job, Math.min(Math.max(left, 1), PAGES_IN_A_ROW), signal);
        tries = 0;
        await sleep(job.isFresh ? PAUSE_FRESH : left > 0 ? 0 : PAUSE_DEEP, signal);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        if (error.problem.code === "not_found") this.#refused.add(job.conversation);
        else await sleep(makeDelay(tries++, (error.problem.retry_after ?? 0) * 1000), signal);
      }
    }
  }

  /** Pages of a gap, downwards; while some are written, the next ones are opened, and those below on their way. Returns how many there were. */
  async #fill({ conversation, seq, from }: Job, most: number, signal: AbortSignal): Promise<number> {
    const generation = await this.#findGeneration();
    let count = 0;
    let below = seq + 1;
    // Pages count messages and take what lies between them along: how long they are shows with the ones above.
    let length = DEEP_PAGE;
    const ask = (): Asked[] => {
      const asked: Asked[] = [];
      for (; asked.length < TOGETHER && below > from && count < most; below -= length, count += 1) {
        asked.push({ below, answer: heardLater(this.#askBelow(conversation, below)) });
      }
      return asked;
    };
    // What the worker tells of pages is looked up in the copy behind the ones above: their transaction began before it was asked.
    let writing: Promise<void> = Promise.resolve();
    for (let asked = ask(); asked.length > 0 && !signal.aborted; ) {
      const pages = await Promise.all(asked.map(async (one) => ({ below: one.below, page: await one.answer })));
      below = pages.at(-1)!.page.entries[0]?.seq ?? below;
      length = Math.max(DEEP_PAGE, Math.min(...pages.map(({ page }) => page.entries.length)));
      asked = ask();
      for (const { below: upTo, page } of joinPages(pages)) {
        const rows = await this.#open(page, LONG_PATIENCE);
        await writing;
        if (signal.aborted) return count;
        writing = heardLater(this.#write(page, rows, upTo, generation));
      }
    }
    await writing;
    return count;
  }

  #askBelow(conversation: string, below: number): Promise<Page> {
    return this.#call("message.history", { conversation_id: conversation, seq: below, direction: "before", limit: DEEP_PAGE });
  }

  async #fetch(input: ReadHistory & { seq: number }): Promise<Page> {
    const generation = await this.#findGeneration();
    const page = await this.#call("message.history", input);
    await this.#write(page, await this.#open(page), input.direction === "before" && input.seq > 0 ? input.seq : undefined, generation);
    return page;
  }

  async #findGeneration(): Promise<Generation> {
    return (await this.#replica.findMeta("cursor"))?.generation;
  }

  async #open(page: Page, patience?: number): Promise<WholeRow[]> {
    const rows = page.entries.map(toRow);
    return (await this.#opener?.open(rows, page.hash_before, patience)) ?? rows;
  }

  /** `upTo` is the seq below which it was asked for. A page for a copy that is gone is dropped. */
  async #write(page: Page, rows: WholeRow[], upTo: number | undefined, generation: Generation): Promise<void> {
    const applied = await this.#replica.write(async () => {
      return (await this.#findGeneration()) === generation ? applyPage(this.#replica, page, upTo, rows) : undefined;
    });
    if (applied?.isWaiting) this.#opener?.noteWaiting();
  }

  /** The most urgent gap: of the ends of all conversations the latest active, then of everything older. */
  async #findJob(): Promise<Job | undefined> {
    const { ranges: table, conversations } = this.#replica;
    const [all, rows] = await this.#replica.transaction("r", [table, conversations], () =>
      Promise.all([table.toArray(), conversations.orderBy("active_at").reverse().toArray()]),
    );
    const ranges = groupRanges(all);
    let deep: Job | undefined;
    for (const row of rows) {
      if (this.#refused.has(row.id) || row.is_stale) continue;
      const held = ranges.get(row.id) ?? [];
      const seq = findHighestMissing(held, row.first_seq, row.last_seq);
      if (seq === undefined) continue;
      const from = Math.max(row.first_seq, 1, (held.findLast((range) => range.to < seq)?.to ?? 0) + 1);
      if (seq > row.last_seq - FRESH) return { conversation: row.id, seq, from, isFresh: true };
      deep ??= { conversation: row.id, seq, from, isFresh: false };
    }
    return deep;
  }
}

/** Who waits for it hears of its failure; until then it is nobody's. */
function heardLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

interface Part {
  below: number;
  page: Page;
}

/** Pages one below the other, each of which goes on where the one above it begins, as one; highest first. What two of them have is taken once. */
function joinPages(parts: Part[]): Part[] {
  const joined: Part[] = [];
  for (const { below, page } of parts) {
    const above = joined.at(-1);
    const start = above?.page.entries[0]?.seq;
    const last = page.entries.at(-1)?.seq;
    if (above === undefined || start === undefined || last === undefined || last < start - 1) {
      joined.push({ below, page });
      continue;
    }
    const lower = page.entries.filter(({ seq }) => seq < start);
    if (lower.length > 0) above.page = { ...above.page, entries: [...lower, ...above.page.entries], hash_before: page.hash_before };
  }
  return joined;
}

function groupRanges(ranges: RangeRow[]): Map<string, RangeRow[]> {
  const groups = new Map<string, RangeRow[]>();
  for (const range of ranges) {
    const group = groups.get(range.conversation);
    if (group) group.push(range);
    else groups.set(range.conversation, [range]);
  }
  return groups;
}

/** The highest seq from `first` to `last` that none of the ranges (lowest first, not touching) holds. */
export function findHighestMissing(ranges: RangeRow[], first: number, last: number): number | undefined {
  let highest = last;
  for (const range of [...ranges].reverse()) {
    if (range.to < highest) break;
    if (range.from <= highest) highest = range.from - 1;
  }
  return highest >= Math.max(first, 1) ? highest : undefined;
}
