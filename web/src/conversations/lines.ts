// Lines between messages that are no messages: what happened to somebody's identity, at its place in the log. Pure.
import type { IdentityEvent } from "../crypto/conversations/conversation-facts.ts";
import type { Row } from "./days.ts";

export interface PlacedLines {
  /** By the key of the row that each stands above. */
  above: ReadonlyMap<string, IdentityEvent[]>;
  /** Below the last row. */
  below: IdentityEvent[];
}

/** `hasOlder`, `hasNewer`: entries before and after these rows, among which a line may have its place. */
export function placeLines(rows: readonly Row[], events: readonly IdentityEvent[], { hasOlder, hasNewer }: { hasOlder: boolean; hasNewer: boolean }): PlacedLines {
  const above = new Map<string, IdentityEvent[]>();
  const below: IdentityEvent[] = [];
  for (const event of events) {
    // What waits to be sent has no place yet: it comes after everything.
    const at = rows.findIndex(({ item }) => item.seq === 0 || item.seq > event.seq);
    if (at < 0) {
      if (!hasNewer) below.push(event);
    } else if (at > 0 || !hasOlder) {
      const { key } = rows[at]!.item;
      above.set(key, [...(above.get(key) ?? []), event]);
    }
  }
  return { above, below };
}
