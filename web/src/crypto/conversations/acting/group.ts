// What a member does to a group: people are added and removed, roles and rights change, somebody leaves (docs/protocol-encryption.md,
// 7.4, 7.8 and 8.6), by the newest epoch.
import { check } from "../../protocol/codec.ts";
import { OWNER } from "../../protocol/epoch.ts";
import { makeLeave } from "../../protocol/log-entries.ts";
import { Refusal, sendAgain } from "../../account/server.ts";
import type { Device, Live } from "../device.ts";
import { walkBack } from "../fetching/fetch-below.ts";
import { confirm } from "../fetching/fetch-epochs.ts";
import { readSeeds } from "../fetching/seeds.ts";
import type { Rights } from "../group-standing.ts";
import { actByNewest, NotReady } from "./act.ts";
import type { Act } from "./make-epoch.ts";

/** An act; of settings those that change. `historyFrom` is found here. */
export type Wish = Exclude<Act, { action: "settings" }> | { action: "settings"; settings: Partial<Rights> };

const MOST_TRIES = 5;
/** Epochs of which keys are given at a time. */
const MOST_GIVEN = 8192;

/** From which epoch on this device has all keys, but for epochs with a timer, whose keys are not given. Throws ProtocolError `keyless`, Refusal, NoAnswer. */
async function findHistory(device: Device, live: Live): Promise<number> {
  const { epochs } = live.known;
  await walkBack(device, live, 1);
  await readSeeds(device);
  const next = epochs.newest!.epoch.n + 1;
  let first = next;
  for (let one = epochs.newest; one && next - first < MOST_GIVEN && (one.seed ?? one.epoch.settings.timer); one = epochs.find(first - 1) ?? null) first -= 1;
  check(first < next, "keyless", "");
  return first;
}

/**
 * `hasHistory`: who is added is given the keys to what this person can read. Throws NotReady, Refusal, NoAnswer, ProtocolError, and Moved when
 * somebody else has changed the group at the same moment (7.6).
 */
export async function changeGroup(device: Device, live: Live, wanted: Wish, hasHistory: boolean): Promise<void> {
  await confirm(device, [live.known.where.conversation]);
  await actByNewest(device, live, async () => {
    if (wanted.action === "settings") return { ...wanted, settings: { ...live.known.epochs.newest!.epoch.settings, ...wanted.settings } };
    return wanted.action === "add" && hasHistory ? { ...wanted, historyFrom: await findHistory(device, live) } : wanted;
  });
}

/** Leaves; the last owner makes somebody else, `heir`, one first. An epoch that was quicker changes nothing in that. Throws as `changeGroup`. */
export async function leaveGroup(device: Device, live: Live, heir: number | null): Promise<void> {
  const { user, device: id, sign } = device.author;
  if (heir !== null) await changeGroup(device, live, { action: "role", targets: [{ user: heir, role: OWNER }] }, false);
  for (let tries = 1; ; tries += 1) {
    await confirm(device, [live.known.where.conversation]);
    const { newest } = live.known.epochs;
    if (live.stopped !== null || !live.isConfirmed || newest === null) throw new NotReady(device.stateOf(live));
    check(!live.known.judged.signed.isLastOwner(newest, user), "not_allowed", "the last owner");
    const { server, conversation, n } = newest.epoch;
    const place = { server, conversation, epoch: n, recordHash: newest.hash, user, device: id };
    const entry = await makeLeave({ ...place, time: device.around.now(), seen: live.known.log.head, extensions: [] }, sign);
    try {
      return await sendAgain(() => device.around.api.leave(entry), device.around.wait);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "epoch_moved" || tries === MOST_TRIES) throw error;
    }
  }
}
