// The worker that holds the keys: everything that is signed or opened happens here, and goes to the server from here.
import { HttpAccountServer } from "../account/http-server.ts";
import { HttpConversationServer } from "../conversations/http-server.ts";
import { IndexedConversations } from "./indexed-conversations.ts";
import { IndexedKeyStore } from "./indexed-store.ts";
import type { Ask } from "./messages.ts";
import { serve, type Surroundings } from "./serve.ts";

const stores = new Map<number, IndexedKeyStore>();

function openStore(user: number): IndexedKeyStore {
  const store = stores.get(user) ?? new IndexedKeyStore(user);
  stores.set(user, store);
  return store;
}

const surroundings: Surroundings = {
  reach: (user, deviceName) => new HttpAccountServer(user, deviceName),
  openStore,
  reachConversations: () => new HttpConversationServer(),
  openConversations: (user) => new IndexedConversations(openStore(user)),
  locks: (navigator as { locks?: LockManager }).locks,
  now: () => Date.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** One after the other, also where there are no locks. */
let line: Promise<unknown> = Promise.resolve();

self.addEventListener("message", (event: MessageEvent<Ask>) => {
  line = line.then(async () => self.postMessage(await serve(surroundings, event.data)));
});
