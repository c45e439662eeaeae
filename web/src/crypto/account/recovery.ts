// The recovery key: made, dropped, used (docs/protocol-encryption.md, 10.6).
import type { Bytes } from "../../lib/bytes.ts";
import type { PasswordKeys } from "../derive.ts";
import { check, equal } from "../protocol/codec.ts";
import { kemPublicKey } from "../protocol/hpke.ts";
import { GENERATION, readGeneration, unwrapGeneration } from "../protocol/own-keys.ts";
import { random, sha256, wipe } from "../protocol/primitives.ts";
import { hashStatement } from "../protocol/statements.ts";
import { deriveRecovery, openWay, readRecoveryKey, RECOVERY_KEY, type Vault, type Way, writeRecoveryKey } from "../protocol/vault.ts";
import { catchUpChain } from "./catch-up.ts";
import { type NextPassword, makeRaised, sayBefore } from "./change-password.ts";
import { learnChange, makeVaultChange, sendChange } from "./change-vault.ts";
import { catchUpListed, retryMoved } from "./connect.ts";
import { VAULT_RECIPIENT } from "./make-keys.ts";
import { openByKey, wipeVault } from "./open-vault.ts";
import { beforeOf } from "./renew.ts";
import { type Account, recall, Self } from "./self.ts";
import { type AccountServer, type RecoveryStart } from "./server.ts";

interface NewWay {
  way: Way;
  proofHash: Bytes | null;
}

/** Every other way stays; the server keeps what it knows of those. */
const withoutRecoveryKey = (ways: readonly Way[]): NewWay[] => ways.filter((way) => way.kind !== RECOVERY_KEY).map((way) => ({ way, proofHash: null }));

async function changeWays(account: Account, password: PasswordKeys, replace: (ways: Way[]) => NewWay[]): Promise<void> {
  const self = await recall(account);
  await catchUpChain(self);
  await catchUpListed(self);
  const kept = self.chain.head.devices.map((one) => one.device);
  const made = await makeRaised(self, password, password.kek, { kept, isTheft: false }, replace);
  await sendChange(self, made, () => account.server.changeWays(password.authKey, made.change));
  await learnChange(self, made);
}

/** The characters of a new one, which works only once it was made. The person keeps them: they are nowhere else. */
export const drawRecoveryKey = (): string => writeRecoveryKey(random(32));

/** Makes or replaces it, with these characters. Throws ProtocolError `mistyped`. Returns them. */
export async function makeRecoveryKey(account: Account, password: PasswordKeys, drawn = drawRecoveryKey()): Promise<string> {
  const key = readRecoveryKey(drawn);
  const { proof, kemSeed, tagKey } = deriveRecovery(key);
  const way = { kind: RECOVERY_KEY, id: random(16), publicKey: await kemPublicKey(kemSeed), tagKey };
  await retryMoved(() => changeWays(account, password, (ways) => [...withoutRecoveryKey(ways), { way, proofHash: sha256(proof) }]));
  return drawn;
}

/** From now on only the password (and passkeys) opens the vault. */
export const dropRecoveryKey = (account: Account, password: PasswordKeys): Promise<void> =>
  retryMoved(() => changeWays(account, password, withoutRecoveryKey));

async function askAll(server: AccountServer, username: string, proof: Bytes): Promise<RecoveryStart> {
  let start = await server.askRecovery(username, proof, 0);
  const statements = [...start.chain.statements];
  while (statements.length < start.chain.n) {
    start = await server.askRecovery(username, proof, statements.length);
    check(start.chain.statements.length > 0, "rollback", "the chain ends below what the server says");
    statements.push(...start.chain.statements);
  }
  return { ...start, chain: { n: start.chain.n, statements } };
}

/** The chain that this browser may know from before, and what the server adds. Generations begin anew with what the vault gives. */
async function learnChain(account: Account, start: RecoveryStart): Promise<Self> {
  const remembered = await recall(account);
  const self = new Self(account);
  if (remembered.past !== null) self.hold(remembered.past);
  for (const statement of remembered.chain.statements) await self.chain.take(statement);
  self.chain.highestSeen = Math.max(remembered.chain.highestSeen, start.chain.n);
  for (const statement of start.chain.statements) await self.chain.take(statement);
  self.chain.requireWhole();
  self.began = remembered.began;
  return self;
}

/** The newest generation, as the vault opens it. Throws ProtocolError: 6.1; `fork`, `rollback` against what the vault names. */
async function learnGeneration(self: Self, vault: Vault, { generation }: RecoveryStart): Promise<void> {
  const [statement, hash] = [readGeneration(generation.statement), hashStatement(GENERATION, generation.statement)];
  check(statement.g >= vault.ownChain.g, "rollback", "an older generation than the vault names");
  check(statement.g !== vault.ownChain.g || equal(hash, vault.ownChain.hash), "fork", "not the generation that the vault names");
  check(generation.vaultWrap !== null, "cannot_open", "no wrap of the newest generation");
  const key = await unwrapGeneration(vault.kemSeed, statement, hash, VAULT_RECIPIENT, generation.vaultWrap);
  const { stated } = await self.own.anchor(generation.statement, hash, key);
  check(stated.incarnation === self.chain.head.incarnation, "rollback", "a generation from before a reset");
}

/**
 * A new password by the recovery key, on a device that is not signed in. `begin` gives the account once it is known whose it
 * is. Afterwards only this device is listed; it carries its rows over when it connects. Throws ProtocolError `mistyped`,
 * `cannot_open` (a vault that was not made by who had the recovery key), and as 10.9; Refusal for an unknown proof.
 */
export async function recover(
  server: AccountServer, username: string, typed: string, next: NextPassword, isTheft: boolean, begin: (start: RecoveryStart) => Promise<Account>,
): Promise<Account> {
  const key = readRecoveryKey(typed);
  const { proof } = deriveRecovery(key);
  return retryMoved(async () => {
    const start = await askAll(server, username, proof);
    const account = await begin(start);
    const self = await learnChain(account, start);
    const place = { server: start.server, user: start.user, version: start.version };
    const vault = await openByKey(self.chain, await openWay(key, place, start.kind, start.id, start.wayIn), start);
    await learnGeneration(self, vault, start);
    const keys = await account.store.makeDevice(start.device);
    const before = beforeOf(self)!;
    const said = await sayBefore(self, keys, vault, { kept: [], isTheft });
    const made = await makeVaultChange(self, {
      ...said, keys, kek: next.kek, version: vault.version + 1, before, publicKeys: [], receiveVersion: start.receiveVersion, carried: [],
    });
    wipeVault(vault);
    wipe(said.identitySeed);
    self.carryFrom = before.g;
    await self.rememberBeginning();
    await sendChange(self, made, () => server.finishRecovery(username, proof, start.ticket, next.password, made.change));
    await learnChange(self, made);
    return account;
  });
}
