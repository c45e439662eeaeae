import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import { Replica } from "../replica/database.ts";
import { plainKeys, TestServer } from "../replica/testing.ts";
import type { CommandName } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import type { Transport } from "../wire/socket.ts";
import { OwnDatabase, type Written } from "../replica/own-database.ts";
import { Client } from "./client.ts";

/** A connection to the test server that can be cut. */
class Line implements Transport {
  connected = false;
  active = true;
  readonly #server: TestServer;
  readonly #listeners = new Map<string, () => void>();
  #event: (name: string, payload: unknown) => void = () => undefined;

  constructor(server: TestServer) {
    this.#server = server;
    server.emit = (name, payload) => {
      if (this.connected) this.#event(name, structuredClone(payload));
    };
  }

  connect(): void {
    this.connected = true;
    queueMicrotask(() => this.#listeners.get("connect")?.());
  }

  disconnect(): void {
    this.connected = false;
    this.#listeners.get("disconnect")?.();
  }

  on(event: string, listener: (...values: never[]) => void): void {
    this.#listeners.set(event, listener as () => void);
  }

  onAny(listener: (name: string, payload: unknown) => void): void {
    this.#event = listener;
  }

  emit(name: string, input: never, answer: (value: unknown) => void): void {
    this.#server.call(name as CommandName, input).then(
      (ok) => this.connected && answer({ ok }),
      (error: unknown) => answer({ error: error instanceof ProblemError ? error.problem : null }),
    );
  }
}

const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.forget(true);
});

function open(server = new TestServer(), askKeys = plainKeys) {
  const line = new Line(server);
  const told = { ended: vi.fn(), foreign: vi.fn(), storage: vi.fn(), outdated: vi.fn() };
  const client = new Client({
    ...{ user: server.me, device: server.device, ...told, checkSession: async () => "valid" as const },
    ...{ locks: undefined, openChannel: undefined, isVisible: () => true, openSocket: () => line, askKeys },
  });
  clients.push(client);
  client.start();
  return { server, line, client, told };
}

const encode = (text: string): Written => ({ type: "text", text });

test("after connecting it is up to date, sends what waited, marks what came and fills the history", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  for (let step = 1; step <= 120; step++) server.append(id, 2, `text ${step}`);
  const { client, told } = open(server);
  await client.outbox.add(id, encode("waited"));
  await expect.poll(() => server.logs.get(id)!.entries.length).toBe(121);
  await expect.poll(() => client.replica.entries.count()).toBe(121);
  await expect.poll(() => client.own.outbox.count()).toBe(0);
  expect(told.storage).not.toHaveBeenCalled();
});

test("what happens while the line is cut arrives with the next connection", async () => {
  const { server, line, client } = open();
  const id = server.addConversation();
  await expect.poll(() => client.replica.conversations.filter((row) => !row.is_stale).count()).toBe(1);
  line.disconnect();
  server.append(id, 2, "missed");
  server.addFriend(3, "missed too");
  await client.outbox.add(id, encode("written offline"));
  client.socket.connect();
  await expect.poll(() => client.replica.entries.count()).toBe(2);
  expect(await client.replica.friends.count()).toBe(1);
});

test("nothing is sent before the server has shown that it is the right one", async () => {
  const server = new TestServer();
  const id = server.addConversation();
  const { client, told } = open(server);
  await expect.poll(() => client.replica.findMeta("cursor")).toBeDefined();
  client.socket.close();
  await client.outbox.add(id, encode("not for you"));
  Object.assign(server, { me: 7 });
  server.logs.get(id)!.cursors.set(7, { delivered_seq: 0, read_seq: 0 });
  client.socket.connect();
  await expect.poll(() => told.foreign.mock.calls.length).toBe(1);
  expect(server.logs.get(id)!.entries).toHaveLength(0);
  Object.assign(server, { me: 1 });
});

