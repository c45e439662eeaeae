// What the user's log says about friends, requests and blocked people, written into the local copy.
import { applyUser } from "../accounts/apply.ts";
import type { Replica } from "../replica/database.ts";
import type * as contract from "../wire/contract.ts";

export async function applyFriendRequested(replica: Replica, { request }: contract.FriendRequested): Promise<void> {
  if (request.status !== "pending") return;
  const { sender, receiver, ...rest } = request;
  await applyUser(replica, sender);
  await applyUser(replica, receiver);
  await replica.requests.put({ ...rest, sender: sender.id, receiver: receiver.id });
}

export async function applyRequestClosed(replica: Replica, { request }: contract.RequestClosed): Promise<void> {
  await replica.requests.delete(request.id);
}

export async function applyFriendAdded(replica: Replica, { friend }: contract.FriendAdded): Promise<void> {
  const { user, about, created_at } = friend.profile;
  await applyUser(replica, user);
  await replica.friends.put({ user_id: user.id, about, created_at, since: friend.since });
}

export async function applyFriendChanged(replica: Replica, { profile }: contract.FriendChanged): Promise<void> {
  const { user, about, created_at } = profile;
  await applyUser(replica, user);
  await replica.friends.update(user.id, { about, created_at });
}

export async function applyFriendRemoved(replica: Replica, { user_id }: contract.FriendRemoved): Promise<void> {
  await replica.friends.delete(user_id);
}

export async function applyUserBlocked(replica: Replica, { user }: contract.UserBlocked): Promise<void> {
  await applyUser(replica, user);
  await replica.blocked.put({ user_id: user.id });
}

export async function applyUserUnblocked(replica: Replica, { user_id }: contract.UserUnblocked): Promise<void> {
  await replica.blocked.delete(user_id);
}

/** Replaces all friends, requests and blocked people. */
export async function applyFriendsSnapshot(
  replica: Replica,
  snapshot: Pick<contract.Snapshot, "friends" | "requests" | "blocked">,
): Promise<void> {
  await Promise.all([replica.friends.clear(), replica.requests.clear(), replica.blocked.clear()]);
  for (const friend of snapshot.friends) await applyFriendAdded(replica, { friend });
  for (const request of snapshot.requests) await applyFriendRequested(replica, { request });
  for (const user of snapshot.blocked) await applyUserBlocked(replica, { user });
}
