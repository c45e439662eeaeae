// Takes a row of the list of conversations into the local copy. Numbers only grow, so an item that was computed before
// a live entry arrived does no harm.
import { applyMembers, fillConversation } from "../conversations/apply.ts";
import type { Flaw, Replica } from "../replica/database.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import { chooseFlaw } from "../replica/flaws.ts";
import type { InboxItem } from "../wire/contract.ts";

/**
 * `sent` is the head this device had told the server: an item below it means that the server has lost something. `last` is the item's last
 * entry as a row. Resolves to whether something waits to be opened.
 */
export function applyItem(replica: Replica, item: InboxItem, sent = 0, last = item.last_entry && toRow(item.last_entry)): Promise<boolean> {
  return replica.write(async () => {
    const id = item.conversation.id;
    await fillConversation(replica, item.conversation);
    await applyMembers(replica, id, item.members);
    await takeHead(replica, item, sent);
    return last !== null && (await applyEntries(replica, [last])).isWaiting;
  });
}

async function takeHead(replica: Replica, item: InboxItem, sent: number): Promise<void> {
  const row = (await replica.conversations.get(item.conversation.id))!;
  const mine = await replica.members.get([row.id, replica.me]);
  const changed = { ...row, is_stale: false, first_seq: Math.max(row.first_seq, (mine?.joined_seq ?? 0) + 1), pin_seq: item.pin_seq };
  if (item.last_seq >= row.last_seq) {
    changed.last_seq = item.last_seq;
    changed.last_ordinal = item.last_ordinal;
    changed.log_hash = item.log_hash;
  }
  changed.flaw = chooseFlaw(row.flaw, findFlaw(item, row.last_seq, row.log_hash, sent));
  const theirs = item.members.find((member) => member.user_id === replica.me);
  // What was read here and is not yet known there counts already.
  if (theirs && mine && mine.read_seq <= theirs.read_seq) changed.read_ordinal = item.last_ordinal - item.unread;
  if (mine && mine.read_seq >= changed.last_seq) changed.read_ordinal = changed.last_ordinal;
  await replica.conversations.put(changed);
}

function findFlaw(item: InboxItem, seq: number, hash: string, sent: number): Flaw | null {
  if (item.last_seq < sent) return { seq: item.last_seq + 1, reason: "shortened" };
  if (item.last_seq === seq && hash !== "" && item.log_hash !== hash) return { seq, reason: "rewritten" };
  return null;
}
