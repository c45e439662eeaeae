// How the connection is, as a person would say it. The socket sets it; the bar shows it.

export type ConnectionState = "connecting" | "connected" | "away";

class Connection {
  /** "connecting" is the first try; "away" is the server not answering after that. */
  state = $state<ConnectionState>("connecting");
  isOnline = $state(navigator.onLine);

  start(): void {
    addEventListener("online", () => (this.isOnline = true));
    addEventListener("offline", () => (this.isOnline = false));
  }
}

export const connection = new Connection();
