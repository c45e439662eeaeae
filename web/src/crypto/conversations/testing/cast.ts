// People with chains and receive keys, as their own devices make them, and a server that shows them. Secrets are SHA-256 of a name.
import type { Bytes } from "../../../lib/bytes.ts";
import type { ChainPage, NewReceive } from "../../account/server.ts";
import { Refusal } from "../../account/server.ts";
import { compare, equal, zeros } from "../../protocol/codec.ts";
import { publicKeyOf } from "../../protocol/curve25519.ts";
import { type Sign, signWithSeed } from "../../protocol/ed25519.ts";
import type { RosterMember } from "../../protocol/epoch.ts";
import { hashKemKey, kemPublicKey } from "../../protocol/hpke.ts";
import { KnownChain } from "../../protocol/known-chain.ts";
import { makeReceive, RECEIVE } from "../../protocol/own-keys.ts";
import { sha256 } from "../../protocol/primitives.ts";
import { hashStatement } from "../../protocol/statements.ts";
import { type Body, identityProof, type ListedDevice, makeUserStatement } from "../../protocol/user-chain.ts";
import { applyUserStatement, type UserState } from "../../protocol/user-state.ts";
import { People, type PeopleServer, type PersonHead } from "../people/people.ts";

export const SERVER = sha256(new TextEncoder().encode("server")).slice(0, 16);
export const NOW = 1_790_000_000_000;
export const DAY = 24 * 3600 * 1000;

export const seedOf = (name: string): Bytes => sha256(new TextEncoder().encode(name));
export const deviceId = (name: string): Bytes => seedOf(`device ${name}`).slice(0, 16);

export class Person {
  readonly statements: Bytes[] = [];
  readonly receives: (NewReceive & { seed: Bytes })[] = [];
  state: UserState | null = null;
  identity: string;

  constructor(readonly user: number, readonly name: string) {
    this.identity = `${name} identity`;
  }

  static async begin(user: number, name: string, ...devices: string[]): Promise<Person> {
    const person = new Person(user, name);
    await person.say({ kind: "genesis", identityKey: publicKeyOf(seedOf(person.identity)), username: name });
    await person.setDevices(...(devices.length > 0 ? devices : [`${name} phone`]));
    await person.renewReceive(`${name} phone`);
    return person;
  }

  get now(): UserState {
    return this.state!;
  }

  async say(body: Body, device: string | null = null): Promise<void> {
    const signer = device === null ? zeros(16) : deviceId(device);
    const one = {
      server: SERVER, user: this.user, n: (this.state?.n ?? 0) + 1, previous: this.state?.hash ?? zeros(32), body, time: NOW, signer, extensions: [],
    };
    const statement = await makeUserStatement(one, signWithSeed(seedOf(device ?? this.identity)));
    this.state = await applyUserStatement(this.state, statement, SERVER, this.user);
    this.statements.push(statement);
  }

  async setDevices(...names: string[]): Promise<void> {
    const devices: ListedDevice[] = names.map((name) => ({
      device: deviceId(name), signKey: publicKeyOf(seedOf(name)), kemHash: seedOf(`${name} kem`), formats: [1],
    }));
    await this.say({ kind: "devices", devices: devices.sort((a, b) => compare(a.device, b.device)) });
  }

  async renewIdentity(name: string): Promise<void> {
    const identityKey = publicKeyOf(seedOf(name));
    const message = identityProof(SERVER, this.user, this.now.n + 1, this.now.hash, identityKey);
    await this.say({ kind: "identity", identityKey, proof: await signWithSeed(seedOf(name))(message) });
    this.identity = name;
  }

  async reset(name: string, ...devices: string[]): Promise<void> {
    this.identity = name;
    await this.say({ kind: "genesis", identityKey: publicKeyOf(seedOf(name)), username: this.name });
    await this.setDevices(...devices);
    await this.renewReceive(devices[0]!);
  }

  async renewReceive(device: string, time = NOW): Promise<void> {
    const version = this.receives.length + 1;
    const seed = seedOf(`${this.name} receive ${version}`);
    const publicKey = await kemPublicKey(seed);
    const { n, hash } = this.now;
    const one = { server: SERVER, user: this.user, version, kemHash: hashKemKey(publicKey), chain: { n, hash }, device: deviceId(device), time, extensions: [] };
    this.receives.push({ statement: await makeReceive(one, signWithSeed(seedOf(device))), publicKey, seed });
  }

  /** A roster line that states the newest head and receive version. */
  line(role: number, changed: Partial<RosterMember> = {}): RosterMember {
    const { identityKey, n, hash } = this.now;
    const newest = this.receives.at(-1);
    const receiveHash = newest === undefined ? zeros(32) : hashStatement(RECEIVE, newest.statement);
    return { user: this.user, role, identityKey, chain: { n, hash }, receiveVersion: this.receives.length, receiveHash, ...changed };
  }
}

export const signAs = (device: string): Sign => signWithSeed(seedOf(device));

/** Shows everybody, but who is hidden, up to where their chain is shown. */
export class PeopleShown implements PeopleServer {
  readonly hidden = new Set<number>();
  /** How many statements are shown of somebody. */
  readonly shown = new Map<number, number>();

  constructor(readonly cast: readonly Person[]) {}

  #find(user: number): Person {
    const person = this.cast.find((one) => one.user === user);
    if (person === undefined || this.hidden.has(user)) throw new Refusal("not_found");
    return person;
  }

  #statements(user: number): Bytes[] {
    return this.#find(user).statements.slice(0, this.shown.get(user) ?? Infinity);
  }

  async readChain(user: number, after: number): Promise<ChainPage> {
    const statements = this.#statements(user);
    return { n: statements.length, statements: statements.slice(after, after + 3) };
  }

  async listHeads(users: readonly number[]): Promise<PersonHead[]> {
    const visible = users.filter((user) => this.cast.some((one) => one.user === user) && !this.hidden.has(user));
    return Promise.all(visible.map(async (user) => {
      const chain = new KnownChain(SERVER, user);
      for (const statement of this.#statements(user)) await chain.take(statement);
      return { user, n: chain.head.n, hash: chain.head.hash, receiveVersion: this.#find(user).receives.length };
    }));
  }

  async readReceive(user: number, hashes: readonly Bytes[]): Promise<NewReceive[]> {
    const { receives } = this.#find(user);
    if (hashes.length === 0) return receives.slice(-1);
    return receives.filter(({ statement }) => hashes.some((hash) => equal(hash, hashStatement(RECEIVE, statement))));
  }
}

/** What a device of `user` knows that has fetched its own chain. */
export async function meet(cast: readonly Person[], user: number, shown = new PeopleShown(cast)): Promise<People> {
  const own = new KnownChain(SERVER, user);
  for (const statement of cast.find((one) => one.user === user)!.statements) await own.take(statement);
  return new People(shown, own);
}
