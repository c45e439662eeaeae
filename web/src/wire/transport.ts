// The stock Socket.IO client, as this program uses it.
import { io, type Manager, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";

import { CONTRACT_VERSION } from "./contract.ts";

export const SLOWEST_RETRY = 30_000;

const OPTIONS: Partial<ManagerOptions & SocketOptions> = {
  transports: ["websocket", "polling"],
  tryAllTransports: true,
  auth: { contract: CONTRACT_VERSION },
  autoConnect: false,
  reconnectionDelay: 500,
  reconnectionDelayMax: SLOWEST_RETRY,
  randomizationFactor: 0.5,
  timeout: 10_000,
};

/** Connects nowhere yet. Without a `url`, to where the page came from. */
export function openTransport(url?: string): Socket {
  const socket = url === undefined ? io(OPTIONS) : io(url, OPTIONS);
  failAtEarlyClose(socket.io);
  return socket;
}

/** A WebSocket that is closed before its first word is how the server turns away who is not signed in any more. The
 *  library does not listen for that, and would wait for its whole time-out while a stranger's history stays in sight. */
function failAtEarlyClose(manager: Manager): void {
  const open = manager.open.bind(manager);
  manager.open = (done) => {
    const before = manager.engine;
    open(done);
    const { engine } = manager;
    if (engine === before) return manager;
    const fail = (reason: string): void => {
      (engine as { emit(event: string, error: Error): unknown }).emit("error", new Error(reason));
    };
    engine.once("close", fail);
    engine.once("open", () => engine.off("close", fail));
    return manager;
  };
}
