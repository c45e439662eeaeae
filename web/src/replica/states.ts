// Which state of a group counts: the last record of kind 6 by somebody who may change it, or that says the same as the one before it, or
// before which none is known (docs/protocol-encryption.md, 8.10). Whatever writes such entries calls this in its transaction.
import { KIND_STATE } from "../wire/contract.ts";
import type { GroupState, StateRow } from "../crypto/group-state.ts";
import type { EntryRow, Replica } from "./database.ts";
import { findHolding, listRanges } from "./ranges.ts";

const FIELDS = ["title", "description", "picture"] as const;

const differ = (one: GroupState, other: GroupState): (keyof GroupState)[] => FIELDS.filter((field) => one[field] !== other[field]);

const NONE: GroupState = { title: null, description: null, picture: null };

interface Stated {
  entry: EntryRow;
  state: StateRow;
}

/** All that stand here, lowest first. */
async function listStates({ entries }: Replica, conversation: string): Promise<Stated[]> {
  const rows = await entries.where("[conversation+line+seq]").between([conversation, 1, 0], [conversation, 1, Infinity]).toArray();
  return rows.flatMap((entry) => (entry.kind === KIND_STATE && entry.opened?.verdict === null && entry.opened.state ? [{ entry, state: entry.opened.state }] : []));
}

/** Goes over all that are here: an older one that comes later may change which counts, and what each has changed. */
export async function settleStates(replica: Replica, conversation: string): Promise<void> {
  const row = await replica.conversations.get(conversation);
  // Who was a member before begins anew.
  const first = Math.max(row?.first_seq ?? 1, 1);
  const stated = (await listStates(replica, conversation)).filter(({ entry }) => entry.seq >= first);
  // Of whoever has the log from its beginning: nothing was said before.
  const isWhole = first === 1 && stated.length > 0 && findHolding(await listRanges(replica, conversation), stated[0]!.entry.seq)?.from === 1;
  let before: GroupState | null = isWhole ? NONE : null;
  let inForce: GroupState | null = null;
  for (const { entry, state } of stated) {
    const { maySet, changes, ...said } = state;
    const differs = before === null ? [] : differ(before, said);
    const counts = maySet || inForce === null || differs.length === 0;
    const changed = counts ? differs : [];
    if (changed.join() !== changes.join()) await replica.entries.put({ ...entry, opened: { ...entry.opened!, state: { ...state, changes: changed } } });
    if (counts) before = inForce = said;
  }
  if (row === undefined || inForce === null || (row.state && differ(row.state, inForce).length === 0)) return;
  await replica.conversations.put({ ...row, state: inForce });
}
