// Members' delivered and read cursors. They only grow, so any order and any repetition ends in the same place.
import type { ConversationRow, Replica } from "./database.ts";

/** Moves a member's cursors forward; inside a transaction. Unknown members are left to the next item or page. */
export async function advanceCursor(
  replica: Replica,
  conversation: string,
  user: number,
  delivered: number,
  read: number,
): Promise<void> {
  const member = await replica.members.get([conversation, user]);
  if (!member) return;
  const delivered_seq = Math.max(member.delivered_seq, delivered, read);
  const read_seq = Math.max(member.read_seq, read);
  if (delivered_seq === member.delivered_seq && read_seq === member.read_seq) return;
  await replica.members.put({ ...member, delivered_seq, read_seq });
  if (user === replica.me && read_seq > member.read_seq) await moveReadOrdinal(replica, conversation, read_seq);
}

/** One's own read cursor stands at `seq` now: recount what is unread. */
async function moveReadOrdinal(replica: Replica, conversation: string, seq: number): Promise<void> {
  const row = await replica.conversations.get(conversation);
  if (!row) return;
  const ordinal = await findOrdinal(replica, row, seq);
  if (ordinal === undefined) await replica.conversations.put({ ...row, is_stale: true });
  else await replica.conversations.put({ ...row, read_ordinal: Math.max(row.read_ordinal, ordinal) });
}

/** How many messages there are up to `seq`, or undefined when that is not known here. */
async function findOrdinal(replica: Replica, row: ConversationRow, seq: number): Promise<number | undefined> {
  if (seq >= row.last_seq) return row.last_ordinal;
  return (await replica.entries.get([row.id, seq]))?.ordinal;
}
