// The service worker: keeps one version of the shell, so that Hearth opens offline. It never answers for /api or
// /socket.io, and keeps nothing but the files of the build. build/service-worker.ts fills in version and files.
import { isOwnPage } from "./own-pages.ts";

interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Worker {
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Lasting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
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

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
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
