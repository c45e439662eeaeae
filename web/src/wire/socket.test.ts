import { describe, expect, test } from "vitest";

import { Socket, type Transport } from "./socket.ts";

/** A Socket.IO client whose server is the test. */
class FakeTransport implements Transport {
  connected = false;
  active = true;
  attempts = 0;
  ended = 0;
  readonly sent: unknown[][] = [];
  readonly #listeners = new Map<string, (value?: unknown) => void>();
  event: (name: string, payload: unknown) => void = () => undefined;

  connect(): void {
    this.attempts++;
  }

  disconnect(): void {
    this.ended++;
    this.active = false;
    if (!this.connected) return;
    this.connected = false;
    this.tell("disconnect");
  }

  on(event: string, listener: (...values: never[]) => void): void {
    this.#listeners.set(event, listener as (value?: unknown) => void);
  }

  onAny(listener: (name: string, payload: unknown) => void): void {
    this.event = listener;
  }

  emit(...values: unknown[]): void {
    this.sent.push(values);
  }

  tell(event: string, value?: unknown): void {
    if (event === "connect") this.connected = true;
    this.#listeners.get(event)?.(value);
  }

  answer(value: unknown): void {
    (this.sent.at(-1)!.at(-1) as (value: unknown) => void)(value);
  }
}

function open(session: "valid" | "ended" | "unknown" = "valid"): { transport: FakeTransport; socket: Socket } {
  const transport = new FakeTransport();
  const socket = new Socket({ checkSession: async () => session, open: () => transport, random: () => 0 });
  socket.connect();
  return { transport, socket };
}

describe("a call", () => {
  test("ends with its result", async () => {
    const { transport, socket } = open();
    transport.tell("connect");
    const call = socket.call("device.list", {});
    transport.answer({ ok: { devices: [] } });
    await expect(call).resolves.toEqual({ devices: [] });
  });

  test("ends with the problem the server names", async () => {
    const { transport, socket } = open();
    transport.tell("connect");
    const call = socket.call("friend.find", { username: "nobody" });
    transport.answer({ error: { code: "not_found", title: "Nothing here", status: 404 } });
    await expect(call).rejects.toMatchObject({ problem: { code: "not_found", status: 404 } });
  });

  test("ends as unknown when the connection does, when nobody answers, and at once without a connection", async () => {
    const { transport, socket } = open();
    await expect(socket.call("device.list", {})).rejects.toMatchObject({ problem: { code: "network" } });
    transport.tell("connect");
    await expect(socket.call("device.list", {}, 10)).rejects.toMatchObject({ problem: { code: "timeout" } });
    const cut = socket.call("device.list", {});
    transport.connected = false;
    transport.tell("disconnect");
    await expect(cut).rejects.toMatchObject({ problem: { code: "network" } });
  });

  test("ends with a problem when the answer is nonsense", async () => {
    const { transport, socket } = open();
    transport.tell("connect");
    const call = socket.call("device.list", {});
    transport.answer("what?");
    await expect(call).rejects.toHaveProperty("problem.code");
  });
});

describe("the state", () => {
  test("goes connecting, online, offline, online", () => {
    const { transport, socket } = open();
    const states: string[] = [socket.state];
    socket.onState((state) => states.push(state));
    transport.tell("connect");
    transport.connected = false;
    transport.tell("disconnect");
    transport.tell("connect");
    expect(states).toEqual(["connecting", "online", "offline", "online"]);
  });

  test("is signed out when connecting fails and the session is over", async () => {
    const { transport, socket } = open("ended");
    transport.tell("connect_error", new Error("websocket error"));
    await expect.poll(() => socket.state).toBe("signed_out");
  });

  test("is too old for good when the server says so", () => {
    const { transport, socket } = open();
    transport.tell("connect_error", new Error("contract_too_old"));
    expect(socket.state).toBe("too_old");
    const attempts = transport.attempts;
    socket.connect();
    expect(transport.attempts).toBe(attempts);
  });

  test("is tried at once when the network is back, whatever wait was under way", () => {
    const { transport, socket } = open();
    transport.tell("connect_error", new Error("xhr poll error"));
    transport.active = true;
    const { ended, attempts } = transport;
    socket.connect();
    expect(transport.ended).toBe(ended + 1);
    expect(transport.attempts).toBe(attempts + 1);
  });

  test("is tried again by us when the server refused the connection", async () => {
    const { transport, socket } = open("unknown");
    transport.active = false;
    transport.tell("connect_error", new Error("too_many_sockets"));
    expect(socket.state).toBe("offline");
    await expect.poll(() => transport.attempts).toBe(2);
  });
});

test("events reach who listens, until they stop", () => {
  const { transport, socket } = open();
  const seen: unknown[] = [];
  const stop = socket.onEvent((name, payload) => seen.push([name, payload]));
  transport.event("typing.started", { user_id: 1 });
  stop();
  transport.event("typing.started", { user_id: 2 });
  expect(seen).toEqual([["typing.started", { user_id: 1 }]]);
});
