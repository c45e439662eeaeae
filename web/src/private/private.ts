// What a person keeps on all their devices: muted, archived and pinned conversations. A change is noted here at once, durably, and carried
// out by the tab that leads as soon as the server is reached (watch.ts); until then it is shown as if it were.
import { type Fields, applyChange, type PrivateChange } from "../crypto/private-change.ts";
import type { Replica } from "../replica/database.ts";
import type { OwnDatabase } from "../replica/own-database.ts";

/** What is kept of a kind, by place, with what waits to be carried out. */
export async function readPrivate(replica: Replica, own: OwnDatabase, kind: number): Promise<Map<string, Fields>> {
  const [rows, wishes] = await Promise.all([replica.privates.where("kind").equals(kind).toArray(), own.wishes.toArray()]);
  const kept = new Map(rows.map(({ place, fields }) => [place, fields]));
  for (const wish of wishes) if (wish.kind === kind) kept.set(wish.place, applyChange(kept.get(wish.place) ?? {}, wish.change));
  return kept;
}

/** Durable when it resolves. */
export async function change(own: OwnDatabase, kind: number, place: string, change: PrivateChange): Promise<void> {
  await own.wishes.add({ kind, place, change });
}
