// Starred messages of all conversations, as far as they are in the local copy.
import { readNow, readUsers } from "../conversations/items.ts";
import { type Fields, PRIVATE_STARS } from "../crypto/private-change.ts";
import type { Found } from "../messages/found.ts";
import type { Replica } from "../replica/database.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import { findMarked, readMarks } from "./marks.ts";
import { readKinds } from "./private.ts";

/** The newest first; last those that are not here. What stands somewhere instead of what was starred is left out. */
export async function readStarred(replica: Replica, own: OwnDatabase): Promise<Found[]> {
  const found: Found[] = [];
  const [stars] = await readKinds(replica, own, [PRIVATE_STARS]);
  for (const [conversation, fields] of stars!) found.push(...(await readOf(replica, conversation, fields)));
  const timeOf = ({ entry }: Found): string => entry?.timestamp ?? "";
  return found.sort((one, other) => timeOf(other).localeCompare(timeOf(one)) || other.seq - one.seq);
}

async function readOf(replica: Replica, conversation: string, fields: Fields): Promise<Found[]> {
  const seqs = [...readMarks(fields).keys()];
  const there = await findMarked(replica, conversation, fields);
  const row = await replica.conversations.get(conversation);
  if (row === undefined) return [];
  const entries = await replica.entries.bulkGet(seqs.map((seq): [string, number] => [conversation, seq]));
  const users = await readUsers(replica, [...new Set(entries.flatMap((entry) => entry?.from_user ?? []))]);
  return seqs.flatMap((seq, at): Found[] => {
    const entry = entries[at] ?? null;
    if (entry !== null && !there.has(seq)) return [];
    return [{ conversation, seq, entry, content: entry && readNow(entry, row.sealed_from), author: users.get(entry?.from_user ?? 0) ?? null }];
  });
}
