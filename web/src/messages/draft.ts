// What was begun and not sent, per conversation; it survives reloads.
import type { OwnDatabase } from "../replica/own-database.ts";

export async function saveDraft(own: OwnDatabase, conversation: string, text: string): Promise<void> {
  if (text.trim() === "") await own.drafts.delete(conversation);
  else await own.drafts.put({ conversation, text, saved_at: new Date().toISOString() });
}

export async function readDraft(own: OwnDatabase, conversation: string): Promise<string> {
  return (await own.drafts.get(conversation))?.text ?? "";
}
