// What the field begins with: what was begun here or on another device, else what storage had no room for.
import { PRIVATE_DRAFT } from "../crypto/private-change.ts";
import { readPlace } from "../private/private.ts";
import type { Replica } from "../replica/database.ts";
import { findDraft } from "../replica/drafts.ts";
import type { OwnDatabase } from "../replica/own-database.ts";

/** What came from another device is this one's from now on. */
export async function readDraft(own: OwnDatabase, replica: Replica, conversation: string): Promise<string> {
  const local = await own.drafts.get(conversation);
  const [shared] = await readPlace(replica, own, conversation, [PRIVATE_DRAFT]);
  const draft = findDraft(conversation, local, shared);
  if (draft === null && local) await own.drafts.delete(conversation);
  else if (draft !== null && draft !== local) await own.drafts.put(draft);
  return draft?.text ?? "";
}

/** Texts that storage has not taken, kept by the page itself: for when the field closes while there is no room. */
const unkept = new Map<string, string>();

export function leaveUnkept(conversation: string, text: string): void {
  unkept.set(conversation, text);
}

/** Returns such a text, once. */
export function takeUnkept(conversation: string): string | undefined {
  const text = unkept.get(conversation);
  unkept.delete(conversation);
  return text;
}
