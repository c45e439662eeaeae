// What a person can do with a message that the server refused.
import type { Client } from "../sync/client.ts";

export function retryMessage(client: Pick<Client, "outbox">, client_id: string): Promise<void> {
  return client.outbox.retry(client_id);
}

export function cancelMessage(client: Pick<Client, "outbox">, client_id: string): Promise<void> {
  return client.outbox.cancel(client_id);
}
