// What is said about messages and receipts, written into the local copy. Live, page and own send end in one function.
import { applyMembers } from "../conversations/apply.ts";
import { advanceCursor } from "../replica/cursors.ts";
import type { Replica } from "../replica/database.ts";
import { type Applied, applyEntries, putChanged, toRow } from "../replica/entries.ts";
import { chooseFlaw } from "../replica/flaws.ts";
import { addRange } from "../replica/ranges.ts";
import type { WholeRow } from "../replica/records.ts";
import type * as contract from "../wire/contract.ts";

/** Takes new entries of one conversation. */
export function applyMessageSent(replica: Replica, ...entries: contract.Entry[]): Promise<Applied> {
  return applyEntries(replica, entries.map(toRow));
}

/** Resolves to whether too little is known of the conversation then, so that it is to be fetched. */
export function applyReceipts(replica: Replica, event: contract.ReceiptsAdvanced): Promise<boolean> {
  return replica.write(async () => {
    for (const { user_id, delivered_seq, read_seq } of event.cursors) {
      await advanceCursor(replica, event.conversation_id, user_id, delivered_seq, read_seq);
    }
    return (await replica.conversations.get(event.conversation_id))?.is_stale ?? false;
  });
}

/** Takes a page, with its entries as rows. `upTo` is the seq below which it was asked for: what lies between is then not to be had. */
export function applyPage(replica: Replica, page: contract.Page, upTo?: number, rows: WholeRow[] = page.entries.map(toRow)): Promise<Applied> {
  return replica.write(async () => {
    const id = page.conversation_id;
    const applied = await applyEntries(replica, rows, page.hash_before);
    await applyMembers(replica, id, page.members);
    const row = await replica.conversations.get(id);
    if (!row) return applied;
    const changed = { ...row, first_seq: Math.max(row.first_seq, page.first_seq) };
    if (page.last_seq > row.last_seq) {
      changed.last_seq = page.last_seq;
      changed.last_ordinal = page.last_ordinal;
      changed.log_hash = "";
    }
    const last = page.entries.at(-1)?.seq ?? page.first_seq - 1;
    if (upTo !== undefined && last < upTo - 1) {
      await addRange(replica, id, Math.max(last + 1, 1), upTo - 1);
      changed.flaw = chooseFlaw(changed.flaw, { seq: last + 1, reason: "hole" });
    }
    await putChanged(replica, row, changed);
    return applied;
  });
}
