// The one connection of a tab: typed commands out with their answers, live events in. Reconnects for ever, with jitter.
// Invariant: a call ends exactly once, with a result or a ProblemError ("network", "timeout": nobody knows whether it
// happened).
import type { CommandName, Commands } from "./contract.ts";
import { ProblemError, readProblem } from "./http.ts";
import { makeDisconnected } from "./problem.ts";
import { openTransport, SLOWEST_RETRY } from "./transport.ts";

export type ConnectionState = "connecting" | "online" | "offline" | "signed_out" | "too_old";

/** What this file uses of a Socket.IO client; tests bring their own. */
export interface Transport {
  readonly connected: boolean;
  readonly active: boolean;
  connect(): unknown;
  disconnect(): unknown;
  on(event: string, listener: (...values: never[]) => void): unknown;
  onAny(listener: (name: string, payload: unknown) => void): unknown;
  emit(name: string, ...values: unknown[]): unknown;
}

export interface SocketSettings {
  /** Whether the session still counts; asked when connecting fails. "unknown" when nobody answers. */
  checkSession(): Promise<"valid" | "ended" | "unknown">;
  open?(): Transport;
  random?(): number;
}

const CALL_TIMEOUT = 30_000;

export class Socket {
  state: ConnectionState = "connecting";
  readonly #transport: Transport;
  readonly #settings: SocketSettings;
  readonly #stateListeners = new Set<(state: ConnectionState) => void>();
  readonly #eventListeners = new Set<(name: string, payload: unknown) => void>();
  readonly #waiting = new Set<(error: ProblemError) => void>();
  #refusals = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: SocketSettings) {
    this.#settings = settings;
    this.#transport = settings.open?.() ?? openTransport();
    this.#transport.on("connect", () => {
      this.#refusals = 0;
      this.#setState("online");
    });
    this.#transport.on("disconnect", () => this.#lose());
    this.#transport.on("connect_error", (error: Error) => void this.#fail(error));
    this.#transport.onAny((name, payload) => {
      for (const listener of this.#eventListeners) listener(name, payload);
    });
  }

  /** Begins to connect, or tries at once instead of waiting on (the network came back, the tab was shown). */
  connect(): void {
    if (this.state === "too_old" || this.#transport.connected) return;
    clearTimeout(this.#retry);
    if (this.state !== "offline") this.#setState("connecting");
    // The client library does nothing while it waits for its own next attempt: that wait is ended first.
    if (this.#transport.active) this.#transport.disconnect();
    this.#transport.connect();
  }

  /** Ends the connection for good. */
  close(state: "offline" | "signed_out" = "offline"): void {
    clearTimeout(this.#retry);
    this.#setState(state);
    this.#transport.disconnect();
    this.#endCalls();
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  onEvent(listener: (name: string, payload: unknown) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /** Gives a command; `timeout` in milliseconds. Throws ProblemError. */
  call<N extends CommandName>(
    name: N,
    input: Commands[N]["input"],
    timeout = CALL_TIMEOUT,
  ): Promise<Commands[N]["result"]> {
    if (!this.#transport.connected) return Promise.reject(makeDisconnected("network", "No connection"));
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(fail);
        settle();
      };
      const fail = (error: ProblemError): void => end(() => reject(error));
      const timer = setTimeout(() => fail(makeDisconnected("timeout", `No answer to ${name}`)), timeout);
      this.#waiting.add(fail);
      this.#transport.emit(name, input, (answer: { ok?: Commands[N]["result"]; error?: unknown } | null) => {
        if (answer !== null && typeof answer === "object" && "ok" in answer) end(() => resolve(answer.ok!));
        else end(() => reject(toError(answer?.error)));
      });
    });
  }

  #setState(state: ConnectionState): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.#stateListeners) listener(state);
  }

  #lose(): void {
    this.#endCalls();
    if (this.state !== "online" && this.state !== "connecting") return;
    this.#setState("offline");
    // The client library leaves it to us when the server closed; it may be a restart or the end of the session.
    if (!this.#transport.active) void this.#fail(new Error("closed by the server"));
  }

  #endCalls(): void {
    for (const fail of [...this.#waiting]) fail(makeDisconnected("network", "The connection ended"));
  }

  async #fail(error: Error): Promise<void> {
    if (error.message === "contract_too_old") {
      this.close();
      this.#setState("too_old");
      return;
    }
    if (this.state === "connecting") this.#setState("offline");
    if ((await this.#settings.checkSession()) === "ended") this.close("signed_out");
    else if (this.state === "offline" && !this.#transport.active && !this.#transport.connected) this.#retryLater();
  }

  #retryLater(): void {
    const longest = Math.min(SLOWEST_RETRY, 1000 * 2 ** Math.min(this.#refusals++, 10));
    const random = this.#settings.random ?? Math.random;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#transport.connect(), longest * (0.5 + random() / 2));
  }
}

function toError(problem: unknown): ProblemError {
  const status = (problem as { status?: unknown } | undefined)?.status;
  return new ProblemError(readProblem(typeof status === "number" ? status : 500, problem));
}
