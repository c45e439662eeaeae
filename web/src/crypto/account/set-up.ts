// The first chain, vault and keys of an account (docs/protocol-encryption.md, 10.1 b), and a further device (10.2).
import { type Bytes, toHex } from "../../lib/bytes.ts";
import type { PasswordKeys } from "../derive.ts";
import { check, equal } from "../protocol/codec.ts";
import { publicKeyOf } from "../protocol/ed25519.ts";
import { wrapGeneration } from "../protocol/own-keys.ts";
import { random, wipe } from "../protocol/primitives.ts";
import { type ListedDevice, MOST_DEVICES } from "../protocol/user-chain.ts";
import { findDevice } from "../protocol/user-state.ts";
import type { Vault } from "../protocol/vault.ts";
import { catchUpChain, catchUpGenerations, catchUpReceive, openAsVault } from "./catch-up.ts";
import { learnChange, makeVaultChange } from "./change-vault.ts";
import { retryMoved } from "./connect.ts";
import { Draft, listDevice } from "./draft.ts";
import { openByPassword, wipeVault } from "./open-vault.ts";
import { type Account, recall, type Self } from "./self.ts";
import { sendAgain } from "./server.ts";

/** `avatar` is SHA-256 of the picture, or zeros. Throws Refusal `chain_moved` when a chain is there already, ProtocolError `rollback` where there was one. */
export async function setUp(account: Account, password: PasswordKeys, displayName: string, avatar: Bytes): Promise<void> {
  const self = await recall(account);
  self.chain.requireWhole();
  const keys = await account.store.makeDevice(account.device);
  const identitySeed = random(32);
  const draft = new Draft(account.place, null, account.now());
  const identityKey = await publicKeyOf(identitySeed);
  await draft.addByIdentity({ kind: "genesis", identityKey, username: account.place.username }, identitySeed);
  await self.rememberBeginning(identityKey);
  await draft.addDevices([listDevice(keys)], identitySeed);
  const made = await makeVaultChange(self, {
    keys, draft, identitySeed, kek: password.kek, version: 1, before: null, ways: [], publicKeys: [], receiveVersion: 0, carried: [],
    displayName: { name: displayName, avatar },
  });
  wipe(identitySeed);
  await sendAgain(() => account.server.setUp(password.authKey, made.change), account.wait);
  await learnChange(self, made);
}

/** One's vault, opened with the password and every check. `self` has been brought up to the chain's end. */
export async function fetchVault(self: Self, password: PasswordKeys): Promise<Vault> {
  const stored = await self.account.server.getVault();
  check(stored.sealed !== null && stored.passwordWrap !== null, "rollback", "the vault is gone");
  const vault = await openByPassword(self.chain, password.kek, { version: stored.version, sealed: stored.sealed }, stored.passwordWrap);
  self.vault = { version: stored.version, sealed: stored.sealed, passwordWrap: stored.passwordWrap };
  return vault;
}

/**
 * Who stays in the list beside a new device. Of a full one those go that nobody is signed in with any more, the longest listed first:
 * their sessions never come back. Only as many as make room, since it is the server that says who is signed in.
 */
async function leaveRoom(self: Self, others: readonly ListedDevice[]): Promise<ListedDevice[]> {
  const surplus = others.length - (MOST_DEVICES - 1);
  if (surplus <= 0) return [...others];
  const sessions = new Set((await self.account.server.listSessions()).map(toHex));
  const listedSince = (one: ListedDevice): number => self.chain.states.findIndex((state) => findDevice(state, one.device) !== undefined);
  const gone = others
    .filter((one) => !sessions.has(toHex(one.device)))
    .sort((a, b) => listedSince(a) - listedSince(b))
    .slice(0, surplus);
  return others.filter((one) => !gone.includes(one));
}

/**
 * Puts this device into the list. When that was done before (a crash came between), there is nothing to send. Throws
 * ProtocolError, Refusal, NoAnswer.
 */
export const addDevice = (account: Account, password: PasswordKeys): Promise<void> => retryMoved(() => addOnce(account, password));

async function addOnce(account: Account, password: PasswordKeys): Promise<void> {
  const self = await recall(account);
  await catchUpChain(self);
  if ((await self.findListedKeys()) !== null) return;
  const vault = await fetchVault(self, password);
  const draft = new Draft(account.place, self.chain.head, account.now());
  const keys = await account.store.makeDevice(account.device);
  try {
    await catchUpReceive(self);
    await catchUpGenerations(self, openAsVault(vault), vault);
    const others = self.chain.head.devices.filter((one) => !equal(one.device, keys.device));
    await draft.addDevices([...(await leaveRoom(self, others)), listDevice(keys)], vault.identitySeed);
  } finally {
    wipeVault(vault);
  }
  const newest = self.own.newest!;
  const wrap = await wrapGeneration(keys.kemPublicKey, newest.hash, keys.device, newest.key);
  await self.rememberBeginning();
  const addition = { statement: draft.statements[0]!, publicKey: keys.kemPublicKey, g: newest.statement.g, wrap };
  await sendAgain(() => account.server.addDevice(password.authKey, addition), account.wait);
  await self.takeOwn(draft.statements);
  await self.remember();
}
