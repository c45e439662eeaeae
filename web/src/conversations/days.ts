// Items as they stand on screen: rows that know their group of one sender, and the days they stand under. Pure.
import { type Item, isLost } from "./items.ts";

/** Messages of one sender with less than this between them belong together, in milliseconds. */
const TOGETHER = 5 * 60_000;

export interface Row {
  item: Item;
  date: Date;
  /** Names the day by the reader's clock. */
  day: string;
  /** First and last of a group of one sender. */
  isFirst: boolean;
  isLast: boolean;
  /** The line "unread messages" stands above it. */
  isFirstUnread: boolean;
}

export interface Day {
  key: string;
  /** When it began by the reader's clock, in milliseconds. */
  begun: number;
  rows: Row[];
}

/** Makes rows of items. The same item among the same neighbours is the same object again, so that it is not drawn anew. */
export class Rows {
  #known = new WeakMap<Item, Row>();

  /** `unread` is the seq from which messages of others are new, or null. */
  make(items: Item[], unread: number | null, me: number): Row[] {
    const rows = items.map((item) => this.#find(item));
    const first = unread === null ? undefined : items.findIndex(({ seq, from_user }) => seq >= unread && from_user !== me);
    return rows.map((row, at) => {
      const isFirst = at === first || !belongTogether(rows[at - 1], row);
      const isLast = at + 1 === first || !belongTogether(row, rows[at + 1]);
      return this.#settle(row, isFirst, isLast, at === first);
    });
  }

  #find(item: Item): Row {
    const known = this.#known.get(item);
    if (known) return known;
    const date = new Date(item.timestamp);
    const day = `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
    return { item, date, day, isFirst: false, isLast: false, isFirstUnread: false };
  }

  #settle(row: Row, isFirst: boolean, isLast: boolean, isFirstUnread: boolean): Row {
    const isSame = row.isFirst === isFirst && row.isLast === isLast && row.isFirstUnread === isFirstUnread;
    const settled = isSame ? row : { ...row, isFirst, isLast, isFirstUnread };
    this.#known.set(row.item, settled);
    return settled;
  }
}

function belongTogether(one: Row | undefined, other: Row | undefined): boolean {
  if (!one || !other || one.day !== other.day || one.item.from_user !== other.item.from_user) return false;
  if (isLost(one.item) || isLost(other.item)) return false;
  return other.date.getTime() - one.date.getTime() < TOGETHER;
}

/** A day that comes again has a key of its own: times are the server's word, and may go back. */
export function groupByDay(rows: Row[]): Day[] {
  const days: Day[] = [];
  const times = new Map<string, number>();
  for (const row of rows) {
    const last = days.at(-1);
    if (last?.rows[0]!.day === row.day) {
      last.rows.push(row);
      continue;
    }
    const time = (times.get(row.day) ?? 0) + 1;
    times.set(row.day, time);
    days.push({ key: time === 1 ? row.day : `${row.day} ${time}`, begun: new Date(row.date).setHours(0, 0, 0, 0), rows: [row] });
  }
  return days;
}
