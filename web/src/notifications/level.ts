// Which messages call for attention. Pure.
export const LEVELS = ["all", "mentions", "none"] as const;

/** Of a conversation: what one wants to be told of. */
export type Level = (typeof LEVELS)[number];

/** Another form than its own is as if it were not there. */
export const readLevel = (value: unknown): Level => LEVELS.find((level) => level === value) ?? "all";

/** Whether a message is to be told of. `calls`: it mentions the person; undefined before it is known. */
export function isTold(level: Level, calls: boolean | undefined): boolean | undefined {
  return level === "mentions" ? calls : level === "all";
}
