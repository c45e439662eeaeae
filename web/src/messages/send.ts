// Sending what somebody wrote: stored in the outbox, and with that safe. Sealing and the rest happen by themselves.
import { MAX_TEXT } from "../crypto/content.ts";
import type { Client } from "../sync/client.ts";

/** Resolves when the message is on disk here. Throws RangeError for an empty or too long text. */
export async function sendText(client: Pick<Client, "outbox">, conversation: string, text: string): Promise<void> {
  const body = text.trim();
  if (body === "" || Array.from(body).length > MAX_TEXT) throw new RangeError(`a text has 1 to ${MAX_TEXT} characters`);
  await client.outbox.add(conversation, { type: "text", text: body });
}
