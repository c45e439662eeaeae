// Why somebody cannot write into a group. Pure.
import type { ConversationRow } from "../replica/database.ts";

export type Closing = "left" | "outside" | "readers";

/** A lower number is a higher role; of a group without an owner the highest role counts as one (docs/protocol-encryption.md, 7.4). */
export function rankIn(members: readonly { user: number; role: number }[], user: number): number {
  const role = members.find((one) => one.user === user)?.role;
  return role === Math.min(...members.map((one) => one.role)) ? 1 : (role ?? Infinity);
}

export function findClosing({ open, group }: Pick<ConversationRow, "open" | "group">, me: number): Closing | null {
  if (group?.left.includes(me)) return "left";
  if (!open) return "outside";
  return group && rankIn(group.members, me) > group.rights.postBy ? "readers" : null;
}
