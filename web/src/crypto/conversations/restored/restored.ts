// After a restore of the server (docs/protocol-encryption.md, 10.10): what is known above the place where a log parts is set aside, and
// known again as it comes back. The page offers it (restored/returning.ts): records and rosters are no secret, and it has the entries.
import { type Bytes, fromHex, toHex } from "../../../lib/bytes.ts";
import type { Account } from "../../account/self.ts";
import { equal, isZero } from "../../protocol/codec.ts";
import { EPOCH, readEpoch, readRoster } from "../../protocol/epoch.ts";
import { findMember } from "../../protocol/epoch-rules.ts";
import { makeRestored } from "../../protocol/log-entries.ts";
import { hash } from "../../protocol/primitives.ts";
import { hashStatement } from "../../protocol/statements.ts";
import { type Device, type Live, stop } from "../device.ts";
import type { RememberedEpoch } from "../judging/epochs.ts";
import { confirm } from "../fetching/fetch-epochs.ts";
import type { LogPlace } from "../judging/log.ts";
import { PATIENCE } from "./patience.ts";
import { returnOwn, setPeopleAside } from "./restored-people.ts";
import { takeLoose, writeSeeds } from "../fetching/seeds.ts";
import type { ConversationServer } from "../server.ts";
import type { ConversationStore, RememberedConversation, Removed } from "../store.ts";

/** The highest place of a log that the server has still; seq 0 for none. */
export interface Parting extends LogPlace {
  conversation: string;
}

/** Whoever left may be brought back by a backup: only what others have decided is carried out again. */
function listRemoved({ removed, lost }: Pick<RememberedConversation, "removed" | "lost">, n: number): Removed[] {
  const all = new Map(removed.map(([user, at]) => [user, Math.min(at, n)]));
  const added = new Map(removed.map(([user, , hashes]) => [user, new Set(hashes)]));
  for (const { record } of lost) {
    const { action, targets } = readEpoch(record);
    const name = toHex(hashStatement(EPOCH, record));
    for (const { user, cause } of targets) {
      const known = added.get(user) ?? new Set();
      // One that was lost with a removal, and came back without it, decides nothing when it is lost again.
      if (action === "add" && !known.has(name)) all.delete(user);
      if (action === "add") added.set(user, known.add(name));
      if (action === "remove" && isZero(cause)) all.set(user, n);
    }
  }
  return [...all].map(([user, at]) => [user, at, [...(added.get(user) ?? [])]]);
}

function part(known: RememberedConversation, { seq, hash: logHash }: LogPlace, until: number): RememberedConversation {
  const isBelow = ({ told }: RememberedEpoch): boolean => told !== null && told.seq <= seq;
  const first = known.epochs.findIndex((one) => !isBelow(one));
  const count = first < 0 ? known.epochs.length : first;
  const head = seq > 0 ? { seq, hash: logHash } : { seq, hash: hash("hearth log v1", known.conversation) };
  const lost = [...known.epochs.slice(count), ...known.lost];
  const signed = known.signed.filter((row) => row.seq <= seq);
  const newest = known.epochs[count - 1];
  const removed = listRemoved({ removed: known.removed, lost }, newest === undefined ? 0 : readEpoch(newest.record).n);
  // What was known when it stopped is known still, and judged anew. What is no matter of a shorter past stops it for good.
  const stopped = known.stopped === "rollback" ? null : known.stopped;
  // Rows of the keyring may be lost, too: they are written again. Whoever could not be asked for a seed may be there now.
  // What others have said may be of what is lost.
  return { ...known, stopped, epochs: known.epochs.slice(0, count), signed, head, inKeyring: [], denied: [], headRow: 0, lost, removed, lostUntil: lost.length > 0 ? until : 0, words: [] };
}

/**
 * Before anything else is asked of another database than the one that was known. Begun anew after a crash. Returns the conversations (hex)
 * of which epochs are set aside, or in which somebody's chain may be awaited. Throws Refusal, NoAnswer, ProtocolError.
 */
export async function setAside(account: Account, api: ConversationServer, store: ConversationStore, partings: readonly Parting[]): Promise<string[]> {
  const until = account.now() + PATIENCE;
  const own = await returnOwn(account, api, store);
  const isShort = await setPeopleAside(api, store, own, until);
  const places = new Map(partings.map((one) => [one.conversation, one]));
  const waiting: string[] = [];
  for (const conversation of await store.listConversations()) {
    const name = toHex(conversation);
    const known = (await store.readConversation(conversation))!;
    const parted = part(known, places.get(name) ?? { seq: 0, hash: known.head.hash }, until);
    await store.writeConversation(parted);
    if (parted.lost.length > 0 || isShort) waiting.push(name);
  }
  await store.writePosition(0);
  return waiting;
}

