// Follows the user's own log: exactly the next entry is applied, an old one is nothing new, a later one is a gap.
import { APPLIERS } from "../appliers.ts";
import { applyOwnSnapshot } from "../accounts/apply.ts";
import { applyFriendsSnapshot } from "../friends/apply.ts";
import type { LogEntry, LogEvents, Snapshot } from "../wire/contract.ts";
import type { Cursor, Replica } from "./database.ts";

/** Applies entries in order. Returns "gap" when one is missing before the next; what came before it is applied. */
export function applyLog(replica: Replica, entries: LogEntry[]): Promise<"applied" | "gap"> {
  return replica.write(async () => {
    const cursor = await replica.findMeta("cursor");
    if (!cursor) return "gap";
    let log_seq = cursor.log_seq;
    let outcome: "applied" | "gap" = "applied";
    for (const entry of [...entries].sort((one, other) => one.seq - other.seq)) {
      if (entry.seq <= log_seq) continue;
      if (entry.seq > log_seq + 1) {
        outcome = "gap";
        break;
      }
      await applyLogEntry(replica, entry);
      log_seq = entry.seq;
    }
    await replica.putMeta("cursor", { ...cursor, log_seq });
    return outcome;
  });
}

/** A kind that this version does not know is passed over: a newer version starts from a snapshot of its own. */
async function applyLogEntry(replica: Replica, entry: LogEntry): Promise<void> {
  if (!Object.hasOwn(APPLIERS, entry.kind)) return;
  const apply = APPLIERS[entry.kind as keyof LogEvents] as (replica: Replica, payload: unknown) => Promise<void>;
  await apply(replica, entry.payload);
}

/** Replaces everything that the log tells. Other users' cards and conversations are to be confirmed by items. */
export function applySnapshot(replica: Replica, cursor: Cursor, snapshot: Snapshot): Promise<void> {
  return replica.write(async () => {
    await replica.users.toCollection().modify({ is_stale: true });
    await replica.conversations.toCollection().modify({ is_stale: true });
    await applyOwnSnapshot(replica, snapshot);
    await applyFriendsSnapshot(replica, snapshot);
    await replica.putMeta("cursor", cursor);
  });
}
