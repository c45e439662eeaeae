// What a group is called, and what is pinned, stand in entries anywhere in a log (docs/protocol-encryption.md, 8.10). Here: of which
// conversations they are to be asked for. Of states the newest alone does not do: whether it counts rests on those before it.
import { findHolding, listRanges } from "../replica/ranges.ts";
import type { ConversationRow, Replica } from "../replica/database.ts";
import { type InboxItem, KIND_PIN } from "../wire/contract.ts";

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
async function hasMissed(replica: Replica, conversation: string, seq: number, asked: number): Promise<boolean> {
  if (seq <= asked) return false;
  const holding = findHolding(await listRanges(replica, conversation), seq);
  return (holding?.from ?? Infinity) > asked + 1;
}

/** Whether a pin, or what is pinned, may not be here, since they were asked for last. */
export async function hasMissedPins(replica: Replica, { id, pin_seq = 0, pinned_at = 0, first_seq }: ConversationRow): Promise<boolean> {
  if (pin_seq <= pinned_at) return false;
  return (await hasMissed(replica, id, pin_seq, pinned_at)) || (await hasPinnedInGaps(replica, id, pinned_at, first_seq));
}

/** Whether a pin came since that is here and names what is not. */
async function hasPinnedInGaps(replica: Replica, conversation: string, asked: number, first: number): Promise<boolean> {
  let from = first;
  for (const range of [...(await listRanges(replica, conversation)), { from: Infinity, to: 0 }]) {
    const gap: [[string, number], [string, number]] = [[conversation, from], [conversation, range.from]];
    from = range.to + 1;
    if (gap[0][1] >= gap[1][1]) continue;
    const keys = await replica.records.where("[conversation+aims]").between(...gap).primaryKeys();
    const aiming = await replica.entries.bulkGet(keys.filter(([, seq]) => seq > asked));
    const targets = aiming.flatMap((row) => (row?.kind === KIND_PIN && row.aims !== undefined ? [row.aims] : []));
    const here = await replica.entries.bulkGet(targets.map((seq): [string, number] => [conversation, seq]));
    if (here.includes(undefined)) return true;
  }
  return false;
}

/** They have been asked for: up to its head nothing is missing. */
export async function noteStated({ conversations }: Replica, items: InboxItem[]): Promise<void> {
  for (const { conversation, last_seq } of items) await conversations.update(conversation.id, { stated_at: last_seq });
}
