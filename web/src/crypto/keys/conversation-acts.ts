// What the page asks the keys' worker about conversations. Seeds, keys of epochs and everything that signs stay in the worker: the
// page hands in rows of the log and gets what stands in them, hands in what somebody wrote and gets a record.
import { type Bytes, fromHex, toHex } from "../../lib/bytes.ts";
import { act, begin, repeatPending } from "../conversations/acting/act.ts";
import { type Bond, describeBond } from "../conversations/conversation-facts.ts";
import type { Device, Live } from "../conversations/device.ts";
import { describeGroup, findAct, findReader, type GroupStanding, hasRight, type ToldAct } from "../conversations/group-standing.ts";
import { fetchBelow } from "../conversations/fetching/fetch-below.ts";
import { confirm } from "../conversations/fetching/fetch-epochs.ts";
import { listClaims, takeGossip } from "../conversations/gossip.ts";
import { answerOthers, askForSeeds, listHealing, takeAnswers } from "../conversations/fetching/heal.ts";
import type { Finding } from "../conversations/judging/judge-log.ts";
import { hashOf, type LogPlace, type Row } from "../conversations/judging/log.ts";
import type { Act, Beginning } from "../conversations/acting/make-epoch.ts";
import { giveUp, markRestored, type Parting, type Returning, takeBack } from "../conversations/restored/restored.ts";
import { isLost } from "../conversations/fetching/rewrap.ts";
import type { UserName } from "../conversations/people/people.ts";
import { isRecordKind } from "../conversations/judging/roles.ts";
import { highestCounter, seal, type Sealed, type Unsealed } from "../conversations/acting/seal.ts";
import type { SealingState } from "../conversations/sealing-state.ts";
import { readSeeds, takeWraps, writeHeads, writeSeeds } from "../conversations/fetching/seeds.ts";
import { NoAnswer, Refusal } from "../account/server.ts";
import { ProtocolError } from "../protocol/codec.ts";
import type { Place } from "./messages.ts";

/** An entry of the log as the page has it: ids as hex, `recordHash` only of an emptied one. */
export type Handed = Omit<Row, "device" | "clientId" | "recordHash"> & { device: string; clientId: string; recordHash?: Bytes };

/** Entries without gaps, with H before the first; null when the page does not know it. */
export interface HandedStretch {
  before: Bytes | null;
  rows: Handed[];
}

/** How an entry is judged, as the page keeps and shows it. `isEmptied` is also what a deletion that stands names. */
export type Told = Omit<Finding, "row" | "extensions"> & {
  seq: number;
  /** Nobody can open it any more: it was written under a key that this person gave up with an identity. */
  isLost: boolean;
  /** What a signed entry of a group did. */
  act: ToldAct | null;
  /** The author may change what is said of the group; and tell all of it. */
  maySet: boolean;
  mayCall: boolean;
  /** This person's id, if it was written to them. */
  reader: number | null;
};

/**
 * How a conversation stands: `n` is the newest accepted epoch, 0 for none, `keys` of how many epochs the seed is here, `counter` the highest
 * of this device among the entries at hand. `bond` is null without an epoch, `group` of other conversations. `claims` are members who say that
 * it stands otherwise.
 */
export interface Standing {
  conversation: string;
  sealing: SealingState;
  n: number;
  keys: number;
  counter: number;
  bond: Bond | null;
  group: GroupStanding | null;
  claims: number[];
}

/** Conversations as hex. After an act of the account (connect among them) the page confirms and hands rows in again: the device starts anew. */
export interface ConversationActs {
  /** A connection: what the server names as current, seeds that wait, and what that makes of each conversation. `databases` as hex. */
  confirm: { needs: { place: Place; conversations: string[]; databases: string[] }; gives: Standing[] };
  /** The connection is gone. */
  disconnect: { needs: { place: Place }; gives: null };
  /**
   * Entries to judge; `places` are H of entries that these want and that are known to the page. Gives each of them, and others at hand that
   * are judged otherwise because of them. Of those handed in before only the newest are at hand. `misfit` is the seq of an entry from which
   * on they do not fit the log that is known, or null. `heard` are groups that stand otherwise by what was said of them.
   */
  takeRows: { needs: { place: Place; conversation: string; stretches: HandedStretch[]; places: LogPlace[] }; gives: { told: Told[]; standing: Standing; heard: Standing[]; misfit: number | null } };
  /**
   * Takes the seeds that others have sent, and asks for those that are missing if `asks`. Gives where one was learnt, and whether some are
   * missing still.
   */
  heal: { needs: { place: Place; asks: boolean }; gives: { healed: Standing[]; isMissing: boolean } };
  /** Gives co-members the seeds that they ask for and nobody has given them. */
  answerOthers: { needs: { place: Place }; gives: null };
  /** What somebody wrote, with the counter that the outbox has taken for it. */
  seal: { needs: { place: Place; conversation: string; unsealed: Unsealed }; gives: Sealed };
  /** What somebody's own devices call them; null while they have no keys. */
  nameOf: { needs: { place: Place; user: number }; gives: UserName | null };
  beginConversation: { needs: { place: Place; beginning: Beginning }; gives: string };
  actOn: { needs: { place: Place; conversation: string; wanted: Act }; gives: Standing };
  /**
   * Before anything else in a connection: the generation that `sync.open` told. What another database than the one before may have lost is
   * set aside; `waiting` are the conversations of which epochs are.
   */
  meetDatabase: { needs: { place: Place; database: string; partings: Parting[] }; gives: { isNew: boolean; wasRestored: boolean; waiting: string[] } };
  /** What of a conversation is to be offered to a restored server, which took epochs up to `taken` just now (0 for none), and what is back. */
  takeBack: { needs: { place: Place; conversation: string; taken: number }; gives: Returning };
  /** What is not back stays lost; `code` is why the server does not take it back. */
  giveUp: { needs: { place: Place; conversation: string; code: string }; gives: Standing };
  /** The entry for `epoch.restored`. */
  markRestored: { needs: { place: Place; conversation: string; database: string; old: LogPlace }; gives: Bytes };
}

