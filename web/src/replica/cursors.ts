// Members' delivered and read cursors. They only grow, so any order and any repetition ends in the same place.
import type { ConversationRow, MemberRow, Replica } from "./database.ts";

/** Moves a member's cursors forward; inside a transaction. Unknown members are left to the next item or page. */
export async function advanceCursor(
  replica: Replica,
  conversation: string,
  user: number,
  delivered: number,
  read: number,
): Promise<void> {
  const member = await replica.members.get([conversation, user]);
  if (member) await putForward(replica, member, delivered, read, member);
}

/** Writes a member with the cursors moved forward, if that is not what is kept; inside a transaction. */
export async function putForward(
  replica: Replica,
  member: MemberRow,
  delivered: number,
  read: number,
  kept: MemberRow | undefined,
): Promise<void> {
  const delivered_seq = Math.max(member.delivered_seq, delivered, read);
  const read_seq = Math.max(member.read_seq, read);
  const isMoved = delivered_seq !== member.delivered_seq || read_seq !== member.read_seq;
  if (isMoved || member !== kept) await replica.members.put({ ...member, delivered_seq, read_seq });
  if (member.user_id === replica.me && read_seq > member.read_seq) await moveReadOrdinal(replica, member.conversation, read_seq);
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
