// Answering a friend request.
import type { Client } from "../sync/client.ts";

export async function acceptRequest(client: Pick<Client, "call">, request_id: number): Promise<void> {
  await client.call("friend.accept", { request_id });
}

export async function declineRequest(client: Pick<Client, "call">, request_id: number): Promise<void> {
  await client.call("friend.decline", { request_id });
}
