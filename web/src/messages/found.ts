// A message in a list of some that are found in several conversations.
import type { Content } from "../crypto/content.ts";
import type { EntryRow } from "../replica/database.ts";
import type { UserCard } from "../wire/contract.ts";

export interface Found {
  conversation: string;
  seq: number;
  /** Null while it is not here: it is fetched by going there. */
  entry: EntryRow | null;
  content: Content | null;
  author: UserCard | null;
}
