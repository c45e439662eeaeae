// Seeds on their way into the keyring and out of it (docs/protocol-encryption.md, 6.3, 7.3 and 7.8). A seed counts only when it opens
// the commitment of an accepted record; a wrap is let go of when its seed is in the keyring.
import type { Bytes } from "../../../lib/bytes.ts";
import { catchUpRows } from "../../account/catch-up.ts";
import { readSeedRows } from "../../account/seed-rows.ts";
import { check, equal, ProtocolError } from "../../protocol/codec.ts";
import { openHistory, unwrapHistoryKey, unwrapSeed } from "../../protocol/epoch-keys.ts";
import { findMember } from "../../protocol/epoch-rules.ts";
import type { Row } from "../../protocol/keyring.ts";
import type { Device, Live } from "../device.ts";
import type { KnownEpoch } from "../judging/epochs.ts";
import { fetchEpochs } from "./fetch-epochs.ts";
import type { OwnWrap, WrapName } from "../server.ts";

/** Loose seeds whose records have been accepted since. */
export function takeLoose(live: Live): void {
  live.loose = live.loose.filter(({ n, recordHash, seed, isLost = false }) => {
    const known = live.known.epochs.find(n);
    if (known === undefined) return true;
    const isIt = equal(known.hash, recordHash);
    if (isIt && live.known.epochs.takeSeed(n, seed) && !isLost) live.inKeyring.add(n);
    return isLost && !isIt;
  });
}

/** Seeds that own devices have put into the keyring since. Throws Refusal, NoAnswer. */
export async function readSeeds(device: Device): Promise<void> {
  const { store } = device.around;
  const touched = new Set<Live>();
  const generations = device.self.own.generations.length;
  const { rows, position } = await readSeedRows(device.self, await store.readPosition());
  for (const { conversation, n, recordHash, seed } of rows) {
    const live = await device.open(conversation);
    live.loose.push({ n, recordHash, seed });
    touched.add(live);
  }
  for (const live of touched) {
    takeLoose(live);
    await live.known.learn();
    await device.remember(live);
  }
  if (device.self.own.generations.length > generations) await device.self.remember();
  await store.writePosition(position);
}

/** The receive seed that the roster of an epoch names for oneself. */
async function findReceiveSeed(device: Device, { roster }: KnownEpoch): Promise<Bytes | undefined> {
  const version = findMember(roster, device.author.user)?.receiveVersion ?? 0;
  if (version > 0 && !device.self.receiveSeeds.has(version)) await catchUpRows(device.self);
  return device.self.receiveSeeds.get(version);
}

/** Opens what was given of earlier epochs. What does not open, or is of another record, or has a timer, is left out. */
async function takeHistory(device: Device, live: Live, name: WrapName, known: KnownEpoch, receiveSeed: Bytes): Promise<void> {
  const { wrap, sealed } = await device.around.api.readHistory(name);
  const key = await unwrapHistoryKey(receiveSeed, known.hash, device.author.user, wrap);
  for (const { n, seed } of await openHistory(key, known.hash, sealed)) {
    const isGiven = n >= known.epoch.historyFrom && n < known.epoch.n && live.known.epochs.find(n)?.epoch.settings.timer === 0;
    if (isGiven) live.known.epochs.takeSeed(n, seed);
  }
}

async function takeWrap(device: Device, live: Live, { conversation, n, recordHash, wrap, hasHistory }: OwnWrap): Promise<void> {
  if (live.known.epochs.find(n) === undefined) await fetchEpochs(device, live);
  const known = live.known.epochs.find(n);
  check(known !== undefined && equal(known.hash, recordHash), "unproven", "a wrap of a record that is not known");
  const receiveSeed = await findReceiveSeed(device, known);
  check(receiveSeed !== undefined, "keyless", "the receive key is not here");
  if (known.seed === null) live.known.epochs.takeSeed(n, await unwrapSeed(receiveSeed, known.hash, device.author.user, wrap, known.epoch));
  if (hasHistory) await takeHistory(device, live, { conversation, n }, known, receiveSeed);
}

const seedRow = ({ epoch, hash, seed }: KnownEpoch): Row => ({ kind: "epoch", conversation: epoch.conversation, n: epoch.n, recordHash: hash, seed: seed! });

/** Made when the own list of devices was one that a restored server shows no more: who is in the list now may have been removed in between. */
function isAboveList({ self, author }: Device, { roster }: KnownEpoch): boolean {
  const line = findMember(roster, author.user);
  const state = line && self.chain.states[line.chain.n - 1];
  return line !== undefined && !(state !== undefined && equal(state.hash, line.chain.hash));
}

/** Every seed of these conversations that is not in the keyring yet and may be. Throws Refusal, NoAnswer. */
export async function writeSeeds(device: Device, lives: Iterable<Live>): Promise<void> {
  for (const live of lives) {
    const missing = live.known.epochs.all.filter((one) => one.seed !== null && !live.inKeyring.has(one.epoch.n) && !isAboveList(device, one));
    if (missing.length === 0) continue;
    await device.append(missing.map(seedRow));
    for (const { epoch } of missing) live.inKeyring.add(epoch.n);
    await device.remember(live);
  }
}

/** A head row for each of these whose newest epoch has none, once its place in the log is known. Throws Refusal, NoAnswer. */
export async function writeHeads(device: Device, lives: Iterable<Live>): Promise<void> {
  for (const live of lives) {
    const { newest } = live.known.epochs;
    const seq = newest === null ? undefined : live.known.judged.signed.entryOf(newest.epoch.n);
    const logHash = seq === undefined ? undefined : live.known.log.hashAt(seq);
    if (newest === null || seq === undefined || logHash === undefined || live.headRow >= newest.epoch.n) continue;
    const { conversation, n } = newest.epoch;
    await device.append([{ kind: "head", conversation, n, recordHash: newest.hash, seq, logHash }]);
    Object.assign(live, { headRow: n });
    live.known.hasHead = true;
    await device.remember(live);
  }
}

/**
 * All wraps that wait: opened, into the keyring, let go of. One that does not open stays, and its epoch keyless: another member is asked
 * for its seed. Throws Refusal, NoAnswer.
 */
export async function takeWraps(device: Device): Promise<void> {
  const { api } = device.around;
  for (let after: WrapName | null = null, isMore = true; isMore;) {
    const page: { wraps: OwnWrap[]; more: boolean } = await api.listWraps(after);
    const taken = new Set<Live>();
    const done: WrapName[] = [];
    for (const one of page.wraps) {
      const live = await device.open(one.conversation);
      try {
        await takeWrap(device, live, one);
        done.push({ conversation: one.conversation, n: one.n });
        taken.add(live);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
    for (const live of taken) await live.known.learn();
    await writeSeeds(device, taken);
    if (done.length > 0) await api.dropWraps(done);
    after = page.wraps.at(-1) ?? null;
    isMore = page.more && after !== null;
  }
}
