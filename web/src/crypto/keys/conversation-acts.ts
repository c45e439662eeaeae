// What the page asks the keys' worker about conversations. Seeds, keys of epochs and everything that signs stay in the worker: the
// page hands in rows of the log and gets what stands in them, hands in what somebody wrote and gets a record.
import { type Bytes, fromHex, toHex } from "../../lib/bytes.ts";
import { act, begin, repeatPending } from "../conversations/act.ts";
import type { Device, Live } from "../conversations/device.ts";
import { confirm } from "../conversations/fetch-epochs.ts";
import { takeGossip } from "../conversations/gossip.ts";
import type { Finding } from "../conversations/judge-log.ts";
import type { Row } from "../conversations/log.ts";
import type { Act, Beginning } from "../conversations/make-epoch.ts";
import { highestCounter, leave, seal, type Sealed, type Unsealed } from "../conversations/seal.ts";
import type { SealingState } from "../conversations/sealing-state.ts";
import { readSeeds, takeWraps, writeHeads, writeSeeds } from "../conversations/seeds.ts";
import { check, type Verdict } from "../protocol/codec.ts";
import { accept } from "../protocol/pins.ts";
import type { Place } from "./messages.ts";

/** How an entry is judged, as the page shows it. */
export type Told = Omit<Finding, "row" | "extensions"> & { seq: number };

/** How a conversation stands: `n` is the newest accepted epoch, 0 for none; `counter` the highest of this device in the log. */
export interface Standing {
  conversation: string;
  sealing: SealingState;
  n: number;
  counter: number;
}

/** Conversations as hex. After an act of the account (connect among them) the page confirms and hands rows in again: the device starts anew. */
export interface ConversationActs {
  /** A connection: what the server names as current, seeds that wait, and what that makes of each conversation. `databases` as hex. */
  confirm: { needs: { place: Place; conversations: string[]; databases: string[] }; gives: Standing[] };
  /** The connection is gone. */
  disconnect: { needs: { place: Place }; gives: null };
  /** Rows without gaps; gives those that were judged anew, other ones too. */
  takeRows: { needs: { place: Place; conversation: string; before: Bytes; rows: Row[] }; gives: Told[] };
  /** What somebody wrote, with the counter that the outbox has taken for it. */
  seal: { needs: { place: Place; conversation: string; unsealed: Unsealed }; gives: Sealed };
  beginConversation: { needs: { place: Place; beginning: Beginning }; gives: string };
  actOn: { needs: { place: Place; conversation: string; wanted: Act }; gives: Standing };
  leave: { needs: { place: Place; conversation: string }; gives: null };
  /** The person takes somebody's changed identity (9.2). */
  acceptIdentity: { needs: { place: Place; user: number }; gives: null };
}

export type ConversationAsk = { [A in keyof ConversationActs]: { id: number; act: A } & ConversationActs[A]["needs"] }[keyof ConversationActs];

const ACTS: ReadonlySet<string> = new Set<keyof ConversationActs>([
  "confirm", "disconnect", "takeRows", "seal", "beginConversation", "actOn", "leave", "acceptIdentity",
]);

export const isConversationAsk = (ask: { act: string }): ask is ConversationAsk => ACTS.has(ask.act);

/** What the page has been told of each entry: so it hears only what is new. */
const told = new WeakMap<Live, Map<number, string>>();

function tellNew(live: Live): Told[] {
  const before = told.get(live) ?? new Map<number, string>();
  told.set(live, before);
  const news: Told[] = [];
  for (const { row, verdict, content, sentAt, target, isPlain, isEmptied, isWithheld } of live.known.judged.findings) {
    const said = JSON.stringify([toHex(row.recordHash), verdict, sentAt, target, isPlain, isEmptied, isWithheld]);
    if (before.get(row.seq) === said) continue;
    before.set(row.seq, said);
    news.push({ seq: row.seq, verdict, content, sentAt, target, isPlain, isEmptied, isWithheld });
  }
  return news;
}

function describe(device: Device, live: Live): Standing {
  const { conversation } = live.known.where;
  return { conversation: toHex(conversation), sealing: device.stateOf(live), n: live.known.epochs.newest?.epoch.n ?? 0, counter: highestCounter(device, live) };
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

async function acceptIdentity(device: Device, user: number): Promise<void> {
  const { state } = device.people.chain(user);
  const pin = device.pins.get(user);
  check(state !== null && pin !== undefined, "unproven" satisfies Verdict, "nobody who is known");
  const accepted = accept(pin, state, device.around.now());
  await device.append([accepted]);
  device.pins.set(user, accepted);
}

async function takeRows(device: Device, { conversation, before, rows }: Extract<ConversationAsk, { act: "takeRows" }>): Promise<Told[]> {
  const live = await device.open(fromHex(conversation));
  await live.known.takeRows(before, rows);
  const behind = await takeGossip(device, live);
  if (behind.length > 0) await confirm(device, behind);
  await writeHeads(device, [live]);
  return tellNew(live);
}

/** Throws NotReady, Moved, ProtocolError, Refusal, NoAnswer. */
export async function actOnConversations(device: Device, ask: ConversationAsk): Promise<ConversationActs[ConversationAsk["act"]]["gives"]> {
  switch (ask.act) {
    case "confirm":
      return connect(device, ask.conversations, ask.databases);
    case "disconnect":
      device.disconnect();
      return null;
    case "takeRows":
      return takeRows(device, ask);
    case "seal":
      return seal(device, await device.open(fromHex(ask.conversation)), ask.unsealed);
    case "beginConversation":
      return toHex(await begin(device, ask.beginning));
    case "actOn": {
      const live = await device.open(fromHex(ask.conversation));
      await act(device, live, ask.wanted);
      return describe(device, live);
    }
    case "leave":
      return leave(device, await device.open(fromHex(ask.conversation))).then(() => null);
    case "acceptIdentity":
      return acceptIdentity(device, ask.user).then(() => null);
  }
}
