// Items as they stand on screen: by day, and within a day in groups of one sender. Pure.
import type { Item } from "./items.ts";

/** Messages of one sender with less than this between them belong together, in milliseconds. */
const TOGETHER = 5 * 60_000;

export interface Row {
  item: Item;
  /** First and last of a group of one sender. */
  isFirst: boolean;
  isLast: boolean;
  /** The line "unread messages" stands above it. */
  isFirstUnread: boolean;
}

export interface Day {
  key: string;
  date: Date;
  rows: Row[];
}

/** `unread` is the seq from which messages of others are new, or null. */
export function groupByDay(items: Item[], unread: number | null, me: number): Day[] {
  const days: Day[] = [];
  let before: Row | undefined;
  let isMarked = unread === null;
  for (const item of items) {
    const date = new Date(item.timestamp);
    const key = `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
    let day = days.at(-1);
    if (day?.key !== key) {
      day = { key, date, rows: [] };
      days.push(day);
      before = undefined;
    }
    const isFirstUnread = !isMarked && item.seq >= unread! && item.from_user !== me;
    isMarked ||= isFirstUnread;
    const isFirst = isFirstUnread || !before || !belongTogether(before.item, item);
    if (!isFirst) before!.isLast = false;
    before = { item, isFirst, isLast: true, isFirstUnread };
    day.rows.push(before);
  }
  return days;
}

function belongTogether(one: Item, other: Item): boolean {
  return one.from_user === other.from_user && Date.parse(other.timestamp) - Date.parse(one.timestamp) < TOGETHER;
}
