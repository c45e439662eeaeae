// What people tell each other of groups beside their messages (docs/protocol-encryption.md, 8.4): a server that shows one group in two
// ways is found out by the first direct message between the two sides.
import { type Bytes, toHex } from "../../lib/bytes.ts";
import { equal, ProtocolError } from "../protocol/codec.ts";
import { type GossipHead, readHeads } from "../protocol/record.ts";
import { HEADS_EXTENSION } from "../protocol/statements.ts";
import { type Device, type Live, mayWorsen, stop } from "./device.ts";
import type { Finding } from "./judging/judge-log.ts";
import type { Row } from "./judging/log.ts";

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

/** Whether a head is above what is known. Another one with a known number stops the group. */
async function hear(device: Device, { conversation, epoch, hash }: GossipHead): Promise<boolean> {
  const live = await device.open(conversation);
  const { newest } = live.known.epochs;
  if (newest === null || newest.epoch.kind !== "group" || !mayWorsen(live)) return false;
  const known = live.known.epochs.find(epoch);
  if (known === undefined) return live.stopped === null && epoch > newest.epoch.n;
  if (equal(known.hash.subarray(0, 16), hash)) return false;
  stop(live, "fork");
  await device.remember(live);
  return false;
}

/** Hears what the standing messages of a direct or self conversation tell. Returns the groups of which more is there than is known. */
export async function takeGossip(device: Device, live: Live): Promise<Bytes[]> {
  const kind = live.known.epochs.newest?.epoch.kind;
  if (kind === undefined || kind === "group") return [];
  const behind = new Map<string, Bytes>();
  for (const finding of live.known.judged.findings) {
    if (finding.verdict !== null || heard.has(finding.row)) continue;
    heard.add(finding.row);
    for (const head of headsIn(finding)) if (await hear(device, head)) behind.set(toHex(head.conversation), head.conversation);
  }
  return [...behind.values()];
}
