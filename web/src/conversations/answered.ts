// The messages that others answer: read with the window that shows these.
import type { EntryRow, Replica } from "../replica/database.ts";
import type { OutboxRow } from "../replica/own-database.ts";
import { isPlaced } from "../replica/targets.ts";
import { KIND_MESSAGE } from "../wire/contract.ts";
import type { Items, Quote } from "./items.ts";
import type { Overlay } from "./overlay.ts";

/** Those that are answered by what is shown or waits, as far as they are here; within a transaction. */
export async function readAnswered(replica: Replica, conversation: string, shown: EntryRow[], waiting: OutboxRow[]): Promise<EntryRow[]> {
  const aims = new Set(shown.flatMap(({ aims: seq }) => seq ?? []));
  for (const { kind, target } of waiting) if (kind === KIND_MESSAGE && isPlaced(target)) aims.add(target.seq);
  if (aims.size === 0) return [];
  const here = shown.filter(({ seq }) => aims.delete(seq));
  const keys = [...aims].map((seq): [string, number] => [conversation, seq]);
  const found = keys.length === 0 ? [] : await replica.entries.bulkGet(keys);
  return [...here, ...found.filter((entry) => entry !== undefined)];
}

/** By seq. */
export function makeQuotes(items: Items, answered: EntryRow[], me: number, overlay: Overlay, sealedFrom: number | undefined): Map<number, Quote> {
  const quote = (entry: EntryRow): Quote => ({ seq: entry.seq, from_user: entry.from_user, content: items.read(entry, entry.from_user === me, overlay, sealedFrom) });
  return new Map(answered.map((entry) => [entry.seq, quote(entry)]));
}
