// Which conversations call for attention. Pure.
import type { Keeping } from "../private/keeping.ts";

export const LEVELS = ["all", "mentions", "none"] as const;

/** Of a conversation: what one wants to be told of. */
export type Level = (typeof LEVELS)[number];

/** Another form than its own is as if it were not there. */
export const readLevel = (value: unknown): Level => LEVELS.find((level) => level === value) ?? "all";

/** What of a conversation calls now (ms): what is muted or archived is quiet. */
export function levelNow({ mutedUntil, isArchived, level }: Pick<Keeping, "mutedUntil" | "isArchived" | "level">, now: number): Level {
  return mutedUntil > now || isArchived ? "none" : level;
}
