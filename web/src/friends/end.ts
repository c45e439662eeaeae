// Ending a friendship, with or without blocking the person, and unblocking.
import type { Client } from "../sync/client.ts";

export async function removeFriend(client: Pick<Client, "call">, user_id: number): Promise<void> {
  await client.call("friend.remove", { user_id });
}

export async function blockUser(client: Pick<Client, "call">, username: string): Promise<void> {
  await client.call("friend.block", { username });
}

export async function unblockUser(client: Pick<Client, "call">, user_id: number): Promise<void> {
  await client.call("friend.unblock", { user_id });
}
