// Asking somebody to be friends, and taking it back. Lists change when the log says so.
import type { Client } from "../sync/client.ts";
import type { RequestOutcome } from "../wire/contract.ts";

export function requestFriend(client: Pick<Client, "call">, username: string): Promise<RequestOutcome> {
  return client.call("friend.request", { username: username.trim() });
}

export async function cancelRequest(client: Pick<Client, "call">, request_id: number): Promise<void> {
  await client.call("friend.cancel", { request_id });
}
