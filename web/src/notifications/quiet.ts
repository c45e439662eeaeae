// Until when somebody is not to be disturbed. Pure.
import type { Fields } from "../crypto/private-change.ts";

/** Milliseconds until which nothing is told, Infinity for good; 0 for a time that is over or was never set. */
export function readQuiet({ quiet }: Fields = {}): number {
  return quiet === true ? Infinity : typeof quiet === "number" && quiet > 0 ? quiet : 0;
}

/** The next time that it is this hour, in milliseconds. */
export function nextHour(hour: number, now: Date): number {
  const day = now.getHours() < hour ? 0 : 1;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + day, hour).getTime();
}
