// The client of whoever is signed in, and what pages read of it. App calls `follow` whenever the session changes.
import { session } from "../accounts/session.svelte.ts";
import { Me } from "../accounts/me.svelte.ts";
import { Conversation } from "../conversations/conversation.svelte.ts";
import { Friends } from "../friends/friends.svelte.ts";
import { Inbox } from "../inbox/inbox.svelte.ts";
import { Typing } from "../messages/typing.svelte.ts";
import { AwayWatch } from "../presence/away.ts";
import { Presence } from "../presence/presence.svelte.ts";
import { connection } from "../shell/connection.svelte.ts";
import { update } from "../shell/update.svelte.ts";
import type { Session } from "../wire/contract.ts";
import { get, ProblemError } from "../wire/http.ts";
import type { ConnectionState } from "../wire/socket.ts";
import { Client, type EndReason } from "./client.ts";

/** After these nothing is kept; after the others what was not sent waits for the next sign-in. */
const FINAL: readonly EndReason[] = ["signed_out", "revoked", "deleted", "disabled"];
const SHOWN: { [State in ConnectionState]: typeof connection.state } = {
  connecting: "connecting",
  online: "connected",
  offline: "away",
  signed_out: "away",
  too_old: "away",
};

/** What the pages of one signed-in person stand on. */
export class Workspace {
  readonly client: Client;
  readonly me: Me;
  readonly inbox: Inbox;
  readonly friends: Friends;
  readonly presence: Presence;
  readonly typing: Typing;
  readonly #away: AwayWatch;
  readonly #stops: (() => void)[];

  constructor(client: Client) {
    this.client = client;
    this.me = new Me(client.replica);
    this.inbox = new Inbox(client.replica, client.own);
    this.friends = new Friends(client.replica);
    this.presence = new Presence(client);
    this.typing = new Typing(client.socket);
    this.#away = new AwayWatch(client.socket.call.bind(client.socket), { document, window });
    const wake = (): void => client.socket.connect();
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    this.#stops = [
      client.onOpened(() => this.#away.tellAgain()),
      this.#away.start(),
      () => removeEventListener("online", wake),
      () => document.removeEventListener("visibilitychange", wake),
    ];
  }

  openConversation(id: string): Conversation {
    return new Conversation(this.client, id);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    for (const state of [this.me, this.inbox, this.friends, this.presence, this.typing]) state.stop();
  }
}

class Current {
  /** Null before sign-in. */
  workspace = $state.raw<Workspace | null>(null);
  /** Why the session ended, if it did not end here by choice. */
  ended = $state<EndReason | null>(null);
  /** The browser's storage does not work: what is shown may be old. */
  hasFailed = $state(false);
  #who = "";

  /** Starts or ends the client so that it is the signed-in person's. Safe to call at any time. */
  follow(): void {
    const { user, device } = session;
    const who = user && device ? `${user.id} ${device.id}` : "";
    if (who === this.#who) return;
    this.#who = who;
    this.#drop((workspace) => {
      // The same person on a new session: their copy and what they have not sent go on.
      if (user?.id === workspace.client.replica.me) workspace.client.stop();
      else void this.#forget(workspace, "signed_out");
    });
    if (user && device) this.#begin(user.id, device.id);
  }

  #begin(user: number, device: string): void {
    this.hasFailed = false;
    this.ended = null;
    const client = new Client({
      ...{ user, device, locks: navigator.locks, checkSession },
      ended: (reason) => this.#end(reason),
      foreign: () => this.#change(),
      failed: (error) => {
        console.error(error);
        this.hasFailed = true;
      },
    });
    client.socket.onState((state) => {
      connection.state = SHOWN[state];
      if (state === "too_old") void update.reloadStale();
    });
    this.workspace = new Workspace(client);
    client.start();
  }

  /** The server ended the session. */
  #end(reason: EndReason): void {
    this.ended = reason;
    this.#who = "";
    this.#drop((workspace) => void this.#forget(workspace, reason));
    session.end();
  }

  /** Somebody else signed in in another tab: this one becomes theirs, the first one's copy stays. */
  #change(): void {
    this.#who = "";
    this.#drop((workspace) => workspace.client.stop());
    get<Session>("/api/session").then(
      (theirs) => session.begin(theirs),
      () => session.end(),
    );
  }

  #drop(end: (workspace: Workspace) => void): void {
    const workspace = this.workspace;
    if (!workspace) return;
    this.workspace = null;
    workspace.stop();
    end(workspace);
  }

  async #forget(workspace: Workspace, reason: EndReason): Promise<void> {
    await workspace.client.forget(FINAL.includes(reason)).catch(console.error);
  }
}

async function checkSession(): Promise<"valid" | "ended" | "unknown"> {
  try {
    await get("/api/session");
    return "valid";
  } catch (error) {
    return error instanceof ProblemError && error.problem.code === "not_signed_in" ? "ended" : "unknown";
  }
}

export const current = new Current();
