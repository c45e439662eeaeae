// What somebody did to a group, as lines say it. Pure.
import type { ToldAct } from "../crypto/conversations/group-standing.ts";

/** `was` is 0 where it is not known. */
export type GroupEvent =
  | { what: "created" | "removed"; users: number[] }
  | { what: "added"; users: number[]; hasHistory: boolean }
  | { what: "left" | "rights" }
  | { what: "roles"; roles: { user: number; role: number; was: number }[] };

/** Null: nothing that is worth a line. */
export function toEvent(act: ToldAct, by: number): GroupEvent | null {
  if (act === "left") return { what: "left" };
  const { action, targets, historyFrom, before, after } = act;
  const users = targets.map((one) => one.user);
  const wasOf = (user: number): number => before.find((one) => one.user === user)?.role ?? 0;
  switch (action) {
    case "create":
      return { what: "created", users: after.map((one) => one.user).filter((user) => user !== by) };
    case "add":
      return { what: "added", users, hasHistory: historyFrom > 0 };
    case "remove": {
      // Who left is said where they did.
      const removed = targets.filter(({ cause }) => cause.every((byte) => byte === 0)).map((one) => one.user);
      return removed.length === 0 ? null : { what: "removed", users: removed };
    }
    case "role":
      return { what: "roles", roles: targets.map(({ user, role }) => ({ user, role, was: wasOf(user) })) };
    case "settings":
      return { what: "rights" };
    default:
      return null;
  }
}
