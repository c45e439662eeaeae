// What was begun and not sent, per conversation; it survives reloads.
import type { OwnDatabase } from "../replica/own-database.ts";

export async function saveDraft(own: OwnDatabase, conversation: string, text: string): Promise<void> {
  if (text.trim() === "") await own.drafts.delete(conversation);
  else await own.drafts.put({ conversation, text, saved_at: new Date().toISOString() });
}

export async function readDraft(own: OwnDatabase, conversation: string): Promise<string> {
  return (await own.drafts.get(conversation))?.text ?? "";
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
