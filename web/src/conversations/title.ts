// What a conversation and a person are called on screen.
import { drawName } from "../accounts/display-name.ts";
import type { NamedCard } from "../accounts/names.ts";
import { language, t } from "../i18n/index.svelte.ts";
import { inOneLine, isSeen } from "../lib/text.ts";
import type { ConversationRow, MemberRow } from "../replica/database.ts";
import type { Kind, UserCard } from "../wire/contract.ts";

/** Names that stand side by side; further people are counted. */
const MOST_NAMES = 3;

export function sayUser(user: UserCard | null): string {
  if (user === STRANGER) return t("inbox.unknownPerson");
  if (!user || user.deleted) return t("inbox.deletedAccount");
  return drawName(user.display_name) || user.username || t("inbox.deletedAccount");
}

/** What is seen of a title: its author may have written anything into it. Null when nothing is. */
export function readTitle(title: string | null): string | null {
  const line = inOneLine(drawName(title ?? "").replace(/\p{Cc}/gu, " "));
  return isSeen(line) ? line : null;
}

/** What is shown of a group wherever it is named. */
export interface GroupLook {
  title: string | null;
  description: string | null;
  /** The name of one of the copy's pictures. */
  picture: string | null;
  /** Members beside oneself, as far as their cards are here. */
  others: UserCard[];
  count: number;
}

/** By the newest epoch; before that is known, by what the server says. Who has left is not counted. Null of other conversations. */
export function lookAtGroup({ kind, group, state }: ConversationRow, members: readonly Pick<MemberRow, "user_id">[], users: ReadonlyMap<number, UserCard>, me: number): GroupLook | null {
  if (kind !== "group") return null;
  const there = group ? group.members.map((one) => one.user).filter((user) => !group.left.includes(user)) : members.map((one) => one.user_id);
  const others = there.filter((user) => user !== me).flatMap((user) => users.get(user) ?? []);
  const { title, description, picture } = state ?? { title: null, description: null, picture: null };
  return { title: readTitle(title), description, picture, others, count: there.length };
}

/** "Ada, Bob and Carol"; of many the first, and how many more. */
export function listNames(names: string[]): string {
  const list = new Intl.ListFormat(language.locale === "pseudo" ? "en" : language.locale, { type: "conjunction" });
  if (names.length <= MOST_NAMES + 1) return list.format(names);
  return t("groups.namesAndMore", { names: names.slice(0, MOST_NAMES).join(t("groups.comma")), count: names.length - MOST_NAMES });
}

/** A group without a title is called by its people. */
export function sayGroup({ title, others }: GroupLook): string {
  return title ?? (others.length === 0 ? t("groups.onlyYou") : listNames(others.map(sayUser)));
}

export function sayTitle(kind: Kind, other: UserCard | null, group: GroupLook | null): string {
  if (group !== null) return sayGroup(group);
  return kind === "self" ? t("inbox.notes") : sayUser(other);
}

/** Stands for somebody whose card has not arrived. */
export const NOBODY: UserCard = { id: 0, username: "", display_name: "", avatar_id: null, deleted: true };

/** Whom a conversation is with of which the server says what cannot be, before an epoch tells. */
const STRANGER: UserCard = { ...NOBODY };

/** The other person of a direct conversation. */
export function findOther({ kind, users, is_strange }: ConversationRow, cards: ReadonlyMap<number, NamedCard>, me: number): NamedCard | null {
  const other = kind === "direct" ? users.find((user) => user !== me) : undefined;
  if (other !== undefined) return cards.get(other) ?? null;
  return kind === "direct" && is_strange ? STRANGER : null;
}
