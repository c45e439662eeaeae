// What a person is told of a restore (docs/protocol-encryption.md, 10.10): that the password is that of the backup again. It is certain where
// a newer vault was known here than there is now. Versions of vaults are no secret: they stay when the keys are let go of.
import type { VaultSaid } from "../crypto/account/open-vault.ts";
import type { Replica } from "../replica/database.ts";
import type { Restore } from "../wire/contract.ts";

/** The server's database is one that was restored, and whether the person was told. */
export interface RestoredRow {
  database: string;
  isTold: boolean;
  /** As the server tells them, if it does; missing where an older version wrote it. */
  times?: Restore | null;
  /** The password or recovery key that was set since the backup is lost. */
  isVaultLost?: true;
  /** It was before this copy began, which misses nothing by it. */
  isOld?: true;
}

/** The version of the own vault as it was last seen, and in which database of the server. */
export interface KnownVault {
  database: string;
  version: number;
}

/** A copy begins on a server that was restored before: whether there is something to tell is known with the vault (noteVault). */
export async function hearOldRestore(replica: Replica, database: string, times: Restore | null): Promise<void> {
  if (times === null || (await replica.findMeta("restored")) !== undefined) return;
  await replica.putMeta("restored", { database, isTold: true, times, isOld: true });
}

/** Whether a restore may be why something is missing here. */
export async function mayHaveLost(replica: Replica): Promise<boolean> {
  const row = await replica.findMeta("restored");
  return row !== undefined && row.isOld !== true;
}

function judge(row: RestoredRow, known: KnownVault | undefined, found: VaultSaid): RestoredRow {
  if (row.isOld) return found.time < Date.parse(row.times!.at) ? { ...row, isTold: false } : row;
  // Who has read that it may be so is told once more.
  return known !== undefined && known.version > found.version ? { ...row, isVaultLost: true, isTold: false } : row;
}

/** Of the vault that the chain named while this database (null before there was one) was the server's; judged once in each. */
export function noteVault(replica: Replica, database: string | null, found: VaultSaid): Promise<void> {
  return replica.transaction("rw", replica.metas, async () => {
    const cursor = await replica.findMeta("cursor");
    if (database === null || cursor === undefined || cursor.generation !== database || cursor.isOver) return;
    const known = await replica.findMeta("vault");
    const restored = await replica.findMeta("restored");
    if (known?.database !== database && restored?.database === database) await replica.putMeta("restored", judge(restored, known, found));
    await replica.putMeta("vault", { database, version: found.version });
  });
}
