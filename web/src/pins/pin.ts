// Pinning: a record that names a message, and one that takes that back (docs/protocol-encryption.md, 8.10).
import { KIND_PIN } from "../wire/contract.ts";
import { readLine } from "../replica/own-database.ts";
import { findTarget, isPlaced } from "../replica/targets.ts";
import type { Client } from "../sync/client.ts";

/** Pins a message for everybody, or no longer. What has not left yet is withdrawn. Resolves when it is on disk here. */
export async function pinMessage({ outbox, own, replica }: Pick<Client, "outbox" | "own" | "replica">, conversation: string, seq: number, isPinned: boolean): Promise<void> {
  const type = isPinned ? "pin" : "unpin";
  const line = await readLine(own, conversation);
  const opposite = line.findLast((row) => row.kind === KIND_PIN && row.state === "waiting" && row.content.type !== type && isPlaced(row.target) && row.target.seq === seq);
  if (opposite && (await outbox.withdraw(opposite.client_id))) {
    const stands = (await replica.entries.get([conversation, seq]))?.marks?.pin !== undefined;
    if (stands === isPinned) return;
  }
  const target = await findTarget(replica, conversation, seq);
  if (target) await outbox.add(conversation, { type }, { kind: KIND_PIN, target });
}
