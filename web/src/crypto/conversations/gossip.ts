// What people tell each other of groups beside their messages (docs/protocol-encryption.md, 8.4): a server that shows one group in two
// ways is noticed by the first direct message between the two sides. A hash proves nothing: what differs is its teller's claim, which is
// shown and stops nothing (docs/decisions/0025-claims-are-no-proof.md).
import { type Bytes, toHex } from "../../lib/bytes.ts";
import { equal, ProtocolError } from "../protocol/codec.ts";
import { findMember } from "../protocol/epoch-rules.ts";
import { type GossipHead, readHeads } from "../protocol/record.ts";
import { HEADS_EXTENSION } from "../protocol/statements.ts";
import { Refusal } from "../account/server.ts";
import { type Device, type Live, mayWorsen, stop } from "./device.ts";
import { confirm, listFrom } from "./fetching/fetch-epochs.ts";
import type { Finding } from "./judging/judge-log.ts";
import type { Row } from "./judging/log.ts";
import type { Word } from "./store.ts";

/** Rows whose heads were looked at. */
const heard = new WeakSet<Row>();

function headsIn({ extensions }: Finding): GossipHead[] {
  const found = extensions.find((one) => one.id === HEADS_EXTENSION);
  if (found === undefined) return [];
  try {
    return readHeads(found.bytes);
  } catch (error) {
    // What does not decode is no heads.
    if (error instanceof ProtocolError) return [];
    throw error;
  }
}

/** Whether somebody names another epoch than is known, of those that they can know: who is no member there any more knows, and may claim, anything. */
function differs({ known: { epochs } }: Live, { user, n, hash }: Word): boolean {
  const newest = epochs.newest!;
  if (findMember(newest.roster, user) === undefined) return false;
  const known = epochs.find(n);
  if (known === undefined) return n > newest.epoch.n;
  return findMember(known.roster, user) !== undefined && !equal(known.hash.subarray(0, 16), hash);
}

/** The members of a group who have said last that it stands otherwise than is known here. */
export function listClaims(live: Live): number[] {
  if (live.known.epochs.newest?.epoch.kind !== "group") return [];
  return [...new Set(live.words.filter((word) => differs(live, word)).map(({ user }) => user))];
}

/** Another record of a known number, if the server has one: two that are signed and fit are proof (7.5). Throws Refusal, NoAnswer. */
async function lookBeside(device: Device, live: Live, n: number): Promise<void> {
  try {
    const [there] = await listFrom(device, live.known.where.conversation, n, n);
    if (there?.n === n) await live.known.takeEpoch(there);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    if (error.verdict === "fork") stop(live, "fork");
  }
}

/** A conversation that this device knows: any other id that somebody names is no reason to keep anything. */
async function find(device: Device, conversation: Bytes): Promise<Live | null> {
  const isKnown = device.lives.has(toHex(conversation)) || (await device.around.store.readConversation(conversation)) !== null;
  return isKnown ? device.open(conversation) : null;
}

/** Asks the server what it has to say of it. That it refuses is an answer, too. Throws NoAnswer. */
async function askServer(device: Device, live: Live, word: Word): Promise<void> {
  try {
    if (word.n > live.known.epochs.newest!.epoch.n) await confirm(device, [live.known.where.conversation]);
    else if (differs(live, word)) await lookBeside(device, live, word.n);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/** Only of a group that is known, and from a member of it. Returns it if its claims have changed. Throws NoAnswer. */
async function hear(device: Device, conversation: Bytes, word: Word): Promise<Live | null> {
  const live = await find(device, conversation);
  const { newest } = live?.known.epochs ?? {};
  if (live === null || newest?.epoch.kind !== "group" || !mayWorsen(live) || findMember(newest.roster, word.user) === undefined) return null;
  const isSame = ({ user, from }: Word): boolean => user === word.user && equal(from, word.from);
  if (live.words.some((one) => isSame(one) && one.seq >= word.seq)) return null;
  const claims = listClaims(live).join();
  await askServer(device, live, word);
  live.words = [...live.words.filter((one) => !isSame(one)), word];
  if (listClaims(live).join() === claims && live.stopped === null) return null;
  await device.remember(live);
  return live;
}

/**
 * Hears what the standing messages of a direct or self conversation tell: of each person what they said last. Returns the groups that stand
 * otherwise now. Throws NoAnswer: then they are heard another time.
 */
export async function takeGossip(device: Device, live: Live): Promise<Live[]> {
  const { conversation: from } = live.known.where;
  const kind = live.known.epochs.newest?.epoch.kind;
  if (kind === undefined || kind === "group") return [];
  const findings = live.known.judged.findings.filter(({ row, verdict }) => verdict === null && !heard.has(row));
  const said = new Map<string, { conversation: Bytes; word: Word }>();
  for (const finding of findings) {
    const { user, seq } = finding.row;
    for (const { conversation, epoch: n, hash } of headsIn(finding)) {
      const name = `${user} ${toHex(conversation)}`;
      if ((said.get(name)?.word.seq ?? 0) < seq) said.set(name, { conversation, word: { user, from, seq, n, hash } });
    }
  }
  const changed = new Set<Live>();
  for (const { conversation, word } of said.values()) {
    const group = await hear(device, conversation, word);
    if (group !== null) changed.add(group);
  }
  for (const { row } of findings) heard.add(row);
  return [...changed];
}
