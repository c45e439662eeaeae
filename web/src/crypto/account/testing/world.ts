// A person with devices and a server, for tests of the flows. Passwords are their keys: stretching is tested elsewhere.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import type { PasswordKeys } from "../../derive.ts";
import type { KeyStore } from "../../keys/key-store.ts";
import { zeros } from "../../protocol/codec.ts";
import { wrapGeneration } from "../../protocol/own-keys.ts";
import { random } from "../../protocol/primitives.ts";
import type { NextPassword } from "../change-password.ts";
import { connect, type Connected } from "../connect.ts";
import { Draft, listDevice } from "../draft.ts";
import { resetHere } from "../reset.ts";
import { type Account, recall, type Self } from "../self.ts";
import type { AccountServer } from "../server.ts";
import { addDevice, fetchVault, setUp } from "../set-up.ts";
import { MemoryServer } from "./memory-server.ts";
import { MemorySession } from "./memory-session.ts";
import { MemoryStore } from "./memory-store.ts";

export const DAY = 24 * 3600 * 1000;
export const NO_AVATAR = zeros(32);

export const makePassword = (): PasswordKeys => ({ authKey: random(32), kek: random(32) });
export const asNext = (password: PasswordKeys): NextPassword => ({
  password: { authKey: password.authKey, salt: random(16), stretching: { memory: 65_536, iterations: 3, parallelism: 1 } },
  kek: password.kek,
});

export class World {
  now = 1_790_000_000_000;
  password = makePassword();
  readonly server: MemoryServer;

  constructor(user = 1, username = "alice") {
    this.server = new MemoryServer(user, username, this.password.authKey);
  }

  /** A session of a new device that is not listed yet. */
  signIn(store: KeyStore = new MemoryStore(), device: Bytes = random(16)): Account {
    this.server.kept.sessions.add(toHex(device));
    return this.accountOf(device, store);
  }

  accountOf(device: Bytes, store: KeyStore, server: AccountServer = new MemorySession(this.server, device)): Account {
    const { id, user, username } = this.server;
    return { place: { server: id, user, username }, device, server, store, now: () => this.now, wait: () => Promise.resolve() };
  }

  /** A first device, set up and connected. */
  async begin(store?: KeyStore): Promise<Account> {
    const account = this.signIn(store);
    await setUp(account, this.password, "Alice", NO_AVATAR);
    await ready(account);
    return account;
  }

  async add(account = this.signIn()): Promise<Account> {
    await addDevice(account, this.password);
    await ready(account);
    return account;
  }

  /** Everything begins anew on this device. */
  async reset(account: Account): Promise<void> {
    this.server.resetTokens.add("token");
    const next = makePassword();
    await resetHere(account, "token", asNext(next));
    this.password = next;
  }

  /** One of the listed lists another one, as only a server has a use for. */
  async listBeside(lister: Account, other: Account): Promise<void> {
    const self = await recall(lister);
    const [listerKeys, keys] = [(await lister.store.readDevice(lister.device))!, (await other.store.readDevice(other.device))!];
    const vault = await fetchVault(self, this.password);
    const draft = new Draft(lister.place, self.chain.head, this.now);
    await draft.addDevices([listDevice(listerKeys), listDevice(keys)], vault.identitySeed);
    const newest = self.own.newest!;
    const wrap = await wrapGeneration(keys.kemPublicKey, newest.hash, other.device, newest.key);
    const addition = { statement: draft.statements[0]!, publicKey: keys.kemPublicKey, g: newest.statement.g, wrap };
    await this.signIn(undefined, other.device).server.addDevice(this.password.authKey, addition);
  }
}

/** Connects, which must find all in order (or put it in order). */
export async function ready(account: Account): Promise<Extract<Connected, { state: "ready" }>> {
  const connected = await connect(account);
  if (connected.state !== "ready") throw new Error(`not ready: ${connected.state}`);
  return connected;
}

export async function newestKey(account: Account): Promise<string> {
  return toHex((await recall(account)).own.newest!.key);
}

export async function verdictOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return "accepted";
  } catch (error) {
    return (error as { verdict?: string; code?: string }).verdict ?? (error as { code?: string }).code ?? String(error);
  }
}

export const deviceNames = (self: Self): string[] => self.chain.head.devices.map((one) => toHex(one.device)).sort();
