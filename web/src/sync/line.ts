// The server as views see it, whichever tab holds the connection: how it is, what comes in, and where commands go. A tab
// without the connection gives its commands over HTTP, so that no other tab can lose or delay them.
import type { CommandName, Commands } from "../wire/contract.ts";
import { post, type ProblemError } from "../wire/http.ts";
import { makeDisconnected } from "../wire/problem.ts";
import type { ConnectionState, Socket } from "../wire/socket.ts";

type StateListener = (state: ConnectionState) => void;
type EventListener = (name: string, payload: unknown) => void;

export class Line {
  state: ConnectionState = "connecting";
  #socket: Socket | undefined;
  readonly #stateListeners = new Set<StateListener>();
  readonly #eventListeners = new Set<EventListener>();

  /** This tab has the connection now, or (undefined) not any more. While it changes hands nothing is said to be wrong. */
  use(socket: Socket | undefined): void {
    this.#socket = socket;
  }

  /** Tries at once instead of waiting for the next retry, if the connection is here. */
  connect(): void {
    this.#socket?.connect();
  }

  close(): void {
    this.#socket?.close();
  }

  /** Is told how the connection is. "online" again means a new one. */
  follow(state: ConnectionState): void {
    if (this.state === state && state !== "online") return;
    this.state = state;
    for (const listener of this.#stateListeners) listener(state);
  }

  take(name: string, payload: unknown): void {
    for (const listener of this.#eventListeners) listener(name, payload);
  }

  /** Calls back at every change, and at every new connection. */
  onState(listener: StateListener): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  onEvent(listener: EventListener): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /** Gives a command; `timeout` in milliseconds. Throws ProblemError, at once while there is no connection. */
  call<N extends CommandName>(
    name: N,
    input: Commands[N]["input"],
    timeout?: number,
  ): Promise<Commands[N]["result"]> {
    if (this.#socket?.state === "online") return this.#socket.call(name, input, timeout);
    if (this.state === "online") return post<Commands[N]["result"]>(`/api/${name}`, input);
    const refusal: ProblemError = makeDisconnected("network", "No connection");
    return Promise.reject(refusal);
  }
}
