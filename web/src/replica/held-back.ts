// Conversations in which nothing can be sealed for now, as the local copy knows it.
import { listMisnamed } from "../accounts/names.ts";
import { sealingOf } from "../conversations/bond.ts";
import type { ConversationRow, Replica, SealingRow } from "./database.ts";

const HOLDS: ReadonlySet<SealingRow["state"]> = new Set(["waiting", "held", "removed", "keyless", "stopped"]);

/** Those of these in which even what is sealed waits: first is given back what a restored server has lost. */
export async function findReturning(replica: Replica, conversations: string[]): Promise<Set<string>> {
  const rows = await replica.restores.bulkGet(conversations);
  return new Set(rows.flatMap((row) => (row === undefined || row.isLate ? [] : [row.conversation])));
}

/** Those of these in which messages wait: all, while this device has no keys that count; with one person whom the server names wrongly. */
export async function findHeld(replica: Replica, conversations: string[]): Promise<Set<string>> {
  const keys = await replica.findMeta("keys");
  if (keys !== undefined && keys.state !== "ready") return new Set(conversations);
  const rows = (await replica.conversations.bulkGet(conversations)).filter((row) => row !== undefined);
  const isHeld = (sealing: SealingRow | undefined): boolean => sealing !== undefined && HOLDS.has(sealing.state);
  const direct = rows.filter((row) => row.kind === "direct");
  const misnamed = await listMisnamed(replica, direct.flatMap((row) => row.users));
  const isMisnamed = ({ kind, users }: ConversationRow): boolean => kind === "direct" && users.some((user) => misnamed.has(user));
  return new Set(rows.filter((row) => isHeld(sealingOf(row)) || isMisnamed(row)).map((row) => row.id));
}
