// Notifications of the browser: one for each conversation, of what came last. By the service worker where there is one (a phone's browser
// knows no other way), else by the page.
import { cutGraphemes } from "../lib/text.ts";
import { onceAmongTabs } from "../lib/once.ts";
import { navigation } from "../shell/navigation.svelte.ts";

export interface Notified {
  conversation: string;
  seq: number;
  title: string;
  text: string;
}

/** What is said at most, in graphemes. */
const TITLE = 80;
const TEXT = 200;
/** Milliseconds until every tab has looked at a message, also one that the browser has slowed down. */
const HELD = 5000;

/** Those of this page, which only it can close. */
const own = new Map<string, Notification>();

/** A tab that is seen takes the right to tell of a message, so that none does. */
export function takeSilently(client_id: string): void {
  void onceAmongTabs(`notification ${client_id}`, HELD, () => undefined).catch(console.warn);
}

/** Shows it unless a tab that is seen, or another one, has taken it. */
export function notifyOnce(client_id: string, said: Notified): Promise<void> {
  return onceAmongTabs(`notification ${client_id}`, HELD, () => show(said));
}

async function show({ conversation, seq, title, text }: Notified): Promise<void> {
  const path = `/c/${conversation}#${seq}`;
  // A later message takes the place of the one before, and calls again: the sound is Hearth's own.
  const options = { body: cutGraphemes(text, TEXT), tag: conversation, renotify: true, silent: true, icon: "/icon-192.png", data: path } as NotificationOptions;
  const name = cutGraphemes(title, TITLE);
  const registration = await findWorker();
  if (registration) return registration.showNotification(name, options);
  const notification = new Notification(name, options);
  own.set(conversation, notification);
  notification.onclick = () => {
    window.focus();
    notification.close();
    navigation.go(path);
  };
}

/** What is read is told of no more. */
export async function closeNotifications(conversation: string): Promise<void> {
  own.get(conversation)?.close();
  own.delete(conversation);
  for (const one of (await (await findWorker())?.getNotifications({ tag: conversation })) ?? []) one.close();
}

async function findWorker(): Promise<ServiceWorkerRegistration | undefined> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const registration = await workers?.getRegistration();
  return registration?.active ? registration : undefined;
}

/** Goes where the service worker says that somebody pressed; until the end that is returned. */
export function followPressed(): () => void {
  const ends = new AbortController();
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const go = ({ data }: MessageEvent<unknown>): void => {
    const path = (data as { go?: unknown } | null)?.go;
    if (typeof path === "string") navigation.go(path);
  };
  workers?.addEventListener("message", go, { signal: ends.signal });
  return () => ends.abort();
}
