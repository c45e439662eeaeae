// Signing out (docs/protocol-encryption.md, 10.3) and removing devices (10.4).
import type { Bytes } from "../../lib/bytes.ts";
import type { PasswordKeys } from "../derive.ts";
import { check, equal } from "../protocol/codec.ts";
import { catchUpChain } from "./catch-up.ts";
import { catchUpListed, retryMoved } from "./connect.ts";
import { Draft } from "./draft.ts";
import { makeNextKeys } from "./make-keys.ts";
import { wipeVault } from "./open-vault.ts";
import { beforeOf, learnKeys, sendKeys } from "./renew.ts";
import { fetchVault } from "./set-up.ts";
import { type Account, recall } from "./self.ts";
import { sendAgain } from "./server.ts";

/** Takes this device off the list by its own statement, and wipes its keys. Twice does no harm. */
export async function retire(account: Account): Promise<void> {
  await retryMoved(async () => {
    const self = await recall(account);
    await catchUpChain(self);
    const keys = await self.findListedKeys();
    if (keys === null) return;
    const draft = new Draft(account.place, self.chain.head, account.now());
    await draft.addByDevice({ kind: "retire" }, keys);
    await sendAgain(() => account.server.retire(draft.statements[0]!), account.wait);
  });
  await account.store.forget(null);
}

/** Takes other devices off the list and gives those left a generation that they never had. Those that are gone already are passed over. */
export const removeDevices = (account: Account, password: PasswordKeys, devices: readonly Bytes[]): Promise<void> =>
  retryMoved(() => removeOnce(account, password, devices));

async function removeOnce(account: Account, password: PasswordKeys, devices: readonly Bytes[]): Promise<void> {
  const self = await recall(account);
  await catchUpChain(self);
  await catchUpListed(self);
  const keys = await self.requireKeys();
  check(!devices.some((one) => equal(one, keys.device)), "not_allowed", "a device retires, it does not remove itself");
  const left = self.chain.head.devices.filter((listed) => !devices.some((one) => equal(one, listed.device)));
  if (left.length === self.chain.head.devices.length) return;
  const vault = await fetchVault(self, password);
  const time = account.now();
  const draft = new Draft(account.place, self.chain.head, time);
  await draft.addDevices(left, vault.identitySeed);
  wipeVault(vault);
  const made = await makeNextKeys(account.place, {
    keys, state: draft.state, before: beforeOf(self), publicKeys: await account.server.listPublicKeys(), carried: await self.readCarried(),
    receiveVersion: self.chain.receiveVersion, time,
  });
  const { generation, receive, rows } = made;
  const removal = { statement: draft.statements[0]!, generation: generation.request, receive: receive.request, rows };
  await sendKeys(self, made, () => account.server.removeDevices(password.authKey, removal));
  await self.takeOwn(draft.statements);
  await learnKeys(self, made);
}
