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

/** What is shown of each conversation, as far as this page knows: the seq; and those that the page itself shows. */
const shown = new Map<string, number>();
const own = new Map<string, Notification>();

/** A tab that is seen takes the right to tell of a message, so that none does. */
export function takeSilently(name: string): void {
  void onceAmongTabs(`notification ${name}`, HELD, () => undefined).catch(console.warn);
}

/** Shows it unless a tab that is seen, or another one, has taken it. */
export function notifyOnce(name: string, said: Notified): Promise<void> {
  return onceAmongTabs(`notification ${name}`, HELD, () => show(said));
}

async function show({ conversation, seq, title, text }: Notified): Promise<void> {
  const path = `/c/${conversation}#${seq}`;
  // A later message takes the place of the one before, and calls again: the sound is Hearth's own.
  const options = { body: cutGraphemes(text, TEXT), tag: conversation, renotify: true, silent: true, icon: "/icon-192.png", data: path } as NotificationOptions;
  const name = cutGraphemes(title, TITLE);
  shown.set(conversation, seq);
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

/** Learns what stands there from an earlier page. */
export async function learnShown(): Promise<void> {
  for (const { tag, data } of (await (await findWorker())?.getNotifications()) ?? []) shown.set(tag, Number(String(data).split("#")[1]));
}

/** Closes those of which this says that they are over: read, deleted, or of a conversation that is gone. */
export async function closeOver(isOver: (conversation: string, seq: number) => boolean): Promise<void> {
  const over = [...shown].filter(([conversation, seq]) => isOver(conversation, seq)).map(([conversation]) => conversation);
  for (const conversation of over) await close(conversation);
}

async function close(conversation: string): Promise<void> {
  shown.delete(conversation);
  own.get(conversation)?.close();
  own.delete(conversation);
  for (const one of (await (await findWorker())?.getNotifications({ tag: conversation })) ?? []) one.close();
}

/** Nothing is left of them when somebody signs out. */
export async function closeAll(): Promise<void> {
  await learnShown();
  await closeOver(() => true);
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
