// What can be done with a conversation as a whole, wherever it is shown.
import { t } from "../i18n/index.svelte.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import type { IconName } from "../ui/icons.ts";
import { archive, isMuted, type Keeping, markUnread, mute, pin } from "./keeping.ts";

export interface KeepingAct {
  label: string;
  icon: IconName;
  run: () => void;
}

export interface KeepingActs {
  own: OwnDatabase;
  conversation: string;
  keeping: Keeping;
  /** Asks for how long it is to be quiet. */
  askMute: () => void;
  /** Asks what one wants to be told of; only of a group. */
  askLevel: (() => void) | null;
  /** Leaves it, where it is open: what is marked as unread is not looked at. */
  leave: () => void;
}

export function listKeepingActs({ own, conversation, keeping, askMute, askLevel, leave }: KeepingActs): KeepingAct[] {
  const run = (act: Promise<void>): void => void act.catch(console.error);
  const { pinnedAt, isArchived } = keeping;
  const unread = (): void => {
    run(markUnread(own, conversation, true));
    leave();
  };
  return [
    { label: t(pinnedAt > 0 ? "inbox.unpin" : "inbox.pin"), icon: "pin-angle", run: () => run(pin(own, conversation, pinnedAt > 0 ? 0 : Date.now())) },
    isMuted(keeping, Date.now())
      ? { label: t("inbox.unmute"), icon: "bell", run: () => run(mute(own, conversation, 0)) }
      : { label: t("inbox.mute"), icon: "bell-slash", run: askMute },
    ...(askLevel ? [{ label: t("notifications.title"), icon: "bell" as const, run: askLevel }] : []),
    { label: t("inbox.markUnread"), icon: "envelope", run: unread },
    { label: t(isArchived ? "inbox.unarchive" : "inbox.archive"), icon: "archive", run: () => run(archive(own, conversation, !isArchived)) },
  ];
}
