// Who is signed in on this browser. The session itself is a cookie no script can read; this is the public part of it,
// kept so that the app opens at once and offline. Other tabs follow.
import type { Device, Session, UserCard } from "../wire/contract.ts";
import { noteWaiting } from "./unsent.ts";

const STORED = "hearth.session";
const ENDED = "hearth.session-ended";

function readStored(): Session | null {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? "null") as Session | null;
    return stored && typeof stored.user?.id === "number" && typeof stored.device?.id === "string" ? stored : null;
  } catch {
    return null;
  }
}

/** A browser may keep storage from pages altogether. */
function readEnded(): string | null {
  try {
    return localStorage.getItem(ENDED);
  } catch {
    return null;
  }
}

class CurrentSession {
  current = $state.raw<Session | null>(readStored());
  /** Why the server ended the session that was here last, until another one begins. */
  ended = $state<string | null>(readEnded());

  get user(): UserCard | null {
    return this.current?.user ?? null;
  }

  get device(): Device | null {
    return this.current?.device ?? null;
  }

  /** A session began here. */
  begin(session: Session): void {
    this.current = { user: session.user, device: session.device };
    localStorage.setItem(STORED, JSON.stringify(this.current));
    this.#noteEnd(null);
    noteWaiting(session.user.id, 0);
  }

  /** One's own card changed (display name, picture). */
  setUser(user: UserCard): void {
    if (this.current) this.begin({ ...this.current, user });
  }

  /** The session is over, by us or, for a reason, by the server. Forgets who it was; the local copy is the replica's to remove. */
  end(why: string | null = null): void {
    this.#noteEnd(why);
    this.current = null;
    localStorage.removeItem(STORED);
  }

  #noteEnd(why: string | null): void {
    this.ended = why;
    if (why === null) localStorage.removeItem(ENDED);
    else localStorage.setItem(ENDED, why);
  }

  start(): void {
    addEventListener("storage", (event) => {
      if (event.key === STORED || event.key === null) this.current = readStored();
      if (event.key === ENDED || event.key === null) this.ended = readEnded();
    });
  }
}

export const session = new CurrentSession();
