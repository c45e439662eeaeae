// Names in a row, as they are said: oneself first.
import { t } from "../i18n/index.svelte.ts";

interface Formatting {
  format(names: string[]): string;
}
// COMPAT(until Safari 14.1 is the oldest): no Intl.ListFormat there.
const ListFormat = (Intl as { ListFormat?: new (locale: string, options: object) => Formatting }).ListFormat;

/** More are said as a number by what stands beside it. */
const MOST = 12;

export function sayPeople(users: number[], me: number, sayName: (user: number) => string, locale: string): string {
  const others = users.filter((user) => user !== me).map(sayName);
  const names = [...(users.includes(me) ? [t("messages.youInList")] : []), ...others].slice(0, MOST);
  return ListFormat ? new ListFormat(locale, { type: "conjunction" }).format(names) : names.join(", ");
}
