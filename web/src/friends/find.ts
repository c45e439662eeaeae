// Looking somebody up by exact username.
import type { Client } from "../sync/client.ts";
import type { FoundUser } from "../wire/contract.ts";

/** Throws ProblemError: `not_found` when there is nobody of that name. */
export function findUser(client: Pick<Client, "call">, username: string): Promise<FoundUser> {
  return client.call("friend.find", { username: username.trim() });
}
