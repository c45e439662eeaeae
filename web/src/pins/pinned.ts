// What is pinned in a conversation, as far as it is in the local copy, with what waits to be sent.
import { readNow } from "../conversations/items.ts";
import { Overlay } from "../conversations/overlay.ts";
import { type Content } from "../crypto/content.ts";
import { PRIVATE_HIDDEN } from "../crypto/private-change.ts";
import { findMarked } from "../private/marks.ts";
import { readPlace } from "../private/private.ts";
import type { EntryRow, Replica } from "../replica/database.ts";
import { type OwnDatabase, readLine } from "../replica/own-database.ts";

/** So many are shown (docs/protocol-encryption.md, 8.10). */
const MOST = 50;

export interface Pinned {
  seq: number;
  from_user: number;
  timestamp: string;
  content: Content;
  /** Who pinned it. */
  by: number;
}

/** The newest pin first; one's own that wait before all others. What one has deleted for oneself is left out. */
export async function readPinned(replica: Replica, own: OwnDatabase, conversation: string): Promise<Pinned[]> {
  const overlay = new Overlay(await readLine(own, conversation));
  const index = replica.entries.where("[conversation+marks.pin.seq]").between([conversation, 0], [conversation, Infinity]);
  // As in most: nothing else is read, and followed, at every message that comes.
  if (overlay.listPinning().length === 0 && (await index.count()) === 0) return [];
  const [hides = {}] = await readPlace(replica, own, conversation, [PRIVATE_HIDDEN]);
  const hidden = await findMarked(replica, conversation, hides);
  const row = await replica.conversations.get(conversation);
  const shows = (entry: EntryRow): boolean => overlay.isPinned(entry) && !overlay.isRemoved(entry.seq) && !entry.is_emptied && !hidden.has(entry.seq);
  const stored = await index.reverse().filter(shows).limit(MOST).toArray();
  const known = new Set(stored.map(({ seq }) => seq));
  const fresh = overlay.listPinning().filter((seq) => !known.has(seq)).map((seq): [string, number] => [conversation, seq]);
  const waiting = (await replica.entries.bulkGet(fresh)).filter((entry) => entry !== undefined && shows(entry)) as EntryRow[];
  return [...waiting.reverse(), ...stored].slice(0, MOST).map((entry) => {
    const { seq, from_user, timestamp, marks } = entry;
    return { seq, from_user, timestamp, content: readNow(entry, row?.sealed_from), by: marks?.pin?.user ?? replica.me };
  });
}