export type ConversationAsk = { [A in keyof ConversationActs]: { id: number; act: A } & ConversationActs[A]["needs"] }[keyof ConversationActs];

const ACTS: ReadonlySet<string> = new Set<keyof ConversationActs>([
  "confirm", "disconnect", "takeRows", "heal", "answerOthers", "seal", "nameOf", "beginConversation", "actOn",
  "meetDatabase", "takeBack", "giveUp", "markRestored",
]);

export const isConversationAsk = (ask: { act: string }): ask is ConversationAsk => ACTS.has(ask.act);

/** Records at hand beside those that were taken last, and how many more before some are let go of. */
const NEWEST = 120;
const SLACK = 120;

/** What the page has been told of each entry at hand: so it hears only what is new. */
const told = new WeakMap<Live, Map<number, string>>();

const toldOf = (live: Live): Map<number, string> => {
  const known = told.get(live) ?? new Map<number, string>();
  told.set(live, known);
  return known;
};

/** As the page is told it: of what a deletion that stands names nothing is said any more, though its bytes may be at hand still. */
function listFindings({ known: { judged } }: Live): Finding[] {
  const { findings, deleted } = judged;
  return deleted.size === 0 ? findings : findings.map((one) => (deleted.has(one.row.seq) ? { ...one, content: null, isEmptied: true } : one));
}

/** What was emptied there is no sign of anything: the deletion that says so is lost with it. */
function isLostRow({ known }: Live, { row, verdict }: Finding): boolean {
  const epoch = known.epochs.find(row.epoch);
  return (verdict === "keyless" || (verdict === "withheld" && row.record.length === 0)) && epoch !== undefined && isLost(known, epoch);
}

const sum = (live: Live, finding: Finding): string => {
  const { row, verdict, target, isPlain, isEmptied, isWithheld, isRestored, wants } = finding;
  return `${toHex(row.recordHash)} ${verdict} ${target} ${isPlain} ${isEmptied} ${isWithheld} ${isRestored} ${isLostRow(live, finding)} ${wants.join()}`;
};

/** Lets go of older records. What that changes in the judgement of others is no news: they were told by more than is at hand now. */
function letGo(live: Live): void {
  const { known } = live;
  if (known.log.rows.length - known.signedRows.length <= NEWEST + SLACK) return;
  known.keepNewest(NEWEST);
  const before = toldOf(live);
  const kept = listFindings(live).filter(({ row }) => before.has(row.seq));
  told.set(live, new Map(kept.map((one) => [one.row.seq, sum(live, one)])));
}

function tellNew(live: Live, taken: readonly Row[]): Told[] {
  const said = toldOf(live);
  for (const { seq } of taken) said.delete(seq);
  const news: Told[] = [];
  for (const finding of listFindings(live)) {
    const { row, verdict, content, sentAt, target, isPlain, isEmptied, isWithheld, isRestored, wants } = finding;
    const one = sum(live, finding);
    if (said.get(row.seq) === one) continue;
    said.set(row.seq, one);
    news.push({
      seq: row.seq, verdict, content, sentAt, target, isPlain, isEmptied, isWithheld, isRestored, isLost: isLostRow(live, finding), wants,
      act: findAct(live, finding), maySet: hasRight(live, finding, "settingsBy"), mayCall: hasRight(live, finding, "everyoneBy"), reader: findReader(live, finding),
    });
  }
  return news;
}

