// Sending what somebody wrote: stored in the outbox, and with that safe. Sealing and the rest happen by themselves.
import { MAX_TEXT, type Text } from "../crypto/content.ts";
import type { Mentioned } from "../mentions/named.ts";
import { findTarget } from "../replica/targets.ts";
import type { Client } from "../sync/client.ts";
import { KIND_EDIT, KIND_MESSAGE } from "../wire/contract.ts";

type Sending = Pick<Client, "outbox" | "replica">;

/** Throws RangeError for an empty or too long text. */
function trim(text: string): string {
  const body = text.trim();
  if (body === "" || Array.from(body).length > MAX_TEXT) throw new RangeError(`a text has 1 to ${MAX_TEXT} characters`);
  return body;
}

/** `answers` is the seq of the message that it replies to, `mentioned` whom it tells. Resolves when it is on disk here. Throws RangeError for an empty or too long text. */
export async function sendText(client: Sending, conversation: string, text: string, answers?: number, mentioned: Mentioned = {}): Promise<void> {
  const content: Text = { type: "text", text: trim(text), ...mentioned };
  const target = answers === undefined ? null : ((await findTarget(client.replica, conversation, answers)) ?? null);
  await client.outbox.add(conversation, content, { kind: KIND_MESSAGE, target });
}

/** Says one's own message anew, whole; `before` is what it says now. Resolves and throws as `sendText`. */
export async function editText(client: Sending & Pick<Client, "own">, conversation: string, seq: number, before: Text, text: string, mentioned: Mentioned = {}): Promise<void> {
  const content: Text = { type: "text", text: trim(text), ...(before.forwarded && { forwarded: true }), ...mentioned };
  if (content.text === before.text) return;
  const target = await findTarget(client.replica, conversation, seq);
  if (target) await client.outbox.add(conversation, content, { kind: KIND_EDIT, target });
}

/** Says in another conversation what somebody said in this one. */
export async function forwardText(client: Sending, conversation: string, { text }: Text): Promise<void> {
  await client.outbox.add(conversation, { type: "text", text, forwarded: true }, { kind: KIND_MESSAGE, target: null });
}