test("a database that becomes another one on the same connection is told to the keys' worker before anything goes on", async () => {
  const asked: string[] = [];
  const ask = ((act, needs) => {
    asked.push(act === "meetDatabase" ? (needs as unknown as { database: string }).database : act);
    return plainKeys(act, needs);
  }) as typeof plainKeys;
  const { server, client } = open(new TestServer(), ask);
  await expect.poll(() => asked).toContain(server.generation);
  asked.length = 0;
  server.generation = "0".repeat(32);
  client.failed(new Error("something was not kept"));
  await expect.poll(() => asked).toContain(server.generation);
  expect(asked.filter((act) => act !== "disconnect")[0]).toBe(server.generation);
});

test("another server at this address is sent nothing that was written for the first, and it is said", async () => {
  const { server, client, told, line } = open();
  const id = server.addConversation();
  await expect.poll(() => client.replica.findMeta("cursor")).toBeDefined();
  line.disconnect();
  await client.outbox.add(id, encode("not for you"));
  server.server_id = "0".repeat(32);
  client.socket.connect();
  await expect.poll(() => told.storage.mock.calls.at(-1)).toEqual(["stranger"]);
  expect([await client.own.outbox.count(), server.logs.get(id)!.entries.length]).toEqual([1, 0]);
});

test("an ended session is told with its reason, and the line is closed", async () => {
  const { server, client, told } = open();
  await expect.poll(() => client.replica.findMeta("cursor")).toBeDefined();
  server.emit("session.ended", { reason: "revoked" });
  expect(told.ended).toHaveBeenCalledExactlyOnceWith("revoked");
  expect(client.socket.state).toBe("offline");
});

for (const [name, Newer] of [["copy", class extends Replica {}], ["own database", class extends OwnDatabase {}]] as const) {
  test(`where a newer page has been, an older one says that it is outdated and leaves the ${name} alone`, async () => {
    const newer = new Newer(1);
    newer.version(newer.verno + 1).stores({ later: "id" });
    await newer.open();
    const version = newer.backendDB().version;
    newer.close();
    const server = new TestServer();
    const { client, line, told } = open(server);
    await expect.poll(() => told.outdated.mock.calls.length).toBe(1);
    expect(told.storage).not.toHaveBeenCalled();
    expect(line.connected).toBe(false);
    for (const table of [client.replica.conversations, client.own.outbox]) await expect.poll(() => table.count().catch((error: Error) => error.name)).toBe("DatabaseClosedError");
    await newer.open();
    expect(newer.backendDB().version).toBe(version);
    await newer.delete();
  });
}

test("forgetting removes the copy, and what was not sent only when asked to", async () => {
  const { server, client } = open();
  const id = server.addConversation();
  await expect.poll(() => client.replica.conversations.count()).toBe(1);
  client.socket.close();
  await client.outbox.add(id, encode("kept"));
  await client.forget(false);
  const again = open(server).client;
  again.socket.close();
  expect(await again.own.outbox.count()).toBe(1);
});

test("what is kept sealed of a session whose end the server did not explain begins anew where the server has it still", async () => {
  const { server, client } = open();
  const id = server.addConversation();
  server.append(id, 2, "hello");
  await expect.poll(() => client.replica.entries.count()).toBe(1);
  await client.forget(false, true);
  const again = open(server).client;
  await expect.poll(async () => (await again.replica.findMeta("cursor"))?.isOver).toBe(undefined);
  await expect.poll(() => again.replica.entries.count()).toBe(1);
  expect(await again.replica.lost.count()).toBe(0);
});

test("where what is readable cannot be taken out of the copy, nothing of it is kept", async () => {
  const { server, client } = open();
  server.append(server.addConversation(), 2, "hello");
  await expect.poll(() => client.replica.entries.count()).toBe(1);
  const failing = vi.spyOn(Replica.prototype, "keepSealed").mockRejectedValue(new Error("storage is full"));
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await client.forget(false, true);
  failing.mockRestore();
  expect(await Replica.exists(client.replica.name)).toBe(false);
});