export function describe(device: Device, live: Live): Standing {
  const { conversation } = live.known.where;
  const { epochs } = live.known;
  const keys = epochs.all.filter((one) => one.seed !== null).length;
  const [bond, group, claims] = [describeBond(live), describeGroup(live), listClaims(live)];
  return { conversation: toHex(conversation), sealing: device.stateOf(live), n: epochs.newest?.epoch.n ?? 0, keys, counter: highestCounter(device, live), bond, group, claims };
}

async function connect(device: Device, names: readonly string[], databases: readonly string[]): Promise<Standing[]> {
  for (const database of databases) device.databases.add(database);
  await readSeeds(device);
  await confirm(device, names.map(fromHex));
  for (const name of names) await repeatPending(device, await device.open(fromHex(name)));
  await takeWraps(device);
  await writeSeeds(device, device.lives.values());
  const standings: Standing[] = [];
  for (const name of names) standings.push(describe(device, await device.open(fromHex(name))));
  return standings;
}

const readHanded = ({ device, clientId, recordHash, ...row }: Handed): Row => ({
  ...row, device: fromHex(device), clientId: fromHex(clientId), recordHash: hashOf(row.record, recordHash),
});

/**
 * What entries rest on and what follows from them goes by the server: when it gives none, or what cannot be, they are judged by what is
 * here, and again later.
 */
async function attempt(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refusal) && !(error instanceof NoAnswer) && !(error instanceof ProtocolError)) throw error;
  }
}

/** Whether it fits what is known (`fork` otherwise). Throws ProtocolError `malformed`. */
function fits(take: () => void): boolean {
  try {
    take();
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.verdict !== "fork") throw error;
    return false;
  }
}

/** What does not fit is shown as far as it opens, and said: a page that changed on the server is not to stay closed for ever. */
function takeStretches({ log }: Live["known"], stretches: { before: Bytes | null; rows: Row[] }[], places: readonly LogPlace[]): number | null {
  const misfits = places.filter((place) => !fits(() => log.know(place))).map(({ seq }) => seq);
  for (const { before, rows } of stretches) {
    if (fits(() => log.take(before, rows))) continue;
    log.takeUnchained(rows);
    misfits.push(rows[0]!.seq);
  }
  return misfits.length === 0 ? null : Math.min(...misfits);
}

async function takeRows(device: Device, { conversation, stretches, places }: Extract<ConversationAsk, { act: "takeRows" }>): Promise<ConversationActs["takeRows"]["gives"]> {
  const live = await device.open(fromHex(conversation));
  const taken = stretches.map(({ before, rows }) => ({ before, rows: rows.map(readHanded) }));
  const rows = taken.flatMap((one) => one.rows);
  await attempt(() => fetchBelow(device, live, rows));
  const misfit = takeStretches(live.known, taken, places);
  await live.known.learn();
  let groups: Live[] = [];
  await attempt(async () => void (groups = await takeGossip(device, live)));
  await attempt(() => writeHeads(device, [live]));
  if (misfit === null && rows.some((row) => !isRecordKind(row.kind))) await device.remember(live);
  const answer = { told: tellNew(live, rows), standing: describe(device, live), heard: groups.map((one) => describe(device, one)), misfit };
  letGo(live);
  return answer;
}

async function heal(device: Device, asks: boolean): Promise<ConversationActs["heal"]["gives"]> {
  const healed = await takeAnswers(device);
  if (asks) await askForSeeds(device);
  return { healed: healed.map((live) => describe(device, live)), isMissing: listHealing(device).length > 0 };
}

/** Throws NotReady, Moved, ProtocolError, Refusal, NoAnswer. */
export async function actOnConversations(device: Device, ask: Exclude<ConversationAsk, { act: "meetDatabase" }>): Promise<ConversationActs[ConversationAsk["act"]]["gives"]> {
  switch (ask.act) {
    case "confirm":
      return connect(device, ask.conversations, ask.databases);
    case "disconnect":
      device.disconnect();
      return null;
    case "takeRows":
      return takeRows(device, ask);
    case "heal":
      return heal(device, ask.asks);
    case "answerOthers":
      return answerOthers(device).then(() => null);
    case "seal":
      return seal(device, await device.open(fromHex(ask.conversation)), ask.unsealed);
    case "nameOf":
      if (device.people.nameOf(ask.user) === null) await device.people.catchUp([ask.user]);
      return device.people.nameOf(ask.user);
    case "beginConversation":
      return toHex(await begin(device, ask.beginning));
    case "actOn": {
      const live = await device.open(fromHex(ask.conversation));
      await act(device, live, ask.wanted);
      return describe(device, live);
    }
    case "takeBack":
      return takeBack(device, await device.open(fromHex(ask.conversation)), ask.taken);
    case "giveUp": {
      const live = await device.open(fromHex(ask.conversation));
      await giveUp(device, live, ask.code);
      return describe(device, live);
    }
    case "markRestored":
      return markRestored(device, await device.open(fromHex(ask.conversation)), ask.database, ask.old);
  }
}
