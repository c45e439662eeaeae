// What runs while somebody is signed in: one client (local copy and connection), which every page finds in its context.
import { createContext } from "svelte";

import { Avatars } from "../accounts/avatars.svelte.ts";
import { Me } from "../accounts/me.svelte.ts";
import { session } from "../accounts/session.svelte.ts";
import { noteWaiting } from "../accounts/unsent.ts";
import { Friends } from "../friends/friends.svelte.ts";
import { Groups } from "../groups/groups.ts";
import { StateWatch } from "../groups/watch.ts";
import { t } from "../i18n/index.svelte.ts";
import { Inbox } from "../inbox/inbox.svelte.ts";
import { askAbout, askKeys, forgetKeys, placeOf } from "../keys/ask.ts";
import type { DeskChannel } from "../keys/desk.ts";
import { Keys } from "../keys/keys.svelte.ts";
import { KeysWatch } from "../keys/watch.ts";
import { Typing } from "../messages/typing.svelte.ts";
import { AwayWatch } from "../presence/away.ts";
import { PrivateWatch } from "../private/watch.ts";
import { Notifying } from "../notifications/notifying.svelte.ts";
import { closeAll } from "../notifications/show.ts";
import { Quiet } from "../notifications/quiet.svelte.ts";
import { Presence } from "../presence/presence.svelte.ts";
import { Client, type EndReason } from "../sync/client.ts";
import { Trust } from "../trust/trust.svelte.ts";
import { TrustWatch } from "../trust/watch.ts";
import type { Session } from "../wire/contract.ts";
import { get, ProblemError } from "../wire/http.ts";
import type { ConnectionState } from "../wire/socket.ts";
import { connection } from "./connection.svelte.ts";
import { calm, nextFrame } from "./pace.ts";
import { storage } from "./storage.svelte.ts";
import { toasts } from "./toasts.svelte.ts";
import { update } from "./update.svelte.ts";

export interface SignedIn {
  client: Client;
  me: Me;
  avatars: Avatars;
  friends: Friends;
  groups: Groups;
  inbox: Inbox;
  keys: Keys;
  keysWatch: KeysWatch;
  presence: Presence;
  notifying: Notifying;
  quiet: Quiet;
  trust: Trust;
  typing: Typing;
  stop: () => void;
}

export const [getSignedIn, setSignedIn] = createContext<SignedIn>();

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

/**
 * Removes the local copy and this device's keys. What was not sent stays for the same user's next sign-in, unless the account is gone or the
 * person asked for it; so does what is sealed where a server does not know the session, as a restored one may not.
 */
export async function forgetCopy(client: Client, why: "asked" | EndReason): Promise<void> {
  const isAsked = why === "asked";
  const kept = isAsked || why === "deleted" ? [] : await client.own.outbox.toArray().catch(() => null);
  if (kept) noteWaiting(client.replica.me, kept.filter((row) => row.state === "waiting").length);
  await closeAll().catch(console.warn);
  if (session.current) await forgetKeys(session.current, isAsked);
  await client.forget(kept?.length === 0, why === "unknown").catch(console.error);
}

const openDesk = (name: string, user: number): DeskChannel | undefined => ("BroadcastChannel" in globalThis ? new BroadcastChannel(`hearth ${name} ${user}`) : undefined);

/** Starts the client of the current session. Call it once per mounted frame; `stop` ends it. */
export function startClient(): SignedIn {
  const { user, device } = session.current!;
  const client = new Client({
    user: user.id,
    device: device.id,
    locks: navigator.locks as LockManager | undefined,
    openChannel: "BroadcastChannel" in globalThis ? (name) => new BroadcastChannel(name) : undefined,
    isVisible: () => document.visibilityState === "visible",
    checkSession,
    askKeys: askAbout(session.current!),
    ended: (reason) => {
      void forgetCopy(client, reason).finally(() => session.end(reason));
      // To whoever comes later an account that is gone is nothing to sign in to.
      if (reason === "deleted") toasts.show(t("accounts.endedDeleted"));
    },
    foreign: () => void adopt(),
    storage: (trouble) => storage.tell(trouble),
    lost: () => storage.restart(),
    outdated: () => (update.isReady = true),
    made: () => storage.made(device.id),
  });
  const leading = { session: session.current!, isLeading: () => client.tabs.isLeading };
  const states = {
    me: new Me(client.replica),
    avatars: new Avatars(client.replica),
    friends: new Friends(client.replica),
    groups: new Groups({ ...leading, client, channel: openDesk("groups", user.id) }),
    inbox: new Inbox(client.replica, client.own, () => nextFrame().then(nextFrame)),
    keys: new Keys(client.replica, session.current!),
    presence: new Presence(client),
    notifying: new Notifying(user.id),
    quiet: new Quiet(client.replica, client.own),
    trust: new Trust({
      ...{ ...leading, replica: client.replica, channel: openDesk("trust", user.id) },
      lookAgain: (conversations) => client.sealing.lookAgain(conversations),
    }),
    typing: new Typing(client.socket),
  };
  const away = new AwayWatch((isAway) => client.setAway(isAway), { document, window });
  const keysWatch = new KeysWatch(states.keys, calm());
  const privateWatch = new PrivateWatch(
    async (act, needs) => askKeys(act, { place: await placeOf(leading.session), ...needs } as never),
    () => toasts.show(t("inbox.notKept"), { kind: "danger" }),
  );
  const ends = [client.socket.onState(follow), listenForReturn(client), away.start(), keysWatch.start(client), new TrustWatch(states.trust).start(client), new StateWatch(states.groups).start(client), privateWatch.start(client)];
  client.start();
  const stop = (): void => {
    for (const end of ends) end();
    for (const state of Object.values(states)) state.stop();
    client.stop();
  };
  return { client, ...states, keysWatch, stop };
}

/** Coming back (network, tab shown) tries at once instead of waiting for the next retry. A page that the browser puts
 *  aside whole lets go of everything, and begins anew when it is taken out again. */
function listenForReturn(client: Client): () => void {
  const ends = new AbortController();
  const { signal } = ends;
  addEventListener("online", () => client.wake(), { signal });
  document.addEventListener("visibilitychange", () => client.wake(), { signal });
  addEventListener("pagehide", (event) => event.persisted && client.stop(), { signal });
  addEventListener("pageshow", (event) => event.persisted && storage.restart(), { signal });
  return () => ends.abort();
}
