// What is said about a conversation itself and its members, written into the local copy.
import { applyUser, fillUsers } from "../accounts/apply.ts";
import { putForward } from "../replica/cursors.ts";
import type { ConversationRow, Replica } from "../replica/database.ts";
import { bind, findServer } from "./bond.ts";
import type * as contract from "../wire/contract.ts";

/** A conversation came into being, opened or closed. Where its log stands is asked for by sync. */
export async function applyConversationChanged(
  replica: Replica,
  { conversation }: contract.ConversationChanged,
): Promise<void> {
  for (const user of conversation.users) await applyUser(replica, user);
  await putConversation(replica, conversation);
}

/** Takes a conversation that may be older than what the log has said since. */
export async function fillConversation(replica: Replica, conversation: contract.Conversation): Promise<void> {
  await fillUsers(replica, conversation.users);
  const known = await replica.conversations.get(conversation.id);
  if (!known || known.is_stale || known.is_strange) await putConversation(replica, conversation);
}

async function putConversation(replica: Replica, conversation: contract.Conversation): Promise<void> {
  const { id, kind, open, created_at } = conversation;
  const users = conversation.users.map((user) => user.id);
  const known = await replica.conversations.get(id);
  const row: ConversationRow = known ?? makeRow(conversation);
  const is_stale = row.is_stale || row.open !== open;
  const bound = bind(row, { kind, users }, await findServer(replica), replica.me);
  await replica.conversations.put({ ...bound, open, created_at, is_stale });
}

/** A conversation of which only the log's word is known: its row is fetched because it is stale. */
function makeRow({ id, kind, open, created_at }: contract.Conversation): ConversationRow {
  return {
    ...{ id, kind, open, created_at, users: [], last_seq: 0, last_ordinal: 0, log_hash: "", last_entry: null },
    ...{ read_ordinal: 0, first_seq: 1, active_at: created_at, flaw: null, is_stale: true },
  };
}

/** Takes members as they stand: cursors grow, a new stay replaces an old one. Who is not among them has left. */
export async function applyMembers(replica: Replica, id: string, members: contract.Member[]): Promise<void> {
  const present = new Set(members.map((member) => member.user_id));
  const kept = new Map((await replica.members.where({ conversation: id }).toArray()).map((row) => [row.user_id, row]));
  for (const user of kept.keys()) if (!present.has(user)) await replica.members.delete([id, user]);
  for (const member of members) {
    const known = kept.get(member.user_id);
    const isNew = known === undefined || known.joined_seq < member.joined_seq;
    const row = isNew ? { ...member, conversation: id } : known.role === member.role ? known : { ...known, role: member.role };
    await putForward(replica, row, member.delivered_seq, member.read_seq, known);
  }
}
