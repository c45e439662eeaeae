// What a person keeps on all their devices: muted, archived and pinned conversations. A change is noted here at once, durably, and carried
// out by the tab that leads as soon as the server is reached (watch.ts); until then it is shown as if it were.
import { type Fields, applyChange, type PrivateChange } from "../crypto/private-change.ts";
import type { Replica } from "../replica/database.ts";
import type { OwnDatabase, WishRow } from "../replica/own-database.ts";

/** With what waits to be carried out on it. */
function overlay(kind: number, place: string, kept: Fields | undefined, wishes: readonly WishRow[]): Fields {
  const due = wishes.filter((wish) => wish.kind === kind && wish.place === place);
  return due.reduce((fields, wish) => applyChange(fields, wish.change), kept ?? {});
}

/** What is kept of each of these kinds, by place. */
export async function readKinds(replica: Replica, own: OwnDatabase, kinds: readonly number[]): Promise<ReadonlyMap<string, Fields>[]> {
  const [rows, wishes] = await Promise.all([replica.privates.where("kind").anyOf(kinds).toArray(), own.wishes.toArray()]);
  return kinds.map((kind) => {
    const kept = new Map(rows.filter((row) => row.kind === kind).map(({ place, fields }) => [place, fields]));
    for (const { place } of wishes.filter((wish) => wish.kind === kind)) if (!kept.has(place)) kept.set(place, {});
    return wishes.length === 0 ? kept : new Map([...kept].map(([place, fields]) => [place, overlay(kind, place, fields, wishes)]));
  });
}

/** What is kept of each of these kinds in one place: no fields for nothing. */
export async function readPlace(replica: Replica, own: OwnDatabase, place: string, kinds: readonly number[]): Promise<Fields[]> {
  const names = kinds.map((kind): [number, string] => [kind, place]);
  const [rows, wishes] = await Promise.all([replica.privates.bulkGet(names), own.wishes.toArray()]);
  return kinds.map((kind, at) => overlay(kind, place, rows[at]?.fields, wishes));
}

/** Durable when it resolves. */
export async function change(own: OwnDatabase, kind: number, place: string, change: PrivateChange): Promise<void> {
  await own.wishes.add({ kind, place, change });
}
