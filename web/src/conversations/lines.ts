// Lines between messages that are no messages: what happened to somebody's identity or to the group, at its place in the log. Pure.
import type { IdentityEvent } from "../crypto/conversations/conversation-facts.ts";
import type { GroupEvent } from "../groups/event.ts";
import type { StateRow } from "../crypto/group-state.ts";
import type { Row } from "./days.ts";

/** What somebody did to a group. */
export interface GroupLine {
  seq: number;
  user: number;
  timestamp: string;
  did: GroupEvent | { what: "state"; state: StateRow };
}

export type Line = IdentityEvent | GroupLine;

export const isOfGroup = (line: Line): line is GroupLine => "did" in line;

export interface PlacedLines {
  /** By the key of the row that each stands above. */
  above: ReadonlyMap<string, Line[]>;
  /** Below the last row. */
  below: Line[];
}

/** `hasOlder`, `hasNewer`: entries before and after these rows, among which a line may have its place. */
export function placeLines(rows: readonly Row[], lines: readonly Line[], { hasOlder, hasNewer }: { hasOlder: boolean; hasNewer: boolean }): PlacedLines {
  const above = new Map<string, Line[]>();
  const below: Line[] = [];
  for (const line of lines) {
    // What waits to be sent has no place yet: it comes after everything.
    const at = rows.findIndex(({ item }) => item.seq === 0 || item.seq > line.seq);
    if (at < 0) {
      if (!hasNewer) below.push(line);
    } else if (at > 0 || !hasOlder) {
      const { key } = rows[at]!.item;
      above.set(key, [...(above.get(key) ?? []), line]);
    }
  }
  return { above, below };
}
