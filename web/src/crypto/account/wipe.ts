// Secrets that were opened for one request are overwritten when it is signed: an engine may have copies, we keep none.
import type { Bytes } from "../../lib/bytes.ts";
import type { Vault } from "../protocol/vault.ts";

export function wipe(...secrets: Bytes[]): void {
  for (const secret of secrets) secret.fill(0);
}

export const wipeVault = (vault: Vault): void => wipe(vault.identitySeed, vault.kemSeed);
