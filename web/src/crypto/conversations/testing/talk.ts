// How tests let devices talk: what the app does with a connection, an outbox and a log.
import type { Bytes } from "../../../lib/bytes.ts";
import { random } from "../../protocol/primitives.ts";
import { confirm } from "../fetching/fetch-epochs.ts";
import type { Device, Live } from "../device.ts";
import { MESSAGE } from "../judging/roles.ts";
import { highestCounter, seal, type Unsealed } from "../acting/seal.ts";
import { readSeeds, takeWraps, writeHeads } from "../fetching/seeds.ts";
import type { Session, Town } from "./town.ts";

/** A connection: everything that there is to fetch, and the whole log. */
export async function catchUp(device: Device, ...conversations: Bytes[]): Promise<void> {
  await readSeeds(device);
  for (const conversation of conversations) await readAll(device, conversation);
  await confirm(device, conversations);
  await takeWraps(device);
  for (const conversation of conversations) await readAll(device, conversation);
  await writeHeads(device, device.lives.values());
}

export async function readAll(device: Device, conversation: Bytes): Promise<Live> {
  const live = await device.open(conversation);
  const { before, rows } = await device.around.api.readLog(conversation, 0);
  const all = [...rows];
  while (all.length > 0) {
    const next = await device.around.api.readLog(conversation, all.at(-1)!.seq);
    if (next.rows.length === 0) break;
    all.push(...next.rows);
  }
  await live.known.takeRows(before, all);
  return live;
}

/** Seals and sends a text as the next record of this device. */
export async function say(town: Town, device: Device, conversation: Bytes, text: string, changed: Partial<Unsealed> = {}): Promise<void> {
  const live = await device.open(conversation);
  const one: Unsealed = {
    clientId: random(16), counter: highestCounter(device, live) + 1, kind: MESSAGE, content: { type: "text", text }, target: null, ...changed,
  };
  const { record, epoch } = await seal(device, live, one);
  sessionOf(town, device).send(conversation, { record, epoch, clientId: one.clientId, counter: one.counter, kind: one.kind, targetSeq: one.target?.seq ?? 0 });
  await readAll(device, conversation);
}

export const sessionOf = (town: Town, device: Device): Session => town.session(device.self.account);

/** The texts that stand, and verdicts in brackets for records that do not. */
export async function read(device: Device, conversation: Bytes): Promise<string[]> {
  const { known } = await readAll(device, conversation);
  const records = known.judged.findings.filter(({ row }) => row.kind < 16);
  return records.map((one) => (one.verdict === null ? String((one.content as { text?: string } | null)?.text) : `[${one.verdict}]`));
}
