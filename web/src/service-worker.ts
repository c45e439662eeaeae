// The service worker: keeps one version of the shell, so that Hearth opens offline. It never answers for /api or
// /socket.io, and keeps nothing but the files of the build. Whoever presses a notification is led to its message. build/service-worker.ts fills in version and files.
import { isOwnPage } from "./own-pages.ts";

interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Pressing extends Lasting {
  readonly notification: { readonly data: unknown; close(): void };
}
interface Page {
  readonly url: string;
  readonly visibilityState: string;
  focus(): Promise<unknown>;
  postMessage(message: { go: string }): void;
}
interface Worker {
  readonly location: Location;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(of: { type: "window"; includeUncontrolled: true }): Promise<readonly Page[]>;
    openWindow(path: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Lasting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "notificationclick", listener: (event: Pressing) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

const worker = self as unknown as Worker;
const PREFIX = "hearth-shell-";
const CACHE = PREFIX + "__SHELL_VERSION__";
const FILES = JSON.parse("__SHELL_FILES__") as string[];

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the HTTP cache for the page itself, which keeps its name; the others carry their hash.
  await cache.addAll(FILES.map((file) => new Request(file, { cache: file.startsWith("/assets/") ? "default" : "reload" })));
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  await worker.clients.claim();
}

async function answerPage(request: Request): Promise<Response> {
  const page = await (await caches.open(CACHE)).match("/");
  return page ?? fetch(request);
}

async function answerFile(request: Request): Promise<Response> {
  const file = await (await caches.open(CACHE)).match(request, { ignoreSearch: true, ignoreVary: true });
  return file ?? fetch(request);
}

/** In a page that is open, else in a new one. */
async function goTo(path: string): Promise<void> {
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const pages = windows.filter(({ url }) => isOwnPage(new URL(url).pathname));
  const page = pages.find(({ visibilityState }) => visibilityState === "visible") ?? pages[0];
  if (!page) return void (await worker.clients.openWindow(path));
  // A browser may refuse the focus; the message is shown all the same.
  await page.focus().catch(() => undefined);
  page.postMessage({ go: path });
}

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  if (typeof event.notification.data === "string") event.waitUntil(goTo(event.notification.data));
});
worker.addEventListener("message", (event) => {
  if (event.data === "activate") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (event.request.mode === "navigate") {
    if (isOwnPage(url.pathname)) event.respondWith(answerPage(event.request));
    return;
  }
  if (FILES.includes(url.pathname)) event.respondWith(answerFile(event.request));
});
