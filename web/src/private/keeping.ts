// How one keeps a conversation: muted, archived, pinned (kind 1 of docs/protocol-encryption.md, 6.4).
import { type Fields, PRIVATE_KEEPING } from "../crypto/private-change.ts";
import { type Level, readLevel } from "../notifications/level.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import { change } from "./private.ts";

export interface Keeping {
  /** Milliseconds until which it is quiet, Infinity for good; 0 for what is not. */
  mutedUntil: number;
  isArchived: boolean;
  /** When it was pinned, in milliseconds; 0 for what is not. */
  pinnedAt: number;
  /** The person has marked it as unread. */
  isMarked: boolean;
  /** What one wants to be told of while it is not muted. */
  level: Level;
}

/** Fields of another form than their own are as if they were not there. */
export function readKeeping(fields: Fields | undefined): Keeping {
  const { muted, notify, archived, pinned, unread } = fields ?? {};
  const time = (value: unknown): number => (typeof value === "number" && value > 0 ? value : 0);
  return { mutedUntil: muted === true ? Infinity : time(muted), isArchived: archived === true, pinnedAt: time(pinned), isMarked: unread === true, level: readLevel(notify) };
}

/** `now` in milliseconds. */
export const isMuted = ({ mutedUntil }: Keeping, now: number): boolean => mutedUntil > now;

const keep = (own: OwnDatabase, conversation: string, fields: Fields): Promise<void> => change(own, PRIVATE_KEEPING, conversation, { set: fields });

/** `until` in milliseconds, Infinity for good, 0 to end it. */
export const mute = (own: OwnDatabase, conversation: string, until: number): Promise<void> =>
  keep(own, conversation, { muted: until === 0 ? null : until === Infinity ? true : until });

export const setLevel = (own: OwnDatabase, conversation: string, level: Level): Promise<void> => keep(own, conversation, { notify: level === "all" ? null : level });

/** What is archived is pinned no more. */
export const archive = (own: OwnDatabase, conversation: string, isArchived: boolean): Promise<void> =>
  keep(own, conversation, isArchived ? { archived: true, pinned: null } : { archived: null });

export const pin = (own: OwnDatabase, conversation: string, at: number): Promise<void> => keep(own, conversation, { pinned: at || null });

export const markUnread = (own: OwnDatabase, conversation: string, isMarked: boolean): Promise<void> => keep(own, conversation, { unread: isMarked || null });
