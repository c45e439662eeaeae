// Times as people say them, in the reader's language and time zone, by Intl. Words that Intl has no pattern for
// ("last seen …") come from the message catalogue; this file only says which of them fits.

const MINUTE = 60_000;
const DAY = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale, options)));
  return found;
}

/** Calendar days from `time` to `now` in local time: 0 today, 1 yesterday, negative in the future. */
export function daysBetween(time: Date, now: Date): number {
  const midnight = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(now) - midnight(time)) / DAY);
}

const CLOCK = { timeStyle: "short" } as const;
let clock: { locale: string; format: Intl.DateTimeFormat } | undefined;

/** 14:05 (or 2:05 PM where that is usual). Every message has one: the format is at hand. */
export function formatClock(time: Date, locale: string): string {
  if (clock?.locale !== locale) clock = { locale, format: format(locale, CLOCK) };
  return clock.format.format(time);
}

/** "today", "yesterday" in the language, as it stands inside a sentence. */
export function formatRelativeDay(days: number, locale: string): string {
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day");
}

function capitalise(text: string, locale: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}

/** For a list row: 14:05 today, Yesterday, Mon, 12 Mar, 12 Mar 2024. */
export function formatListTime(time: Date, locale: string, now = new Date()): string {
  const days = daysBetween(time, now);
  if (days <= 0) return formatClock(time, locale);
  if (days === 1) return capitalise(formatRelativeDay(1, locale), locale);
  if (days < 7) return format(locale, { weekday: "short" }).format(time);
  return formatDate(time, locale, now, "short");
}

/** For a day separator: Today, Yesterday, Monday, 12 March, 12 March 2024. */
export function formatDay(time: Date, locale: string, now = new Date()): string {
  const days = daysBetween(time, now);
  if (days === 0 || days === 1) return capitalise(formatRelativeDay(days, locale), locale);
  if (days > 1 && days < 7) return format(locale, { weekday: "long" }).format(time);
  return formatDate(time, locale, now, "long");
}

function formatDate(time: Date, locale: string, now: Date, month: "short" | "long"): string {
  const isThisYear = time.getFullYear() === now.getFullYear();
  return format(locale, { day: "numeric", month, ...(isThisYear ? {} : { year: "numeric" }) }).format(time);
}

/** Exact local time with seconds and time zone, for hover and long press. */
export function formatExact(time: Date, locale: string): string {
  return format(locale, { dateStyle: "full", timeStyle: "long" }).format(time);
}

export type Ago =
  | { unit: "now" }
  | { unit: "minutes"; text: string }
  | { unit: "day"; day: string; clock: string }
  | { unit: "date"; date: string };

/** Which way "last seen" is said: now, minutes ago, a day with its time (today to a week), a date. */
export function describeAgo(time: Date, locale: string, now = new Date()): Ago {
  const past = now.getTime() - time.getTime();
  if (past < MINUTE) return { unit: "now" };
  if (past < 60 * MINUTE) {
    const minutes = Math.floor(past / MINUTE);
    return { unit: "minutes", text: new Intl.RelativeTimeFormat(locale).format(-minutes, "minute") };
  }
  const days = daysBetween(time, now);
  const clock = formatClock(time, locale);
  if (days <= 1) return { unit: "day", day: formatRelativeDay(days, locale), clock };
  if (days < 7) return { unit: "day", day: format(locale, { weekday: "long" }).format(time), clock };
  return { unit: "date", date: formatDate(time, locale, now, "long") };
}
