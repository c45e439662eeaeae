// What a group is called stands in entries anywhere in its log (docs/protocol-encryption.md, 8.10). Here: of which groups they are to be
// asked for. The newest alone does not do: whether it counts rests on those before it.
import { findHolding, listRanges } from "../replica/ranges.ts";
import type { Replica } from "../replica/database.ts";
import type { InboxItem } from "../wire/contract.ts";

/** Those of which something may have been said that is not here: since they were asked for, or since the beginning, there is a gap. */
export async function listUnstated(replica: Replica, items: InboxItem[]): Promise<InboxItem[]> {
  const unstated: InboxItem[] = [];
  for (const item of items) {
    if (item.state_seq === 0) continue;
    const asked = (await replica.conversations.get(item.conversation.id))?.stated_at ?? 0;
    if (await hasMissed(replica, item.conversation.id, item.state_seq, asked)) unstated.push(item);
  }
  return unstated;
}

/** Whether an entry, or something like it before, came after such were asked for last and may not be here. */
export async function hasMissed(replica: Replica, conversation: string, seq: number, asked: number): Promise<boolean> {
  if (seq <= asked) return false;
  const holding = findHolding(await listRanges(replica, conversation), seq);
  return (holding?.from ?? Infinity) > asked + 1;
}

/** They have been asked for: up to its head nothing is missing. */
export async function noteStated({ conversations }: Replica, items: InboxItem[]): Promise<void> {
  for (const { conversation, last_seq } of items) await conversations.update(conversation.id, { stated_at: last_seq });
}
