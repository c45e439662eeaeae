// Entries on their way to the keys' worker, and what it tells of them on its way into the local copy. Pure.
import { readContent, type Said } from "../crypto/content.ts";
import { toEvent } from "../groups/event.ts";
import { readState, type StateRow } from "../crypto/group-state.ts";
import type { Handed, HandedStretch, Told } from "../crypto/keys/conversation-acts.ts";
import type { Verdict } from "../crypto/protocol/codec.ts";
import { type Bytes, fromBase64, toHex } from "../lib/bytes.ts";
import { sha256 } from "../lib/sha256.ts";
import type { EntryRow, OpenedRow } from "../replica/database.ts";
import { listRuns } from "../replica/entries.ts";
import { startHash } from "../replica/log-hash.ts";
import type { WholeRow } from "../replica/records.ts";
import { KIND_MESSAGE, KIND_STATE } from "../wire/contract.ts";

/** Verdicts that something learnt later may change: a key, an epoch, somebody's chain, a deletion, a newer Hearth. */
export const HEALS: ReadonlySet<Verdict> = new Set<Verdict>(["keyless", "unproven", "not_listed", "withheld", "unsupported"]);
/** More than these are told of nobody honest. */
const MOST_WANTS = 120;

const toHanded = (row: WholeRow): Handed => ({
  seq: row.seq, kind: row.kind, user: row.from_user, device: row.from_device, clientId: row.client_id, counter: row.counter, epoch: row.epoch,
  targetSeq: row.target_seq, time: Date.parse(row.timestamp), record: row.record,
  ...(row.record.length === 0 && row.record_hash !== undefined ? { recordHash: fromBase64(row.record_hash) } : {}),
});

/** Rows of one conversation, lowest first, as stretches; `hashOf` gives H of an entry, in base64, if it is known. */
export function toStretches(rows: WholeRow[], hashOf: (seq: number) => string | undefined): HandedStretch[] {
  return listRuns(rows.map(({ seq }) => seq)).map(([from, to]) => {
    const known = hashOf(from - 1);
    const before = from === 1 ? startHash(rows[0]!.conversation) : known === undefined ? null : fromBase64(known);
    return { before, rows: rows.filter(({ seq }) => from <= seq && seq <= to).map(toHanded) };
  });
}

/** What is told of an entry with its bytes, where the copy has it emptied: nothing of that counts, and what emptied it is judged elsewhere. */
function asEmptied({ opened }: EntryRow, { isWithheld, isRestored }: Told): OpenedRow {
  return { verdict: "withheld", sent_at: null, target: null, is_withheld: isWithheld, ...(isRestored && { is_restored: true }), ...opened, content: null };
}

/** A picture's id is the hash of its bytes, which are kept beside. */
export const nameOf = (picture: Bytes): string => toHex(sha256(picture));

function openState(content: object, maySet: boolean): StateRow | null {
  const state = readState(content);
  return state && { ...state, picture: state.picture && nameOf(state.picture), maySet, changes: [] };
}

/** What is said as it counts: who may not call everybody has not (8.10). */
function hear(said: Said, { mayCall }: Told): Said {
  if (said.type !== "text" || mayCall) return said;
  const heard = { ...said };
  delete heard.everyone;
  return heard;
}

/** Whether a message wants to tell this person. An edit tells nobody anew. */
function callsReader({ kind }: EntryRow, { verdict, content }: OpenedRow, { reader }: Told): boolean {
  if (kind !== KIND_MESSAGE || verdict !== null || content?.type !== "text" || reader === null) return false;
  return content.everyone === true || (content.mentions ?? []).includes(reader);
}

function open(row: EntryRow, told: Told): OpenedRow {
  const { verdict, sentAt, target, isWithheld, isRestored, isLost, act, maySet } = told;
  const event = act && toEvent(act, row.from_user);
  const content = row.is_emptied ? null : told.content;
  const opened: OpenedRow = { verdict, content: null, sent_at: sentAt, target, is_withheld: isWithheld };
  if (content !== null && row.kind === KIND_STATE) {
    const state = openState(content, maySet);
    if (state === null) opened.verdict = "malformed";
    else opened.state = state;
  } else if (content !== null) opened.content = hear(readContent(content, row.kind), told);
  if (event !== null) opened.event = event;
  if (isRestored) opened.is_restored = true;
  if (isLost) opened.is_lost = true;
  return opened;
}

/** The row as it is kept from now on. One that is emptied gets no content again; one is emptied with its deletion, and by that alone. */
export function withTold<R extends EntryRow>(row: R, one: Told): R {
  if (one.isEmptied && !row.is_emptied) return row;
  const isOther = row.is_emptied === true && !one.isEmptied;
  const opened = isOther ? asEmptied(row, one) : open(row, one);
  const told: R = { ...row, opened };
  const wants = isOther ? [] : one.wants;
  const { verdict, is_withheld, is_lost } = opened;
  delete told.waits;
  delete told.wants;
  delete told.fails;
  delete told.calls;
  if (callsReader(row, opened, one)) told.calls = 1;
  // What is lost is said once, where it stands, and is no fault; neither is the end of one's own stay, whose epoch one is not given.
  if ((verdict !== null && !is_lost && one.act === null) || is_withheld) told.fails = 1;
  if (verdict !== null && HEALS.has(verdict)) told.waits = 2;
  if (wants.length > 0) told.wants = wants.slice(0, MOST_WANTS).map((seq) => [row.conversation, seq]);
  return told;
}

/** Entries that were given to the worker at a time, by their bytes or by their H: whether each was emptied then. */
export type Given = ReadonlyMap<number, boolean>;

export const toGiven = (rows: WholeRow[]): Given => new Map(rows.map((row) => [row.seq, row.is_emptied ?? false]));

/** Of rows that were judged with less than is here, by seq. */
export interface Missing {
  /** They say what is told of them, and wait. */
  again: ReadonlySet<number>;
  /** They say what they said before: alone, what repeats another one looks as good as that. */
  unpaired: ReadonlySet<number>;
}

/** The row as it is kept: `judged` is what was told of it. */
export function settle(row: WholeRow, judged: WholeRow, given: Given, { again, unpaired }: Missing): WholeRow {
  if (unpaired.has(row.seq)) return { ...row, waits: 1 };
  // It was emptied after it was given.
  if (row.waits === 1 && row.is_emptied && given.get(row.seq) === false) return { ...judged, waits: 1 };
  if (!again.has(row.seq)) return judged;
  // What it was judged with now is given again together with what it lacks: so it does not go to and fro.
  const had = (row.wants ?? []).filter(([, seq]) => given.has(seq));
  const wants = [...(judged.wants ?? []), ...had];
  return wants.length > 0 ? { ...judged, waits: 1, wants } : { ...judged, waits: 1 };
}
