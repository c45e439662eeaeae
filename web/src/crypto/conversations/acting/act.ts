// What somebody does to a conversation, and what a device does by itself before it seals (docs/protocol-encryption.md, 7.6). A request
// is written down before it leaves and repeated byte by byte until the server's answer decides.
import { type Bytes } from "../../../lib/bytes.ts";
import { check, equal } from "../../protocol/codec.ts";
import { NoAnswer, Refusal, sendAgain } from "../../account/server.ts";
import type { Device, Live } from "../device.ts";
import { confirm, fetchEpochs } from "../fetching/fetch-epochs.ts";
import { type Act, type Beginning, conversationId, type EpochDraft, makeFirstEpoch, makeNextEpoch } from "./make-epoch.ts";
import { listUnwanted, type SealingState } from "../sealing-state.ts";
import { takeWraps, writeSeeds } from "../fetching/seeds.ts";

const MOVED = new Set(["epoch_moved", "receive_outdated", "chain_moved"]);
const MOST_TRIES = 5;

/** Another epoch, chain or receive key was quicker: what was made has to be decided anew. */
export class Moved extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = "Moved";
  }
}

/** Sealing waits for something that the device cannot do by itself. */
export class NotReady extends Error {
  constructor(readonly sealing: SealingState) {
    super(`not ready: ${sealing.state}`);
    this.name = "NotReady";
  }
}

/** Sends what is pending until there is an answer. Throws Moved, Refusal, NoAnswer (it stays pending then), ProtocolError. */
export async function sendPending(device: Device, live: Live): Promise<void> {
  const draft = live.pending;
  if (draft === null) return;
  const { api, wait } = device.around;
  let told = { seq: 0, time: 0 };
  try {
    await sendAgain(async () => {
      const taken = await api.makeEpoch(draft.request);
      told = { seq: taken.seq, time: taken.time };
    }, wait);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await settle(device, live);
    if (!MOVED.has(error.code)) throw error;
    await lookAgain(device, live);
    throw new Moved(error.code);
  }
  await takeOwn(device, live, draft, told);
}

/** At a connection: what was left without an answer is repeated. What the server refuses is over, and shown by what is there instead. */
export async function repeatPending(device: Device, live: Live): Promise<void> {
  try {
    await sendPending(device, live);
  } catch (error) {
    const isDecided = error instanceof Moved || error instanceof Refusal;
    if (!isDecided && !(error instanceof NoAnswer)) throw error;
  }
}

async function settle(device: Device, live: Live): Promise<void> {
  live.pending = null;
  await device.remember(live);
}

/** The server has it: the device knows it as if it had fetched it. Others may have come before the answer to a repeat. */
async function takeOwn(device: Device, live: Live, { request, n, seed }: EpochDraft, told: { seq: number; time: number }): Promise<void> {
  const isNext = (live.known.epochs.newest?.epoch.n ?? 0) + 1 === n;
  if (isNext) await live.known.takeEpoch({ n, record: request.record, roster: request.roster, ...told });
  else await fetchEpochs(device, live);
  const known = live.known.epochs.find(n);
  check(known !== undefined && equal(known.bytes, request.record), "fork", "the server says that it has taken a record that it does not show");
  live.known.epochs.takeSeed(n, seed);
  await live.known.learn();
  live.isConfirmed = true;
  await settle(device, live);
  await device.meetMembers(live);
  await writeSeeds(device, [live]);
}

/** After a conflict: everything that the next attempt rests on, the seed of the epoch that was first among it. */
async function lookAgain(device: Device, live: Live): Promise<void> {
  await confirm(device, [live.known.where.conversation]);
  await takeWraps(device);
}

async function send(device: Device, live: Live, draft: EpochDraft): Promise<void> {
  live.pending = draft;
  await device.remember(live);
  await sendPending(device, live);
}

/** Does what a person asks for, once. Throws Moved when another epoch was first: then it is shown to the person again. */
export async function act(device: Device, live: Live, wanted: Act): Promise<void> {
  await sendPending(device, live);
  const { state } = device.stateOf(live);
  if (state === "stopped" || state === "unconfirmed" || state === "awaiting") throw new NotReady(device.stateOf(live));
  const { newest } = live.known.epochs;
  const named = "targets" in wanted ? wanted.targets.map((one) => one.user) : [];
  await device.people.catchUp([...new Set([...newest!.roster.map((one) => one.user), ...named])]);
  await device.self.requireOwnIdentity();
  await send(device, live, await makeNextEpoch(live.known, device.people, device.author, wanted, device.around.now()));
}

/** Makes a conversation's first epoch. Returns its id. Throws Moved when it is there already, Refusal, NoAnswer, ProtocolError. */
export async function begin(device: Device, beginning: Beginning): Promise<Bytes> {
  const { around, author, people, self } = device;
  const others = beginning.kind === "direct" ? [beginning.other] : beginning.kind === "group" ? beginning.members : [];
  await people.catchUp([author.user, ...others]);
  await self.requireOwnIdentity();
  const now = around.now();
  const conversation = conversationId(self.account.place.server, author, beginning, now);
  const live = await device.open(conversation);
  await sendPending(device, live);
  if (live.known.epochs.newest !== null) return conversation;
  await send(device, live, await makeFirstEpoch(live.known, people, author, beginning, now));
  return conversation;
}

/** Who left, and is to be removed by others. */
function listLeft({ known }: Live): { user: number; cause: Bytes | null }[] {
  const left = known.judged.signed.leaves.filter((one) => one.n === known.epochs.newest?.epoch.n && one.user !== known.where.user);
  return left.map(({ user, cause }) => ({ user, cause }));
}

/** Removes whose removal is lost, or who left, else rotates: what a device does by itself. */
function chooseOwnAct(live: Live): Act {
  const unwanted = listUnwanted(live.known, live.removed).map((user) => ({ user, cause: null }));
  const targets = [...unwanted, ...listLeft(live)];
  return targets.length === 0 ? { action: "rotate" } : { action: "remove", targets };
}

/**
 * Does what a person asks for by the newest epoch: `choose` says what that is. First who left is removed: their
 * entry counts for the epoch that it stands in only. Throws as `act`; Moved with `epoch_moved` when another epoch was first.
 */
export async function actByNewest(device: Device, live: Live, choose: () => Promise<Act>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const left = listLeft(live);
    const isOwn = left.length > 0;
    try {
      await act(device, live, isOwn ? { action: "remove", targets: left } : await choose());
      if (!isOwn) return;
    } catch (error) {
      const isOver = !(error instanceof Moved) || (error.code === "epoch_moved" && !isOwn) || tries === MOST_TRIES;
      if (isOver) throw error;
    }
  }
}

/**
 * Brings a conversation to where this device may seal: what is pending is settled, a reason for a new epoch is met. Throws NotReady,
 * Refusal, NoAnswer, ProtocolError.
 */
export async function makeReady(device: Device, live: Live): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await sendPending(device, live);
      const sealing = device.stateOf(live);
      if (sealing.state === "ready") return;
      if (sealing.state !== "rotating" || tries > MOST_TRIES) throw new NotReady(sealing);
      await act(device, live, chooseOwnAct(live));
    } catch (error) {
      if (!(error instanceof Moved) || tries >= MOST_TRIES) throw error;
    }
  }
}
