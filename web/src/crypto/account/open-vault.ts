// Opening one's own vault with every check (docs/protocol-encryption.md, 10.9). What comes out is not stored anywhere: the
// caller lets go of it when the request is signed.
import type { Bytes } from "../../lib/bytes.ts";
import { check, equal, ProtocolError } from "../protocol/codec.ts";
import { publicKeyOf } from "../protocol/ed25519.ts";
import { hashKemKey, kemPublicKey } from "../protocol/hpke.ts";
import type { KnownChain } from "../protocol/known-chain.ts";
import { sha256, wipe } from "../protocol/primitives.ts";
import { commitVaultKey, openVault, unwrapWithPassword, type Vault, type VaultPlace } from "../protocol/vault.ts";
import { readUserStatement } from "../protocol/user-chain.ts";
import type { UserState } from "../protocol/user-state.ts";

export interface SealedVault {
  version: number;
  sealed: Bytes;
}

/** What the chain says of the newest vault: its version rises with every new password and recovery key; `time` (ms) is when that was said. */
export interface VaultSaid {
  version: number;
  time: number;
}

/** Null for a chain without one. */
export function findVaultSaid({ statements }: KnownChain): VaultSaid | null {
  const said = statements.map((bytes) => readUserStatement(bytes)).findLast(({ body }) => body.kind === "vault");
  return said?.body.kind === "vault" ? { version: said.body.vault.version, time: said.time } : null;
}

/** VK from the wrap, and the commitment that the wrap itself is bound to. */
type Unwrap = (place: VaultPlace) => Promise<Bytes>;

/**
 * `kek` is the password's. Throws ProtocolError `wrong_password`, `cannot_open`, `malformed`, `unsupported`, `rollback`, `fork`,
 * `unproven`.
 */
export function openByPassword(chain: KnownChain, kek: Bytes, vault: SealedVault, wrap: Bytes): Promise<Vault> {
  return open(chain, vault, async (place) => {
    const named = requireVault(chain.head);
    checkVersion(named.version, vault.version);
    try {
      return await unwrapWithPassword(kek, place, named.commitment, wrap);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.verdict === "cannot_open") throw new ProtocolError("wrong_password", "the wrap does not open");
      throw error.verdict === "bad_commitment" ? new ProtocolError("fork", "a key that the chain does not name") : error;
    }
  });
}

/** `vaultKey` comes from another way in, whose tag has been checked. Throws ProtocolError as openByPassword. */
export function openByKey(chain: KnownChain, vaultKey: Bytes, vault: SealedVault): Promise<Vault> {
  return open(chain, vault, () => Promise.resolve(vaultKey));
}

function requireVault(state: UserState): NonNullable<UserState["vault"]> {
  check(state.vault !== null, "unproven", "the chain names no vault");
  return state.vault;
}

/** An older vault than the chain names is a rollback; a newer one does not belong to this chain. */
function checkVersion(named: number, given: number): void {
  check(given >= named, "rollback", "an older vault than the chain names");
  check(given === named, "fork", "another vault than the chain names");
}

async function open(chain: KnownChain, { version, sealed }: SealedVault, unwrap: Unwrap): Promise<Vault> {
  const { head: state, server, user } = chain;
  const place = { server, user, version };
  const vaultKey = await unwrap(place);
  const vault = await openVault(vaultKey, place, sealed);
  const named = requireVault(state);
  checkVersion(named.version, version);
  const isNamed = equal(named.sealedHash, sha256(sealed)) && equal(named.commitment, commitVaultKey(place, vaultKey));
  check(isNamed, "fork", "another vault than the chain names");
  check(equal(named.kemHash, hashKemKey(await kemPublicKey(vault.kemSeed))), "fork", "another vault key than the chain names");
  check(equal(await publicKeyOf(vault.identitySeed), state.identityKey), "fork", "another identity than the chain's");
  chain.at(vault.userChain);
  return vault;
}

/** When the request is signed for which it was opened. */
export const wipeVault = (vault: Vault): void => wipe(vault.identitySeed, vault.kemSeed);
