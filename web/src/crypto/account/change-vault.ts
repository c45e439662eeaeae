// Every change that raises the vault's version is one request made of the same parts (docs/protocol-encryption.md, 10.1, 10.5 to
// 10.8): statements, the vault, a generation, a receive key, rows.
import type { Bytes } from "../../lib/bytes.ts";
import type { DeviceKeys } from "../keys/key-store.ts";
import type { Row } from "../protocol/keyring.ts";
import type { Way } from "../protocol/vault.ts";
import type { Draft } from "./draft.ts";
import { type Before, type MadeKeys, makeNextKeys, makeVault } from "./make-keys.ts";
import { learnKeys, sendKeys } from "./renew.ts";
import type { Self } from "./self.ts";
import type { PublicKey, VaultChange } from "./server.ts";

export interface VaultPlan {
  keys: DeviceKeys;
  /** What has been said before the vault statement: identity, devices. */
  draft: Draft;
  identitySeed: Bytes;
  /** The password's, from now on. */
  kek: Bytes;
  version: number;
  /** Null: the own chain begins (again) with 1. */
  before: Before | null;
  ways: { way: Way; proofHash: Bytes | null }[];
  /** Of the listed devices but this one. */
  publicKeys: readonly PublicKey[];
  receiveVersion: number;
  /** Rows that the generation carries over. */
  carried: readonly Row[];
  /** Seeds of epochs that are written anew. */
  seeds?: readonly Row[];
  displayName?: { name: string; avatar: Bytes };
}

export interface MadeChange {
  change: VaultChange;
  made: MadeKeys;
}

export async function makeVaultChange(self: Self, plan: VaultPlan): Promise<MadeChange> {
  const { keys, draft, identitySeed, before } = plan;
  const [place, time] = [self.account.place, self.account.now()];
  const vault = await makeVault(place, plan.kek, { version: plan.version, identitySeed, before, userChain: draft.head, ways: plan.ways });
  await draft.addByIdentity({ kind: "vault", vault: vault.pointer }, identitySeed);
  if (plan.displayName !== undefined) {
    await draft.addByDevice({ kind: "profile", displayName: plan.displayName.name, avatar: plan.displayName.avatar }, keys);
  }
  const own = { device: keys.device, publicKey: keys.kemPublicKey };
  const publicKeys = [vault.publicKey, own, ...plan.publicKeys];
  const { carried, seeds = [], receiveVersion } = plan;
  const made = await makeNextKeys(place, { keys, state: draft.state, before, publicKeys, carried, seeds, receiveVersion, time });
  const change = {
    statements: draft.statements,
    vault: vault.request,
    generation: made.generation.request,
    receive: made.receive.request,
    publicKeys: [vault.publicKey, own],
    rows: made.rows,
  };
  return { change, made };
}

/** Sends it. Throws Refusal, NoAnswer. */
export const sendChange = (self: Self, { made }: MadeChange, send: () => Promise<void>): Promise<void> => sendKeys(self, made, send);

/** After the server took a change: this device knows it as if it had fetched it. */
export async function learnChange(self: Self, { change, made }: MadeChange): Promise<void> {
  await self.takeOwn(change.statements);
  const version = self.chain.head.vault!.version;
  self.vault = { version, sealed: change.vault.sealed, passwordWrap: change.vault.passwordWrap };
  await learnKeys(self, made);
}

