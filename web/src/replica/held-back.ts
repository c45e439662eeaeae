// Conversations in which nothing can be sealed for now, as the local copy knows it.
import { sealingOf } from "../conversations/bond.ts";
import type { Replica, SealingRow } from "./database.ts";

const HOLDS: ReadonlySet<SealingRow["state"]> = new Set(["waiting", "held", "removed", "keyless", "stopped"]);

/** Those of these in which even what is sealed waits: first is given back what a restored server has lost. */
export async function findReturning(replica: Replica, conversations: string[]): Promise<Set<string>> {
  const rows = await replica.restores.bulkGet(conversations);
  return new Set(rows.flatMap((row) => (row === undefined || row.isLate ? [] : [row.conversation])));
}

/** Those of these in which messages wait: all, while this device has no keys that count. */
export async function findHeld(replica: Replica, conversations: string[]): Promise<Set<string>> {
  const keys = await replica.findMeta("keys");
  if (keys !== undefined && keys.state !== "ready") return new Set(conversations);
  const rows = await replica.conversations.bulkGet(conversations);
  const isHeld = (sealing: SealingRow | undefined): boolean => sealing !== undefined && HOLDS.has(sealing.state);
  return new Set(rows.flatMap((row) => (row !== undefined && isHeld(sealingOf(row)) ? [row.id] : [])));
}
