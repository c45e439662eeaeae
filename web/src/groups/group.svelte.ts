// A group as its pages see it: who is in it as what, and what oneself may do. Follows the local copy.
import { liveQuery } from "dexie";

import { readUsers } from "../conversations/items.ts";
import { type GroupLook, lookAtGroup, NOBODY, sayUser } from "../conversations/title.ts";
import type { Rights } from "../crypto/conversations/group-standing.ts";
import type { ConversationRow, Replica } from "../replica/database.ts";
import type { UserCard } from "../wire/contract.ts";
import { rankIn } from "./closing.ts";
import { ADMIN, OWNER } from "./groups.ts";

export interface GroupMember {
  user: UserCard;
  /** As it stands in the roster: 1 owner, 2 admin, 3 member. */
  role: number;
  isMe: boolean;
}

interface Found {
  row: ConversationRow | null;
  look: GroupLook | null;
  /** Oneself first, then owners, admins and members by name. */
  members: GroupMember[];
}

export class GroupView {
  #found = $state.raw<Found>();
  readonly #me: number;

  /** To be made while a component is made; ends with it. `id` may change. */
  constructor(replica: Replica, id: () => string) {
    this.#me = replica.me;
    $effect(() => {
      const wanted = id();
      const subscription = liveQuery(() => readGroup(replica, wanted)).subscribe((found) => (this.#found = found));
      return () => subscription.unsubscribe();
    });
  }

  get isReady(): boolean {
    return this.#found !== undefined;
  }

  get row(): ConversationRow | null {
    return this.#found?.row ?? null;
  }

  get look(): GroupLook | null {
    return this.#found?.look ?? null;
  }

  get members(): GroupMember[] {
    return this.#found?.members ?? [];
  }

  get rights(): Rights | null {
    return this.row?.group?.rights ?? null;
  }

  /** Whether one is in it, and has not left. */
  get isMember(): boolean {
    return this.row?.open === true && this.members.some((one) => one.isMe);
  }

  get rank(): number {
    return this.row?.group && this.isMember ? rankIn(this.row.group.members, this.#me) : Infinity;
  }

  may(right: keyof Rights): boolean {
    return this.rights !== null && this.rank <= this.rights[right];
  }

  /** Owners remove admins and members, admins remove members. */
  mayRemove({ role, isMe }: GroupMember): boolean {
    return !isMe && this.rank <= ADMIN && role > this.rank;
  }

  /** Owners give roles to everybody who is no owner. */
  mayGive({ role, isMe }: GroupMember): boolean {
    return !isMe && this.rank === OWNER && role !== OWNER;
  }

  /** Somebody else has to be made an owner before one may leave. */
  get needsHeir(): boolean {
    const others = this.members.filter((one) => !one.isMe);
    return this.members.some((one) => one.isMe && one.role === OWNER) && others.length > 0 && !others.some((one) => one.role === OWNER);
  }
}

async function readGroup(replica: Replica, id: string): Promise<Found> {
  const { conversations, members, users } = replica;
  return replica.transaction("r", [conversations, members, users], async () => {
    const row = await conversations.get(id);
    if (!row) return { row: null, look: null, members: [] };
    const [present, cards] = [await members.where({ conversation: id }).toArray(), await readUsers(replica, row.users)];
    const left = row.group?.left ?? [];
    const there = (row.group?.members ?? []).filter(({ user }) => !left.includes(user));
    const listed = there.map(({ user, role }) => ({ user: cards.get(user) ?? { ...NOBODY, id: user }, role, isMe: user === replica.me }));
    return { row, look: lookAtGroup(row, present, cards, replica.me), members: listed.sort(compare) };
  });
}

const compare = (one: GroupMember, other: GroupMember): number =>
  Number(other.isMe) - Number(one.isMe) || one.role - other.role || sayUser(one.user).localeCompare(sayUser(other.user));

