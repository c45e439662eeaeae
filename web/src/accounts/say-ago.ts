// "5 minutes ago", "yesterday, 14:05", "12 March": how long ago something was, in the person's language.
import { language, t } from "../i18n/index.svelte.ts";
import { describeAgo } from "../lib/time.ts";

export function sayAgo(time: Date, now = new Date()): string {
  const ago = describeAgo(time, language.tag, now);
  if (ago.unit === "now") return t("accounts.justNow");
  if (ago.unit === "minutes") return ago.text;
  return ago.unit === "day" ? t("accounts.dayAt", { day: ago.day, clock: ago.clock }) : ago.date;
}
