// Friends, open requests and blocked people, from the local copy, sorted as people look for them.
import type { FriendRow, Replica, RequestRow, UserRow } from "../replica/database.ts";
import { Live } from "../replica/live.svelte.ts";
import type { Relation, UserCard } from "../wire/contract.ts";

export interface Friend extends FriendRow {
  user: UserCard;
}

export interface Request extends RequestRow {
  /** The other person. */
  user: UserCard;
}

interface People {
  friends: Friend[];
  incoming: Request[];
  outgoing: Request[];
  blocked: UserCard[];
}

export class Friends {
  readonly #live: Live<People>;
  readonly #me: number;

  constructor(replica: Replica) {
    this.#me = replica.me;
    this.#live = new Live<People>({ friends: [], incoming: [], outgoing: [], blocked: [] }, () => readPeople(replica));
  }

  get current(): People {
    return this.#live.value;
  }

  get isReady(): boolean {
    return this.#live.isReady;
  }

  find(user: number): Friend | undefined {
    return this.#live.value.friends.find((friend) => friend.user_id === user);
  }

  /** How one stands to a person, as far as the local copy knows. */
  relationTo(user: number): Relation {
    const { friends, incoming, outgoing, blocked } = this.#live.value;
    if (user === this.#me) return "self";
    if (blocked.some((card) => card.id === user)) return "blocked_by_you";
    if (friends.some((friend) => friend.user_id === user)) return "friend";
    if (incoming.some((request) => request.user.id === user)) return "request_received";
    return outgoing.some((request) => request.user.id === user) ? "request_sent" : "none";
  }

  stop(): void {
    this.#live.stop();
  }
}

async function readPeople(replica: Replica): Promise<People> {
  const friends = await replica.friends.toArray();
  const requests = await replica.requests.toArray();
  const blocked = await replica.blocked.toArray();
  const ids = [
    ...friends.map((friend) => friend.user_id),
    ...requests.flatMap(({ sender, receiver }) => [sender, receiver]),
    ...blocked.map((row) => row.user_id),
  ];
  const cards = new Map((await replica.users.bulkGet(ids)).filter((row) => row !== undefined).map((row) => [row.id, row]));
  const say = (id: number): UserRow => cards.get(id) ?? makeNobody(id);
  const newestFirst = (one: RequestRow, other: RequestRow): number => other.timestamp.localeCompare(one.timestamp);
  requests.sort(newestFirst);
  const { me } = replica;
  return {
    friends: friends.map((friend) => ({ ...friend, user: say(friend.user_id) })).sort(byName),
    incoming: requests.filter((row) => row.receiver === me).map((row) => ({ ...row, user: say(row.sender) })),
    outgoing: requests.filter((row) => row.sender === me).map((row) => ({ ...row, user: say(row.receiver) })),
    blocked: blocked.map((row) => say(row.user_id)),
  };
}

/** A card that has not arrived yet. */
function makeNobody(id: number): UserRow {
  return { id, username: "", display_name: "", avatar_id: null, deleted: false, is_stale: true };
}

function byName(one: Friend, other: Friend): number {
  const name = (friend: Friend): string => friend.user.display_name || friend.user.username;
  return name(one).localeCompare(name(other));
}
