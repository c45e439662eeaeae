// Several messages that are chosen, by key. Pure.
import type { Item } from "../conversations/items.ts";

export type Chosen = ReadonlyMap<string, Item>;

/** With this one, or without it if it was chosen; null for none. */
export function toggleChosen(before: Chosen | null, item: Item): Chosen | null {
  const chosen = new Map(before);
  if (!chosen.delete(item.key)) chosen.set(item.key, item);
  return chosen.size > 0 ? chosen : null;
}
