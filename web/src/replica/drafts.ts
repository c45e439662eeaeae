// What was begun and not sent, per conversation: kept on this device at once, and before one's other devices when it rests
// (docs/protocol-encryption.md, 6.4). Of two drafts the one that was written later counts.
import { type Fields, PRIVATE_DRAFT } from "../crypto/private-change.ts";
import type { DraftRow, OwnDatabase } from "./own-database.ts";

/** UTF-16 units that a private row has room for in any script; what is longer stays on this device. */
const LONGEST = 3500;

const isOf = (conversation: string) => (wish: { kind: number; place: string }): boolean => wish.kind === PRIVATE_DRAFT && wish.place === conversation;

async function wish(own: OwnDatabase, place: string, set: Fields): Promise<void> {
  await own.wishes.filter(isOf(place)).delete();
  await own.wishes.add({ kind: PRIVATE_DRAFT, place, change: { set } });
}

/** Forgets a draft, on the other devices too where they were told of it. Runs in a transaction over drafts and wishes. */
export async function dropDraft(own: OwnDatabase, conversation: string, now: Date): Promise<void> {
  const row = await own.drafts.get(conversation);
  if (!row) return;
  await own.drafts.delete(conversation);
  if (row.is_shared) await wish(own, conversation, { text: null, target: null, time: now.getTime() });
}

export function saveDraft(own: OwnDatabase, conversation: string, text: string): Promise<void> {
  return own.transaction("rw", [own.drafts, own.wishes], async () => {
    const now = new Date();
    if (text.trim() === "") return dropDraft(own, conversation, now);
    const before = await own.drafts.get(conversation);
    await own.drafts.put({ conversation, text, saved_at: now.toISOString(), ...(before?.is_shared && { is_shared: true as const }) });
  });
}

/** Tells the other devices of what stands there now. */
export function shareDraft(own: OwnDatabase, conversation: string): Promise<void> {
  return own.transaction("rw", [own.drafts, own.wishes], async () => {
    const row = await own.drafts.get(conversation);
    if (!row || row.text.length > LONGEST) return;
    await own.drafts.put({ ...row, is_shared: true });
    await wish(own, conversation, { text: row.text, time: Date.parse(row.saved_at) });
  });
}

/** What is begun here or elsewhere, whichever came later; null for nothing. `shared` are the fields of the private row. */
export function findDraft(conversation: string, local: DraftRow | undefined, shared: Fields | undefined): DraftRow | null {
  const { text, time } = shared ?? {};
  if (typeof time !== "number" || !Number.isSafeInteger(time) || Math.abs(time) > 8.64e15) return local ?? null;
  if (local && Date.parse(local.saved_at) >= time) return local;
  const isText = typeof text === "string" && text.trim() !== "";
  return isText ? { conversation, text, saved_at: new Date(time).toISOString(), is_shared: true } : null;
}
