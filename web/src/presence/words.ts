// Presence as a person would say it. Nothing is said of who does not show it.
import { language, t } from "../i18n/index.svelte.ts";
import { describeAgo } from "../lib/time.ts";
import type { Presence } from "../wire/contract.ts";

export function sayPresence(state: Presence | undefined, now: Date): string {
  if (!state) return "";
  if (state.status !== "offline") return t(state.status === "online" ? "ui.online" : "ui.away");
  if (!state.last_seen) return "";
  const ago = describeAgo(new Date(state.last_seen), language.tag, now);
  switch (ago.unit) {
    case "now":
      return t("messages.lastSeenNow");
    case "minutes":
      return t("messages.lastSeenAgo", { ago: ago.text });
    case "day":
      return t("messages.lastSeenDay", { day: ago.day, time: ago.clock });
    case "date":
      return t("messages.lastSeenDate", { date: ago.date });
  }
}
