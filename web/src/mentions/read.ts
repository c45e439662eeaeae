// Which messages mention oneself: those that tell (protocol-encryption.md, 8.10) are marked where entries are opened (sealing/told.ts) and found
// by an index, so that none of this goes over a log.
import Dexie, { type Collection, type PromiseExtended } from "dexie";

import { readNow, readUsers } from "../conversations/items.ts";
import { PRIVATE_HIDDEN } from "../crypto/private-change.ts";
import type { Found } from "../messages/found.ts";
import { findMarkedIn } from "../private/marks.ts";
import { readKinds } from "../private/private.ts";
import type { EntryRow, Replica } from "../replica/database.ts";
import type { OwnDatabase } from "../replica/own-database.ts";

/** Shown of all that there are. */
const NEWEST = 200;
/** Unread ones that are looked for in a conversation, and in all of them, the newest: more are counted as so many. */
const [MOST_UNREAD, MOST_IN_ALL] = [100, 500];

/** Seqs of a conversation's messages above `read` that mention oneself, lowest first. */
export function findUnread({ entries }: Replica, conversation: string, read: number): PromiseExtended<number[]> {
  const found = entries.where("[conversation+calls+seq]").between([conversation, 1, read], [conversation, 1, Dexie.maxKey], false, false);
  return found.limit(MOST_UNREAD).primaryKeys().then((keys) => keys.map(([, seq]) => seq));
}

/** All that there are in the copy, the newest first. */
const listCalled = ({ entries }: Replica): Collection<EntryRow, [string, number]> => entries.where("[calls+timestamp]").between([1, Dexie.minKey], [1, Dexie.maxKey]).reverse();

/** Of all conversations: by conversation and seq, read or not. */
export const findNewest = (replica: Replica): PromiseExtended<[string, number][]> => listCalled(replica).limit(MOST_IN_ALL).primaryKeys();

/** The newest mentions of oneself in all conversations, as they are now. What was deleted, for everybody or for oneself, is left out. */
export async function readMentions(replica: Replica, own: OwnDatabase): Promise<Found[]> {
  const [hidden] = await readKinds(replica, own, [PRIVATE_HIDDEN]);
  const { entries, records, conversations, users } = replica;
  return replica.transaction("r", [entries, records, conversations, users], async () => {
    const found = await listCalled(replica).limit(NEWEST).toArray();
    const gone = await findMarkedIn(replica, hidden!, found.map(({ conversation, seq }): [string, number] => [conversation, seq]));
    const rows = new Map((await conversations.toArray()).map((row) => [row.id, row]));
    const cards = await readUsers(replica, [...new Set(found.map(({ from_user }) => from_user))]);
    return found.flatMap((entry): Found[] => {
      const row = rows.get(entry.conversation);
      if (row === undefined || gone.get(row.id)?.has(entry.seq)) return [];
      const content = readNow(entry, row.sealed_from);
      return content.type === "text" ? [{ conversation: row.id, seq: entry.seq, entry, content, author: cards.get(entry.from_user) ?? null }] : [];
    });
  });
}
