// Opens what a page brings from elsewhere: the messages that its own answer, and what has changed those (docs/domain/messages.md, "Pages").
// All of it is judged apart, so that no verdict about what is in the log rests on an entry whose place nobody vouches for. Kept is a
// message that stands and that an answer which stands names by its hash, as it is with every edit and deletion that is here or came along.
import type { Verdict } from "../crypto/protocol/codec.ts";
import type { Told } from "../crypto/keys/conversation-acts.ts";
import { type BesideRow, isChange, putBeside, toBeside } from "../replica/beside.ts";
import type { Replica } from "../replica/database.ts";
import { toRow } from "../replica/entries.ts";
import { summarize } from "../replica/marks.ts";
import { aimOf, findWhole, type WholeRow } from "../replica/records.ts";
import { type Entry, KIND_EDIT, KIND_MESSAGE, type Page } from "../wire/contract.ts";
import type { AskConversations } from "./ask.ts";
import { toHanded, withTold } from "./told.ts";

/** Pages of which something waits to be opened: of more than these the oldest are let go of. */
const MOST = 50;
const MOST_TRIES = 5;
/** Verdicts that a key, an epoch or a chain which is learnt soon may change. */
const MAY_OPEN: ReadonlySet<Verdict | null> = new Set<Verdict | null>(["keyless", "unproven", "not_listed"]);

/** What came with a page. */
interface Brought {
  conversation: string;
  /** The messages on it that answer something. */
  answers: number[];
  /** What they answer, and edits and deletions that may be of that. */
  answered: WholeRow[];
  changes: WholeRow[];
  tries: number;
}

/** An entry as it was judged, and what was told of it. */
interface Judged {
  row: WholeRow;
  one: Told;
}

export class Besides {
  #waiting: Brought[] = [];
  /** How often the copy was cleared. */
  #age = 0;

  constructor(private readonly replica: Replica) {}

  /** The copy was cleared. */
  forget(): void {
    this.#waiting = [];
    this.#age += 1;
  }

  take(page: Page): void {
    const brought = readBrought(page);
    if (brought.answered.length > 0) this.#waiting = [...this.#waiting, brought].slice(-MOST);
  }

  /** Opens what waits in a conversation; what may open later goes on waiting. Never throws. */
  async open(conversation: string, ask: AskConversations): Promise<void> {
    const due = this.#waiting.filter((one) => one.conversation === conversation);
    this.#waiting = this.#waiting.filter((one) => one.conversation !== conversation);
    const age = this.#age;
    for (const brought of due) {
      const isDone = await this.#open(brought, ask).catch((error: unknown) => console.warn("what came beside a page was not opened", error));
      brought.tries += 1;
      if (!isDone && brought.tries < MOST_TRIES && age === this.#age) this.#waiting = [...this.#waiting, brought].slice(-MOST);
    }
  }

  async #open(brought: Brought, ask: AskConversations): Promise<boolean> {
    const { conversation, answered } = brought;
    const age = this.#age;
    const rows = await this.#gather(brought);
    const told = await ask("judgeApart", { conversation, rows: rows.map(toHanded) });
    const bySeq = new Map(told.map((one) => [one.seq, one]));
    const judged = rows.filter(({ seq }) => bySeq.has(seq)).map((row) => ({ row: withTold(row, bySeq.get(row.seq)!), one: bySeq.get(row.seq)! }));
    const found = answered.flatMap(({ seq }) => choose(seq, judged) ?? []);
    if (age === this.#age) await putBeside(this.replica, conversation, found);
    return !judged.some(({ one }) => !one.isLost && MAY_OPEN.has(one.verdict));
  }

  /** With what came, what is here of it: the answers, and whatever has changed what they answer. */
  async #gather({ conversation, answers, answered, changes }: Brought): Promise<WholeRow[]> {
    const targets = answered.map(({ seq }) => seq);
    const first = [...changes, ...(await this.#findChanges(conversation, targets))];
    const second = await this.#findChanges(conversation, first.filter(({ kind }) => kind === KIND_EDIT).map(({ seq }) => seq));
    // What is here is what stands in its place.
    const here = await findWhole(this.replica, conversation, [...answers, ...changes.map(({ seq }) => seq)]);
    const all = new Map([...answered, ...first, ...second, ...here].map((row) => [row.seq, row]));
    return [...all.values()].filter(({ plain }) => plain === undefined);
  }

  /** Edits and deletions here that are aimed at these. */
  async #findChanges(conversation: string, targets: number[]): Promise<WholeRow[]> {
    if (targets.length === 0) return [];
    const { records, entries } = this.replica;
    const keys = await records.where("[conversation+aims]").anyOf(targets.map((seq) => [conversation, seq])).primaryKeys();
    const found = (await entries.bulkGet(keys)).filter((entry) => entry !== undefined && isChange(entry));
    return findWhole(this.replica, conversation, found.map((entry) => entry!.seq));
  }
}

/** What of it can belong there: a server may tell anything. */
function readBrought(page: Page): Brought {
  const { conversation_id: conversation, entries, first_seq, last_seq } = page;
  const own = new Set(entries.map(({ seq }) => seq));
  const answers = entries.filter(({ kind, target_seq }) => kind === KIND_MESSAGE && target_seq > 0);
  const targets = new Set(answers.map(({ target_seq }) => target_seq));
  const isElsewhere = ({ conversation_id, seq }: Entry): boolean => conversation_id === conversation && seq >= first_seq && seq <= last_seq && !own.has(seq);
  const answered = page.answered.filter((entry) => isElsewhere(entry) && entry.kind === KIND_MESSAGE && targets.has(entry.seq));
  return {
    conversation, answers: answers.map(({ seq }) => seq), answered: answered.map(toRow), changes: page.aimed.filter(isElsewhere).filter(isChange).map(toRow), tries: 0,
  };
}

const stands = ({ row: { opened, is_emptied }, one }: Judged): boolean =>
  opened?.verdict === null && !opened.is_withheld && !opened.is_restored && one.isEmptied === (is_emptied ?? false);

/** The message as it is to be kept, if it is. */
function choose(seq: number, judged: Judged[]): BesideRow | undefined {
  const found = judged.find(({ row }) => row.seq === seq);
  const aimed = judged.filter(({ row }) => row.opened?.target === seq);
  if (!found || !stands(found) || !aimed.some((one) => one.row.kind === KIND_MESSAGE && stands(one))) return undefined;
  const edits = judged.filter(({ row }) => row.kind === KIND_EDIT && aimOf(row) === seq);
  const places = new Set([seq, ...edits.map(({ row }) => row.seq)]);
  const counted = judged.filter(({ row }) => isChange(row) && places.has(aimOf(row))).map(({ row }) => row);
  const marks = found.row.is_emptied ? undefined : summarize(found.row, edits.filter(stands).map(({ row }) => row));
  return toBeside(marks ? { ...found.row, marks } : found.row, counted);
}