/** An epoch to be offered: `seq` is where its entry stood. */
export interface LostEpoch {
  n: number;
  seq: number;
  record: Bytes;
  roster: Bytes | null;
}

export interface Returning {
  /** Those that follow on the newest which the server has, and can come back. */
  epochs: LostEpoch[];
  newest: number;
  /** The first epoch that others have made anew meanwhile: it and what follows stay lost. */
  parted: number | null;
  /** Somebody else may give back what is missing. */
  isAwaiting: boolean;
}

/** Of those that are back, or are given up, the seeds go on: what is sealed under them is somewhere still. */
function keepLost(live: Live, kept: RememberedEpoch[]): void {
  for (const one of live.lost) {
    const { record, seed } = one;
    if (seed !== null && !kept.includes(one)) live.loose.push({ n: readEpoch(record).n, recordHash: hashStatement(EPOCH, record), seed, isLost: true });
  }
  live.lost = kept;
  takeLoose(live);
}

/** Everybody in a lost epoch: who is shown no more is passed over. */
const listMembers = ({ lost }: Live): number[] => [...new Set(lost.flatMap(({ roster }) => (roster === null ? [] : readRoster(roster).map((one) => one.user))))];

/** It has what it took: a person who is in it is shown its head. Throws Refusal, NoAnswer. */
async function isShown({ around: { api } }: Device, { known: { where: { conversation } } }: Live, n: number): Promise<boolean> {
  const [head] = await api.listEpochHeads([conversation]);
  return head !== undefined && head.n >= n;
}

/**
 * Knows again what the server has by now, of which it took the epochs up to `taken` just now (0 for none). What it must not say stops the
 * conversation. Throws Refusal, NoAnswer.
 */
export async function takeBack(device: Device, live: Live, taken: number): Promise<Returning> {
  await confirm(device, [live.known.where.conversation]);
  const { epochs } = live.known;
  if (live.stopped === null && (epochs.newest?.epoch.n ?? 0) < taken && !(await isShown(device, live, taken))) stop(live, "rollback");
  let parted: number | null = null;
  for (const { record } of live.lost) {
    const { n } = readEpoch(record);
    const there = epochs.find(n);
    if (there !== undefined && !equal(there.hash, hashStatement(EPOCH, record))) parted ??= n;
  }
  const newest = epochs.newest?.epoch.n ?? 0;
  const listed = live.lost.map((one) => ({ n: readEpoch(one.record).n, one }));
  const following = parted === null ? listed.filter(({ n }, at) => n > newest && listed.slice(0, at).every((below) => below.n < n)) : [];
  const isNext = following[0]?.n === newest + 1;
  await device.people.catchUpEach(listMembers(live));
  const gone = following.findIndex(({ one }) => device.awaiting.isGone(one));
  const coming = gone < 0 ? following : following.slice(0, gone);
  // What is left may be of use to another restore only.
  if (coming.length === 0) live.lostUntil = 0;
  // Of a conversation that is stopped nothing is let go of: another restore has it judged anew.
  if (live.stopped === null) keepLost(live, isNext ? following.map(({ one }) => one) : []);
  await live.known.learn();
  await writeSeeds(device, [live]);
  await device.remember(live);
  const offered = live.stopped === null && isNext ? coming : [];
  return { epochs: offered.map(({ n, one: { told, record, roster } }) => ({ n, seq: told?.seq ?? Infinity, record, roster })), newest, parted, isAwaiting: live.stopped === null && device.isAwaiting(live) };
}

/** Whether an honest server may say this of the first epoch that is lost: by the record, not by what it says. */
function mayStayLost({ known: { epochs, where }, lost: [first] }: Live, code: string): boolean {
  if (first === undefined) return true;
  const { action, kind, targets } = readEpoch(first.record);
  if (code === "not_friends") return action === "create" || action === "add" || kind === "direct";
  if (code === "leave_lost") return action === "remove" && targets.some(({ cause }) => !isZero(cause));
  return code === "not_found" && findMember(epochs.newest?.roster ?? [], where.user) === undefined;
}

/** What is still lost stays so. A server that denies what it had accepted stops the conversation, until it is restored again. */
export async function giveUp(device: Device, live: Live, code: string): Promise<void> {
  if (mayStayLost(live, code)) keepLost(live, []);
  else stop(live, "rollback");
  await device.remember(live);
}

/** The entry above which the log goes on, under the newest epoch; `old` is the highest place that was known. */
export function markRestored(device: Device, { known }: Live, database: string, old: LogPlace): Promise<Bytes> {
  const { server, conversation } = known.where;
  const { user, device: id, sign } = device.author;
  const newest = known.epochs.newest!;
  const under = { epoch: newest.epoch.n, recordHash: newest.hash };
  return makeRestored({ server, conversation, databaseGeneration: fromHex(database), ...under, old, user, device: id, time: device.around.now(), extensions: [] }, sign);
}
