// The server's database is another one, of the same server: entries that it may have lost are set aside, durably, until they are given
// back (returning.ts); the rest of the copy is fetched anew.
import { EPOCH_ENTRY } from "../crypto/conversations/judging/roles.ts";
import { PATIENCE } from "../crypto/conversations/restored/patience.ts";
import type { KnownPlace, LostRow, Replica, RestoreRow } from "../replica/database.ts";
import { isSealed, readWhole, type WholeRow } from "../replica/records.ts";
import { HEALS } from "../sealing/told.ts";
import type { Restore } from "../wire/contract.ts";
import { startOf } from "./partings.ts";

/** What was found not to stand is given to nobody: else a server could fill this device with what it makes up. */
const mayStand = ({ opened }: WholeRow): boolean => (opened?.verdict ?? null) === null || HEALS.has(opened!.verdict!);

/** From the kind of epochs on entries are signed and not sealed. */
const mayComeBack = (row: WholeRow): boolean => row.kind < EPOCH_ENTRY && isSealed(row.record) && row.epoch > 0 && mayStand(row);

function toLost({ conversation, seq, kind, from_user, client_id, from_device, counter, epoch, target_seq, record }: WholeRow): LostRow {
  return { conversation, seq, kind, from_user, client_id, from_device, counter, epoch, target_seq, record };
}

const withoutLate = ({ isLate: _, ...row }: RestoreRow): RestoreRow => row;

/** All or nothing: a page that is killed meanwhile begins anew. Whatever has no parting is set aside whole. `times` as the server tells them. */
export async function setAside(replica: Replica, database: string, partings: ReadonlyMap<string, KnownPlace>, times: Restore | null): Promise<void> {
  const until = Date.now() + PATIENCE;
  await replica.write(async () => {
    const restores = new Map<string, RestoreRow>();
    // Of an earlier restore, which was restored itself.
    for (const row of await replica.restores.toArray()) restores.set(row.conversation, { ...withoutLate(row), database, parting: startOf(row.conversation), until });
    // All that are here: who lost one between two answers of the server is not told where it parts.
    for (const conversation of await replica.conversations.toCollection().primaryKeys()) {
      const parting = partings.get(conversation) ?? startOf(conversation);
      const rows = await readWhole(replica, conversation, parting.seq + 1, Infinity);
      await replica.lost.bulkPut(rows.filter(mayComeBack).map(toLost));
      const last = rows.at(-1);
      const head = last === undefined ? parting : { seq: last.seq, log_hash: last.log_hash };
      restores.set(conversation, { conversation, database, parting, head, until });
    }
    await replica.clearCopy();
    await replica.restores.bulkPut([...restores.values()]);
    await replica.putMeta("restored", { database, isTold: false, times });
  });
}
