// Sending what somebody wrote: sealed, stored in the outbox, and with that safe. The rest happens by itself.
import { writePlain } from "../crypto/content.ts";
import type { Client } from "../sync/client.ts";

export const MAX_TEXT = 10_000;

/** Resolves when the message is on disk here. Throws RangeError for an empty or too long text. */
export async function sendText(client: Pick<Client, "outbox">, conversation: string, text: string): Promise<void> {
  const body = text.trim();
  if (body === "" || Array.from(body).length > MAX_TEXT) throw new RangeError(`a text has 1 to ${MAX_TEXT} characters`);
  await client.outbox.add(conversation, writePlain({ type: "text", text: body }));
}
