// What a device looks for at every connect (docs/protocol-encryption.md, end of 10): whatever a crash or another device left
// undone is found in what the server has, and done.
import { equal } from "../protocol/codec.ts";
import { hashKemKey } from "../protocol/hpke.ts";
import type { ListedDevice } from "../protocol/user-chain.ts";
import { findDevice } from "../protocol/user-state.ts";
import { catchUpChain, catchUpGenerations, catchUpReceive, catchUpRows, openAsDevice } from "./catch-up.ts";
import { findNews, type News } from "./news.ts";
import { carryOver, renewGeneration, renewReceive } from "./renew.ts";
import { type Account, recall, type Self } from "./self.ts";
import { isMoved, type PublicKey } from "./server.ts";

export type Connected =
  /** There is no chain: set up, which needs the password. */
  | { state: "none" }
  /** There is none, and this device knew one: the server tells of a restore. Set up only if the person agrees. */
  | { state: "lost" }
  /** This device is not in the list yet: add it, which needs the password. */
  | { state: "unlisted" }
  /** This device was in the list and is no more, or its keys are not those that stand there: it has nothing to do here. */
  | { state: "removed" }
  | { state: "ready"; self: Self; news: News; renewed: "generation" | "receive" | null };

const MOST_TRIES = 5;

/** Everything that one's own keys rest on, verified up to its end. Throws ProtocolError; what was stated before stays remembered. */
export async function catchUpListed(self: Self): Promise<void> {
  await catchUpChain(self);
  const keys = await self.requireKeys();
  await self.requireOwnIdentity();
  await catchUpReceive(self);
  await catchUpGenerations(self, openAsDevice(keys), null);
  await catchUpRows(self);
  await self.remember();
}

/** Does again what another device's quicker request made void. */
export async function retryMoved<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isMoved(error) || tries === MOST_TRIES) throw error;
    }
  }
}

/**
 * `known` is what this device has in use already. Throws ProtocolError when the server shows something that cannot be, Refusal and
 * NoAnswer when it does not do its part: what was in use is not to be used any more then.
 */
export function connect(account: Account, known: Self | null = null): Promise<Connected> {
  let inUse = known;
  return retryMoved(async () => {
    const self = inUse ?? (await recall(account));
    inUse = null;
    return connectOnce(account, self);
  });
}

async function connectOnce(account: Account, self: Self): Promise<Connected> {
  await catchUpChain(self);
  if (self.chain.state === null) return { state: self.past === null ? "none" : "lost" };
  const keys = await self.findListedKeys();
  if (keys === null) {
    const wasListed = self.chain.states.some((state) => findDevice(state, account.device) !== undefined);
    return { state: wasListed ? "removed" : "unlisted" };
  }
  const news = findNews(self);
  await catchUpListed(self);
  const renewed = await keepCurrent(self);
  await learnDeviceKeys(self);
  return { state: "ready", self, news, renewed };
}

/** The keys of all that are listed: a server that is restored may have lost some, and wants them with the statement that lists them (10.10). */
async function learnDeviceKeys(self: Self): Promise<void> {
  const { devices } = self.chain.head;
  const isOf = ({ device, kemHash }: ListedDevice, one: PublicKey): boolean => equal(one.device, device) && equal(hashKemKey(one.publicKey), kemHash);
  const fits = (one: PublicKey): boolean => devices.some((device) => isOf(device, one));
  if (devices.every((device) => self.deviceKeys.some((one) => isOf(device, one)))) return;
  self.deviceKeys = (await self.account.server.listPublicKeys()).filter(fits);
  await self.remember();
}

/** Makes what is due: a generation with a receive key, a receive key alone, rows that are to be carried over. */
export async function keepCurrent(self: Self): Promise<"generation" | "receive" | null> {
  const keys = await self.requireKeys();
  if (self.carryFrom !== null) {
    await carryOver(self);
    Object.assign(self, { carryFrom: null, carry: null });
    await self.remember();
    await catchUpRows(self);
  }
  if (self.own.findStale(self.account.now()) !== null) {
    await renewGeneration(self, keys);
    // Else nobody would be known to who goes on from here: what counts is read under the newest one.
    await catchUpRows(self);
    await self.remember();
    return "generation";
  }
  if (isReceiveMine(self)) return null;
  await renewReceive(self, keys);
  return "receive";
}

/** Whether the newest receive statement counts and its seed is here. */
function isReceiveMine(self: Self): boolean {
  const version = self.chain.receiveVersion;
  const counting = self.chain.newestReceive(self.chain.head);
  return version > 0 && counting?.statement.version === version && self.receiveSeeds.has(version);
}

