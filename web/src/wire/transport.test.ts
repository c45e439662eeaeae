import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, expect, onTestFinished, test } from "vitest";

import { Socket, type Transport } from "./socket.ts";
import { openTransport } from "./transport.ts";

const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, section 1.3
const CLOSE_1008 = Uint8Array.of(0x88, 2, 1008 >> 8, 1008 & 0xff);
let server: Server;

afterEach(() => void server.close());

/** A server that takes every WebSocket and closes it at once, as ours does to who is not signed in. */
async function turnAway(): Promise<string> {
  server = createServer((_, response) => void response.writeHead(401).end());
  server.on("upgrade", (request, socket) => {
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${KEY_SUFFIX}`).digest("base64");
    socket.write(`HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.end(CLOSE_1008);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("who is turned away is signed out without waiting for the time-out", async () => {
  const url = await turnAway();
  const failures: string[] = [];
  const open = (): Transport => {
    const transport = openTransport(url);
    transport.on("connect_error", ({ message }) => failures.push(message));
    return transport;
  };
  const socket = new Socket({ checkSession: async () => "ended", open });
  const isSignedOut = new Promise<void>((resolve) => socket.onState((state) => state === "signed_out" && resolve()));
  socket.connect();
  await isSignedOut;
  expect(socket.state).toBe("signed_out");
  expect(failures).not.toContain("timeout");
});

test("who is turned away while nobody can tell why tries again", async () => {
  const url = await turnAway();
  let again: () => void;
  const isAskedAgain = new Promise<void>((resolve) => (again = resolve));
  let asked = 0;
  const socket = new Socket({
    checkSession: async () => {
      if (++asked === 2) again();
      return "unknown";
    },
    open: () => openTransport(url),
  });
  onTestFinished(() => socket.close());
  socket.connect();
  await isAskedAgain;
  expect(socket.state).toBe("offline");
});
