// Seeds that got lost are asked for, and given to co-members who ask (docs/protocol-encryption.md, 7.7). When to ask and how long to
// wait before answering is the page's, which has the clock (sealing/healer.ts).
import { Refusal } from "../../account/server.ts";
import { ProtocolError } from "../../protocol/codec.ts";
import { readRewrapRequest } from "../../protocol/epoch-keys.ts";
import type { Device, Live } from "../device.ts";
import type { KnownEpoch } from "../judging/epochs.ts";
import { answerRequest, listKeyless, makeRequest, takeAnswer } from "./rewrap.ts";
import { writeSeeds } from "./seeds.ts";
import type { OpenRewrap } from "../server.ts";

/** Epochs that are asked for at a time, the newest of each conversation first. */
const MOST_ASKED = 10;
/** Answers to others in an hour, for each conversation. */
const MOST_ANSWERED = 100;
const HOUR = 3600 * 1000;

/** When this device has answered in each conversation. */
const answered = new WeakMap<Live, number[]>();

/** Conversations in which a seed of an epoch of one's own is missing. */
export const listHealing = (device: Device): Live[] => [...device.lives.values()].filter((live) => listKeyless(device, live).length > 0);

/** Takes what others have answered. A wrong answer stays until it is asked for again. Returns where a seed was learnt. Throws Refusal, NoAnswer. */
export async function takeAnswers(device: Device): Promise<Live[]> {
  const healed = new Set<Live>();
  const { answers } = await device.around.api.listRewraps();
  for (const { conversation, n, answer } of answers) {
    const live = await device.open(conversation);
    const isMissing = live.known.epochs.find(n)?.seed === null;
    if (!isMissing || !(await takeAnswer(device, live, n, answer))) continue;
    await writeSeeds(device, [live]);
    await device.around.api.dropWraps([{ conversation, n }]);
    healed.add(live);
  }
  return [...healed];
}

/** Asks for one. Refused for good, it is not asked for again with this receive key. */
async function askForSeed(device: Device, live: Live, epoch: KnownEpoch): Promise<void> {
  try {
    await device.around.api.askRewrap(await makeRequest(device, epoch));
  } catch (error) {
    const code = error instanceof Refusal ? error.code : null;
    const isOver = error instanceof ProtocolError || code === "epoch_moved" || code === "not_accepted";
    if (!isOver) throw error;
    if (code !== "not_accepted") return;
    live.denied.set(epoch.epoch.n, device.people.own.receiveVersion);
    await device.remember(live);
  }
}

/** Asks for what is missing. Without a receive key of one's own nobody could answer. Throws Refusal, NoAnswer. */
export async function askForSeeds(device: Device): Promise<void> {
  const isDenied = ({ denied }: Live, { epoch }: KnownEpoch): boolean => denied.get(epoch.n) === device.people.own.receiveVersion;
  const missing = listHealing(device).flatMap((live) => {
    const asked = listKeyless(device, live).filter((epoch) => !isDenied(live, epoch));
    return asked.slice(0, MOST_ASKED).map((epoch) => ({ live, epoch }));
  });
  for (const { live, epoch } of missing.slice(0, MOST_ASKED)) await askForSeed(device, live, epoch);
}

async function answerOne(device: Device, live: Live, { conversation, n, request }: OpenRewrap): Promise<void> {
  const { user, receiveHash } = readRewrapRequest(request);
  await device.people.catchUp([user]);
  await device.around.api.answerRewrap({ conversation, n }, user, receiveHash, await answerRequest(device, live, request));
}

/** Answers what is still open, where it may. Failures are silence towards who asked. Throws Refusal `too_many_requests`, NoAnswer. */
export async function answerOthers(device: Device): Promise<void> {
  const now = device.around.now();
  const { requests } = await device.around.api.listRewraps();
  for (const one of requests) {
    const live = await device.open(one.conversation);
    const times = (answered.get(live) ?? []).filter((time) => now - time < HOUR);
    if (live.stopped !== null || device.isAwaiting(live) || times.length >= MOST_ANSWERED) continue;
    answered.set(live, [...times, now]);
    try {
      await answerOne(device, live, one);
    } catch (error) {
      const isPassed = error instanceof ProtocolError || (error instanceof Refusal && error.code !== "too_many_requests");
      if (!isPassed) throw error;
    }
  }
}
