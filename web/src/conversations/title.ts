// What a conversation and a person are called on screen.
import { drawName } from "../accounts/display-name.ts";
import { t } from "../i18n/index.svelte.ts";
import type { Kind, UserCard } from "../wire/contract.ts";

export function sayUser(user: UserCard | null): string {
  if (!user || user.deleted) return t("inbox.deletedAccount");
  return drawName(user.display_name) || user.username || t("inbox.deletedAccount");
}

export function sayTitle(kind: Kind, other: UserCard | null): string {
  return kind === "self" ? t("inbox.notes") : sayUser(other);
}

/** Stands for somebody whose card has not arrived. */
export const NOBODY: UserCard = { id: 0, username: "", display_name: "", avatar_id: null, deleted: true };
