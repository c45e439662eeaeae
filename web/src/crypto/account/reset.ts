// Beginning anew with an administrator's one-time link (docs/protocol-encryption.md, 10.8). Nothing is ever sealed to a key that
// came from the server: only this device and the new vault get anything.
import { publicKeyOf } from "../protocol/ed25519.ts";
import { random, wipe } from "../protocol/primitives.ts";
import type { UserState } from "../protocol/user-state.ts";
import { check, equal, zeros } from "../protocol/codec.ts";
import { catchUpChain } from "./catch-up.ts";
import type { NextPassword } from "./change-password.ts";
import { learnChange, type MadeChange, makeVaultChange, sendChange } from "./change-vault.ts";
import { catchUpListed, retryMoved } from "./connect.ts";
import { Draft, listDevice } from "./draft.ts";
import { readSeedRows } from "./seed-rows.ts";
import { type Account, recall, type Self } from "./self.ts";
import { type AccountServer, type ResetStart, sendAgain } from "./server.ts";
import type { Row } from "../protocol/keyring.ts";

/** Of the keyring what goes on under the new generation 1. */
interface Kept {
  carried: readonly Row[];
  seeds: readonly Row[];
}

async function beginAnew(self: Self, state: UserState | null, next: NextPassword, receiveVersion: number, kept: Kept): Promise<MadeChange> {
  const { place, device, store, now } = self.account;
  const keys = await store.makeDevice(device);
  const identitySeed = random(32);
  const identityKey = await publicKeyOf(identitySeed);
  const draft = new Draft(place, state, now());
  await draft.addByIdentity({ kind: "genesis", identityKey, username: place.username }, identitySeed);
  await self.rememberBeginning(identityKey);
  await draft.addDevices([listDevice(keys)], identitySeed);
  const made = await makeVaultChange(self, { keys, draft, identitySeed, kek: next.kek, version: 1, before: null, ways: [], publicKeys: [], receiveVersion, ...kept });
  wipe(identitySeed);
  return made;
}

/** On a device that is signed in: what it has in its keyring goes on under the new generation 1. */
export const resetHere = (account: Account, token: string, next: NextPassword): Promise<void> =>
  retryMoved(async () => {
    const self = await recall(account);
    await catchUpChain(self);
    await catchUpListed(self);
    const kept = { carried: await self.readCarried(), seeds: (await readSeedRows(self, 0)).rows };
    const made = await beginAnew(self, self.chain.head, next, self.chain.receiveVersion, kept);
    await sendChange(self, made, () => account.server.resetHere(token, next.password, made.change));
    await learnChange(self, made);
  });

/** What a statement n + 1 needs to know of the one before. The device fetches and judges the whole chain when it is signed in. */
function stateAt({ n, hash, username }: ResetStart): UserState | null {
  if (n === 0) return null;
  return {
    n, hash, username, identityKey: zeros(32), incarnation: 1, devices: [], retired: new Set(), vault: null, displayName: null, avatar: null,
    identities: new Set(), deviceKeys: new Map(),
  };
}

/** Of the chain only its head is told: not below what this device knew. Throws ProtocolError `rollback`, `fork`. */
function requireReach({ chain, past }: Self, { n, hash }: ResetStart): void {
  check(n >= chain.highestSeen, "rollback", "the chain ends below what this device knew");
  check(past === null || past.isReleased || n !== past.n || equal(hash, past.hash), "fork", "another chain than this device knew");
}

/** Without a device: what was sealed before is lost. `begin` gives the account once it is known whose it is. */
export async function resetWithout(
  server: AccountServer, token: string, next: NextPassword, begin: (start: ResetStart) => Promise<Account>,
): Promise<Account> {
  return retryMoved(async () => {
    const start = await server.askReset(token);
    const account = await begin(start);
    const self = await recall(account);
    requireReach(self, start);
    const made = await beginAnew(self, stateAt(start), next, start.receiveVersion, { carried: [], seeds: [] });
    await sendAgain(() => server.finishReset(token, next.password, made.change), account.wait);
    return account;
  });
}
