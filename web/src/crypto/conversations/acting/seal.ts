// Sealing what somebody wrote, for the outbox (docs/protocol-encryption.md, 8.2). The outbox has taken the counter in the transaction
// of its row; it keeps the bytes that come back, and sends those again. Only after `epoch_too_old` it asks once more, with the same
// client id and counter.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import { compare, zeros } from "../../protocol/codec.ts";
import { findMember } from "../../protocol/epoch-rules.ts";
import { encodeBody, encodeHeads, type GossipHead, sealRecord } from "../../protocol/record.ts";
import { type Extension, HEADS_EXTENSION } from "../../protocol/statements.ts";
import { makeReady, NotReady } from "./act.ts";
import type { Device, Live } from "../device.ts";
import { VOID } from "../judging/roles.ts";

export interface Unsealed {
  clientId: Bytes;
  counter: number;
  kind: number;
  /** Null for a void. */
  content: object | null;
  target: { seq: number; recordHash: Bytes } | null;
}

export interface Sealed {
  record: Bytes;
  epoch: number;
}

const MOST_HEADS = 32;

/** The newest epochs of groups that the other one of a direct conversation is in, too; in one's own, of all groups. */
function listHeads(device: Device, live: Live): GossipHead[] {
  const { newest } = live.known.epochs;
  const others = newest!.roster.map((one) => one.user).filter((user) => user !== device.author.user);
  const groups = [...device.lives.values()].flatMap(({ known }) => (known.epochs.newest?.epoch.kind === "group" ? [known.epochs.newest] : []));
  const shared = groups.filter(({ roster }) => others.every((user) => findMember(roster, user) !== undefined));
  const recent = shared.sort((a, b) => (b.told?.time ?? 0) - (a.told?.time ?? 0)).slice(0, MOST_HEADS);
  const heads = recent.map(({ epoch, hash }) => ({ conversation: epoch.conversation, epoch: epoch.n, hash: hash.slice(0, 16) }));
  return heads.sort((a, b) => compare(a.conversation, b.conversation));
}

function bodyOf(device: Device, live: Live, { kind, content }: Unsealed): Bytes {
  if (kind === VOID || content === null) return zeros(0);
  const isGroup = live.known.epochs.newest!.epoch.kind === "group";
  const heads: Extension[] = isGroup ? [] : [{ id: HEADS_EXTENSION, critical: false, bytes: encodeHeads(listHeads(device, live)) }];
  return encodeBody(content, heads);
}

/**
 * Seals under the current epoch, which is made first when that is due. Throws NotReady, Refusal, NoAnswer, ProtocolError, and
 * RangeError for a body that is too long.
 */
export async function seal(device: Device, live: Live, one: Unsealed): Promise<Sealed> {
  await makeReady(device, live);
  const newest = live.known.epochs.newest!;
  const key = live.known.insides.keyOf(newest);
  if (key === null) throw new NotReady({ state: "keyless" });
  const { user, device: id, sign } = device.author;
  const { n, conversation } = newest.epoch;
  const place = {
    suite: 1, conversation, epoch: n, epochHash: newest.hash, user, device: id, clientId: one.clientId, counter: one.counter, kind: one.kind,
    targetSeq: one.target?.seq ?? 0,
  };
  const inner = { sentAt: device.around.now(), targetHash: one.target?.recordHash ?? zeros(32), seen: live.known.log.head };
  return { record: await sealRecord(key, place, inner, bodyOf(device, live, one), sign), epoch: n };
}

/** The highest counter of this device that the log shows: its storage may be a copy. 0 for none. */
export const highestCounter = (device: Device, { known }: Live): number => known.judged.highestCounter.get(toHex(device.keys.device)) ?? 0;
