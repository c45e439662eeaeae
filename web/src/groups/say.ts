// What happened to a group, in words: one sentence for each thing that somebody did.
import type { StateRow } from "../crypto/group-state.ts";
import type { GroupLine } from "../conversations/lines.ts";
import { listNames, readTitle } from "../conversations/title.ts";
import { t } from "../i18n/index.svelte.ts";
import type { GroupEvent } from "./event.ts";
import { ADMIN, OWNER } from "./groups.ts";

export interface Names {
  me: number;
  say: (user: number) => string;
}

/** More people than this are only counted. */
const MOST_NAMED = 5;

/** People as they stand in a sentence. Oneself is named by the sentence: `you` is for lists in which others are, too. */
function sayPeople(users: number[], { me, say }: Names): string {
  if (users.length > MOST_NAMED) return t("groups.people", { count: users.length });
  return listNames(users.map((user) => (user === me ? t("groups.you") : say(user))));
}

const isMe = (users: number[], me: number): boolean => users.length === 1 && users[0] === me;

function sayCreated(by: number, users: number[], names: Names): string {
  const name = names.say(by);
  if (users.length === 0) return by === names.me ? t("groups.createdAloneByYou") : t("groups.createdAlone", { name });
  const people = sayPeople(users, names);
  return by === names.me ? t("groups.createdByYou", { people }) : t("groups.created", { name, people });
}

function sayAdded(by: number, users: number[], hasHistory: boolean, names: Names): string {
  const [name, people] = [names.say(by), sayPeople(users, names)];
  if (by === names.me) return hasHistory ? t("groups.addedByYouWithHistory", { people }) : t("groups.addedByYou", { people });
  if (isMe(users, names.me)) return hasHistory ? t("groups.addedYouWithHistory", { name }) : t("groups.addedYou", { name });
  return hasHistory ? t("groups.addedWithHistory", { name, people }) : t("groups.added", { name, people });
}

function sayRemoved(by: number, users: number[], names: Names): string {
  const [name, people] = [names.say(by), sayPeople(users, names)];
  if (by === names.me) return t("groups.removedByYou", { people });
  return isMe(users, names.me) ? t("groups.removedYou", { name }) : t("groups.removed", { name, people });
}

/** Somebody lowers themselves. */
function sayLowered(user: number, was: number, names: Names): string {
  const name = names.say(user);
  if (was === OWNER) return user === names.me ? t("groups.noOwnerYou") : t("groups.noOwner", { name });
  return user === names.me ? t("groups.noAdminYou") : t("groups.noAdmin", { name });
}

function sayRole(by: number, { user, role, was }: { user: number; role: number; was: number }, names: Names): string {
  if (user === by) return sayLowered(user, was, names);
  const [name, other] = [names.say(by), names.say(user)];
  if (role === OWNER) {
    if (by === names.me) return t("groups.ownerByYou", { other });
    return user === names.me ? t("groups.ownerYou", { name }) : t("groups.owner", { name, other });
  }
  if (role === ADMIN) {
    if (by === names.me) return t("groups.adminByYou", { other });
    return user === names.me ? t("groups.adminYou", { name }) : t("groups.admin", { name, other });
  }
  if (by === names.me) return t("groups.memberByYou", { other });
  return user === names.me ? t("groups.memberYou", { name }) : t("groups.member", { name, other });
}

function sayState(by: number, { title: said, description, picture, changes }: StateRow, names: Names): string[] {
  const name = names.say(by);
  const title = readTitle(said);
  const isOwn = by === names.me;
  const say = {
    title: (): string => {
      if (title === null) return isOwn ? t("groups.untitledByYou") : t("groups.untitled", { name });
      return isOwn ? t("groups.titledByYou", { title }) : t("groups.titled", { name, title });
    },
    description: (): string => {
      if (description === null) return isOwn ? t("groups.undescribedByYou") : t("groups.undescribed", { name });
      return isOwn ? t("groups.describedByYou") : t("groups.described", { name });
    },
    picture: (): string => {
      if (picture === null) return isOwn ? t("groups.unpicturedByYou") : t("groups.unpictured", { name });
      return isOwn ? t("groups.picturedByYou") : t("groups.pictured", { name });
    },
  };
  return changes.map((field) => say[field]());
}

function sayEvent(by: number, event: GroupEvent, names: Names): string[] {
  const isOwn = by === names.me;
  const name = names.say(by);
  switch (event.what) {
    case "created":
      return [sayCreated(by, event.users, names)];
    case "added":
      return [sayAdded(by, event.users, event.hasHistory, names)];
    case "removed":
      return [sayRemoved(by, event.users, names)];
    case "left":
      return [isOwn ? t("groups.leftYou") : t("groups.left", { name })];
    case "roles":
      return event.roles.map((one) => sayRole(by, one, names));
    case "rights":
      return [isOwn ? t("groups.rightsByYou") : t("groups.rightsChanged", { name })];
  }
}

export function sayLine({ user, did }: GroupLine, names: Names): string[] {
  return did.what === "state" ? sayState(user, did.state, names) : sayEvent(user, did, names);
}
