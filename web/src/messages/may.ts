// What a person may do with a message (docs/protocol-encryption.md, 8.9): what is not allowed is not offered. Pure.
import type { Item } from "../conversations/items.ts";
import { rankIn } from "../groups/closing.ts";
import type { ConversationRow, MemberRow } from "../replica/database.ts";
import type { Kind } from "../wire/contract.ts";

/** The conversation that a message stands in, as far as it decides. */
export interface Standing {
  kind: Kind;
  /** Something can be sent. */
  isOpen: boolean;
  me: number;
  members: Pick<MemberRow, "user_id" | "role">[];
  /** By the role that one has in it. */
  mayPin: boolean;
}

export interface May {
  reply: boolean;
  react: boolean;
  edit: boolean;
  remove: boolean;
  /** Copy, forward. */
  take: boolean;
  star: boolean;
  /** Delete for oneself. */
  hide: boolean;
  pin: boolean;
  /** Of a poll. */
  vote: boolean;
  close: boolean;
}

const NOTHING: May = { reply: false, react: false, edit: false, remove: false, take: false, star: false, hide: false, pin: false, vote: false, close: false };

/** Without an owner the highest role that is there counts as one. */
function mayRemove({ from_user }: Item, { kind, me, members }: Standing): boolean {
  if (from_user === me) return true;
  if (kind !== "group") return false;
  const roleOf = (user: number): MemberRow["role"] => members.find((member) => member.user_id === user)?.role ?? "member";
  const hasOwner = members.some(({ role }) => role === "owner");
  if (roleOf(me) === "owner" || (!hasOwner && roleOf(me) === "admin")) return true;
  return roleOf(me) === "admin" && roleOf(from_user) === "member";
}

/** Whether one may pin in a conversation: in a group by one's role in its newest epoch. */
export const mayPinIn = ({ kind, group }: Pick<ConversationRow, "kind" | "group">, me: number): boolean =>
  kind !== "group" || (group !== undefined && rankIn(group.members, me) <= group.rights.pinBy);

/** Whether anything may be done with it. */
export const mayAny = (may: May): boolean => Object.values(may).includes(true);

/** Not opened yet, or never again. */
const isShut = ({ content }: Item): boolean => content.type === "closed" && (content.why === null || content.why === "lost");

/** What has no place in the log yet can only be copied. */
export function judgeMay(item: Item, standing: Standing): May {
  if (isShut(item)) return NOTHING;
  const isText = item.content.type === "text";
  const isOpenPoll = item.content.type === "poll" && item.content.closed !== true;
  const isSaid = isText || item.content.type === "poll";
  if (item.seq === 0) return { ...NOTHING, take: isText };
  const own = { ...NOTHING, take: isText, star: isSaid, hide: true };
  if (!standing.isOpen || item.content.type === "deleted") return own;
  const isOwn = item.from_user === standing.me;
  return { ...own, reply: isSaid, react: isSaid, pin: isSaid && standing.mayPin, vote: isOpenPoll, close: isOpenPoll && isOwn, edit: isText && isOwn, remove: mayRemove(item, standing) };
}
