// The next generation and receive key, without the password (docs/protocol-encryption.md, 6.1 and 6.2): by any listed device.
import type { DeviceKeys } from "../keys/key-store.ts";
import { headOf } from "../protocol/known-chain.ts";
import { listCounting, type Row } from "../protocol/keyring.ts";
import { listDisputed } from "../protocol/pins.ts";
import { type Before, type MadeKeys, makeNextKeys, makeNextReceive, sealRows } from "./make-keys.ts";
import { nameRow, type Self } from "./self.ts";
import { type NewRow, sendAgain } from "./server.ts";

/** The newest generation as the next one follows it. */
export function beforeOf(self: Self): Before | null {
  const { newest } = self.own;
  return newest === null ? null : { g: newest.statement.g, hash: newest.hash, key: newest.key };
}

/** A generation to everybody who is listed now, and a receive key, with the rows that are carried over. Throws Refusal when another was quicker. */
export async function renewGeneration(self: Self, keys: DeviceKeys): Promise<void> {
  const { place, server } = self.account;
  const [state, time] = [self.chain.head, self.account.now()];
  const before = self.own.newest?.stated.incarnation === state.incarnation ? beforeOf(self) : null;
  const carried = before === null ? [] : await self.readCarried();
  const publicKeys = await server.listPublicKeys();
  const made = await makeNextKeys(place, { keys, state, before, publicKeys, carried, receiveVersion: self.chain.receiveVersion, time });
  await sendKeys(self, made, () => server.renew({ generation: made.generation.request, receive: made.receive.request, rows: made.rows }));
  await learnKeys(self, made);
}

/**
 * Sends a request that has new keys in it. What it has no room for is noted first: after a crash the next connect carries it over,
 * and finds nothing to do when the request did not arrive. Throws Refusal, NoAnswer.
 */
export async function sendKeys(self: Self, { later }: MadeKeys, send: () => Promise<void>): Promise<void> {
  if (later.length > 0) {
    if (self.carryFrom === null) self.carry = (await self.readCarried()).map(nameRow);
    self.carryFrom ??= self.own.newest?.statement.g ?? null;
    await self.remember();
  }
  await sendAgain(send, self.account.wait);
}

/** After the server took them: this device knows them as if it had fetched them, and appends what had no room. */
export async function learnKeys(self: Self, { generation, receive, later }: MadeKeys): Promise<void> {
  const before = self.own.newest?.statement.g ?? null;
  await self.takeGeneration(generation.request.statement, generation.key);
  await self.chain.takeReceive(receive.request.statement);
  self.receiveSeeds.set(receive.version, receive.seed);
  await self.remember();
  if (later.length === 0) return;
  await append(self, later);
  if (self.carryFrom === before) Object.assign(self, { carryFrom: null, carry: null });
  await self.remember();
}

/** The receive key alone: its seed is not in the keyring, or none counts. */
export async function renewReceive(self: Self, keys: DeviceKeys): Promise<void> {
  const { place, server, wait } = self.account;
  const { newest } = self.own;
  const receive = await makeNextReceive(place, keys, headOf(self.chain.head), self.chain.receiveVersion + 1, self.account.now());
  const rows = await sealRows(place, { g: newest!.statement.g, key: newest!.key }, [receive.row]);
  await sendAgain(() => server.renew({ generation: null, receive: receive.request, rows }), wait);
  await self.chain.takeReceive(receive.request.statement);
  self.receiveSeeds.set(receive.version, receive.seed);
  await self.remember();
}

/** Rows of an older generation that go on (`self.carry`) and are not there under the newest one. Of a person of whom more was said since, the pins are those. */
export async function carryOver(self: Self): Promise<void> {
  const { newest } = self.own;
  const there = new Set((await self.readRows()).map(nameSubject));
  const pins = await self.readPins();
  const isDone = new Set([...there].filter((name) => pins.filter((pin) => nameSubject(pin) === name).length !== 1));
  const old = await self.readNoted();
  const disputed = listDisputed(old.filter((row) => row.kind === "pin")).filter((pin) => !isDone.has(nameSubject(pin)));
  const missing = [...listCounting(old).filter((row) => !there.has(nameSubject(row))), ...disputed];
  await append(self, await sealRows(self.account.place, { g: newest!.statement.g, key: newest!.key }, missing));
}

const MOST_IN_ONE = 300;

async function append(self: Self, rows: readonly NewRow[]): Promise<void> {
  const { server, wait } = self.account;
  for (let at = 0; at < rows.length; at += MOST_IN_ONE) await sendAgain(() => server.appendRows(rows.slice(at, at + MOST_IN_ONE)), wait);
}

function nameSubject(row: Row): string {
  if (row.kind === "pin") return `pin ${row.user}`;
  if (row.kind === "receive") return `receive ${row.version}`;
  return `${row.kind} ${row.conversation.join()}`;
}
