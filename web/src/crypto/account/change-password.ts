// Another password (docs/protocol-encryption.md, 10.5), and the same after suspected theft (10.7).
import type { Bytes } from "../../lib/bytes.ts";
import type { PasswordKeys } from "../derive.ts";
import type { DeviceKeys } from "../keys/key-store.ts";
import { equal } from "../protocol/codec.ts";
import { random, wipe } from "../protocol/primitives.ts";
import type { ListedDevice } from "../protocol/user-chain.ts";
import type { Vault, Way } from "../protocol/vault.ts";
import { catchUpChain } from "./catch-up.ts";
import { learnChange, type MadeChange, makeVaultChange, sendChange } from "./change-vault.ts";
import { catchUpListed, retryMoved } from "./connect.ts";
import { Draft, listDevice } from "./draft.ts";
import { wipeVault } from "./open-vault.ts";
import { beforeOf } from "./renew.ts";
import { fetchVault } from "./set-up.ts";
import { type Account, recall, type Self } from "./self.ts";
import type { NewPassword } from "./server.ts";

/** What signs in and what opens the vault from now on. */
export interface NextPassword {
  password: NewPassword;
  kek: Bytes;
}

export interface ChangeOptions {
  /** Other devices that stay signed in; all others go. */
  kept: readonly Bytes[];
  /** Somebody may know the old password: a new identity key, no ways in. */
  isTheft: boolean;
}

/** A device that is signed in, and whatever was signed in before that is kept on purpose. */
function chooseDevices(self: Self, keys: DeviceKeys, kept: readonly Bytes[]): ListedDevice[] {
  const others = self.chain.head.devices.filter((one) => !equal(one.device, keys.device) && kept.some((id) => equal(id, one.device)));
  return [...others, listDevice(keys)];
}

export interface Said {
  draft: Draft;
  identitySeed: Bytes;
  ways: { way: Way; proofHash: null }[];
}

/** What is said before the vault statement: identity after a theft, devices where the list changes. */
export async function sayBefore(self: Self, keys: DeviceKeys, vault: Vault, { kept, isTheft }: ChangeOptions): Promise<Said> {
  const draft = new Draft(self.account.place, self.chain.head, self.account.now());
  const identitySeed = isTheft ? random(32) : vault.identitySeed;
  if (isTheft) await draft.renewIdentity(vault.identitySeed, identitySeed);
  const listed = self.chain.head.devices;
  const devices = chooseDevices(self, keys, kept);
  const isSame = devices.length === listed.length && devices.every((one) => listed.some((other) => equal(one.device, other.device)));
  if (!isSame) await draft.addDevices(devices, identitySeed);
  return { draft, identitySeed, ways: isTheft ? [] : vault.ways.map((way) => ({ way, proofHash: null })) };
}

/** Throws ProtocolError `wrong_password`, Refusal, NoAnswer: then it is not known which password holds. */
export const changePassword = (account: Account, old: PasswordKeys, next: NextPassword, options: ChangeOptions): Promise<void> =>
  retryMoved(() => changeOnce(account, old, next, options));

async function changeOnce(account: Account, old: PasswordKeys, next: NextPassword, options: ChangeOptions): Promise<void> {
  const self = await recall(account);
  await catchUpChain(self);
  await catchUpListed(self);
  const made = await makeRaised(self, old, next.kek, options);
  await sendChange(self, made, () => account.server.changePassword(old.authKey, next.password, made.change));
  await learnChange(self, made);
}

/** The next vault, sealed under `kek`, by a device that is listed. `ways` replaces those of the vault before. */
export async function makeRaised(
  self: Self, password: PasswordKeys, kek: Bytes, options: ChangeOptions, replaceWays?: (ways: Way[]) => { way: Way; proofHash: Bytes | null }[],
): Promise<MadeChange> {
  const keys = await self.requireKeys();
  const vault = await fetchVault(self, password);
  const said = await sayBefore(self, keys, vault, options);
  const made = await makeVaultChange(self, {
    keys,
    draft: said.draft,
    identitySeed: said.identitySeed,
    kek,
    version: vault.version + 1,
    before: beforeOf(self),
    ways: replaceWays?.(vault.ways) ?? said.ways,
    publicKeys: await self.account.server.listPublicKeys(),
    receiveVersion: self.chain.receiveVersion,
    carried: await self.readCarried(),
  });
  wipeVault(vault);
  wipe(said.identitySeed);
  return made;
}
