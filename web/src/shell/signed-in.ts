// What runs while somebody is signed in: one client (local copy and connection), which every page finds in its context.
import { createContext } from "svelte";

import { Avatars } from "../accounts/avatars.svelte.ts";
import { Me } from "../accounts/me.svelte.ts";
import { session } from "../accounts/session.svelte.ts";
import { Friends } from "../friends/friends.svelte.ts";
import { type PlainKey, t } from "../i18n/index.svelte.ts";
import { Inbox } from "../inbox/inbox.svelte.ts";
import { Typing } from "../messages/typing.svelte.ts";
import { AwayWatch } from "../presence/away.ts";
import { Presence } from "../presence/presence.svelte.ts";
import { Client, type EndReason } from "../sync/client.ts";
import type { Session } from "../wire/contract.ts";
import { get, ProblemError } from "../wire/http.ts";
import type { ConnectionState } from "../wire/socket.ts";
import { connection } from "./connection.svelte.ts";
import { storage } from "./storage.svelte.ts";
import { toasts } from "./toasts.svelte.ts";
import { update } from "./update.svelte.ts";

export interface SignedIn {
  client: Client;
  me: Me;
  avatars: Avatars;
  friends: Friends;
  inbox: Inbox;
  presence: Presence;
  typing: Typing;
  stop: () => void;
}

export const [getSignedIn, setSignedIn] = createContext<SignedIn>();

const ENDED: Partial<Record<EndReason, PlainKey>> = {
  revoked: "accounts.endedRevoked",
  password_changed: "accounts.endedPassword",
  deleted: "accounts.endedDeleted",
  disabled: "accounts.endedDisabled",
  expired: "problems.notSignedIn",
  unknown: "problems.notSignedIn",
};

async function checkSession(): Promise<"valid" | "ended" | "unknown"> {
  try {
    await get<Session>("/api/session");
    return "valid";
  } catch (error) {
    return error instanceof ProblemError && error.problem.code === "not_signed_in" ? "ended" : "unknown";
  }
}

/** The cookie is another user's now (signed in elsewhere in this browser): become that user. */
async function adopt(): Promise<void> {
  try {
    session.begin(await get<Session>("/api/session"));
  } catch {
    session.end();
  }
}

function follow(state: ConnectionState): void {
  if (state === "too_old") void update.reloadStale();
  connection.state = state === "online" ? "connected" : state === "connecting" ? "connecting" : "away";
}

/** Removes the local copy. What was not sent stays for the same user's next sign-in, unless the account is gone. */
export async function forgetCopy(client: Client, isGone: boolean): Promise<void> {
  const unsent = isGone ? 0 : await client.own.outbox.count().catch(() => 0);
  await client.forget(unsent === 0).catch(console.error);
}

/** Starts the client of the current session. Call it once per mounted frame; `stop` ends it. */
export function startClient(): SignedIn {
  const { user, device } = session.current!;
  const client = new Client({
    user: user.id,
    device: device.id,
    locks: navigator.locks,
    checkSession,
    ended: (reason) => {
      void forgetCopy(client, reason === "deleted").finally(() => session.end());
      const key = ENDED[reason];
      if (key) toasts.show(t(key));
    },
    foreign: () => void adopt(),
    failed: (error) => storage.fail(error),
    works: () => storage.work(),
    lost: () => storage.restart(),
    outdated: () => (update.isReady = true),
    made: () => storage.made(device.id),
  });
  const states = {
    me: new Me(client.replica),
    avatars: new Avatars(client.replica),
    friends: new Friends(client.replica),
    inbox: new Inbox(client.replica, client.own),
    presence: new Presence(client),
    typing: new Typing(client.socket),
  };
  const away = new AwayWatch(client.socket.call.bind(client.socket), { document, window });
  const ends = [
    client.socket.onState(follow),
    listenForNetwork(client),
    client.onOpened(() => away.tellAgain()),
    away.start(),
  ];
  client.start();
  const stop = (): void => {
    for (const end of ends) end();
    for (const state of Object.values(states)) state.stop();
    client.stop();
  };
  return { client, ...states, stop };
}

/** Coming back (network, tab shown) tries at once instead of waiting for the next retry. */
function listenForNetwork(client: Client): () => void {
  const retry = (): void => {
    if (document.visibilityState === "visible") client.socket.connect();
  };
  addEventListener("online", retry);
  document.addEventListener("visibilitychange", retry);
  return () => {
    removeEventListener("online", retry);
    document.removeEventListener("visibilitychange", retry);
  };
}
