// Everybody's user chain and receive statements as this device has verified them (docs/protocol-encryption.md, 5.2 and 6.2). They
// are fetched when something names them; what cannot be fetched stays `unproven`.
import type { Bytes } from "../../../lib/bytes.ts";
import { check, ProtocolError, type Verdict } from "../../protocol/codec.ts";
import type { RosterMember } from "../../protocol/epoch.ts";
import { checkReceiveKey, KnownChain, type KnownReceive } from "../../protocol/known-chain.ts";
import { takeToEnd } from "../../account/catch-up.ts";
import { type ChainPage, type NewReceive, Refusal } from "../../account/server.ts";

export interface PersonHead {
  user: number;
  n: number;
  hash: Bytes;
  receiveVersion: number;
}

export interface PeopleServer {
  /** Statements of a person above n, a page. Throws Refusal `not_found`. */
  readChain(user: number, after: number): Promise<ChainPage>;
  /** Who may not be seen is left out. */
  listHeads(users: readonly number[]): Promise<PersonHead[]>;
  /** The newest receive statement, or those with these hashes. Throws Refusal `not_found`. */
  readReceive(user: number, hashes: readonly Bytes[]): Promise<NewReceive[]>;
}

/** What is kept of a person between two starts. */
export interface RememberedPerson {
  user: number;
  statements: Bytes[];
  highestSeen: number;
  receives: Bytes[];
  publicKeys: { version: number; publicKey: Bytes }[];
}

/** What somebody's own devices call them (5.2). */
export interface UserName {
  user: number;
  username: string;
  displayName: string | null;
}

const MOST_IN_ONE = 500;

export class People {
  readonly #chains = new Map<number, KnownChain>();
  readonly #publicKeys = new Map<string, Bytes>();
  /** Who has changed since `takeChanged`. */
  readonly #changed = new Set<number>();

  /** `own` is the chain that the account's flows keep; the server's id is in it. */
  constructor(readonly api: PeopleServer, readonly own: KnownChain) {
    this.#chains.set(own.user, own);
  }

  chain(user: number): KnownChain {
    const chain = this.#chains.get(user) ?? new KnownChain(this.own.server, user);
    this.#chains.set(user, chain);
    return chain;
  }

  /** Null while their chain is not known. */
  nameOf(user: number): UserName | null {
    const { state } = this.chain(user);
    return state && { user, username: state.username, displayName: state.displayName };
  }

  /** The X-Wing key of a receive statement, if it was seen and fits. */
  publicKey = (user: number, version: number): Bytes | undefined => this.#publicKeys.get(`${user} ${version}`);

  /** A person's chain up to its end. Throws ProtocolError: 5.1, `fork`, `rollback`; Refusal. */
  async fetchChain(user: number): Promise<KnownChain> {
    const chain = this.chain(user);
    await takeToEnd(chain, (after) => this.api.readChain(user, after));
    this.#changed.add(user);
    return chain;
  }

  async #fetchReceive(user: number, hashes: readonly Bytes[]): Promise<void> {
    const chain = this.chain(user);
    for (const { statement, publicKey } of await this.api.readReceive(user, hashes)) {
      const taken = hashes.length === 0 ? await chain.takeNewestReceive(statement) : await chain.takeReceive(statement);
      this.#keepKey(user, taken, publicKey);
    }
    this.#changed.add(user);
  }

  #keepKey(user: number, { statement }: KnownReceive, publicKey: Bytes): void {
    checkReceiveKey(statement, publicKey);
    this.#publicKeys.set(`${user} ${statement.version}`, publicKey);
  }

  /** These people as they are now. Throws ProtocolError: 5.1, 6.2, `fork`, `rollback`, `bad_key`; Refusal. */
  async catchUp(users: readonly number[]): Promise<void> {
    for (let at = 0; at < users.length; at += MOST_IN_ONE) {
      for (const head of await this.api.listHeads(users.slice(at, at + MOST_IN_ONE))) await this.#catchUpOne(head);
    }
  }

  /**
   * As catchUp, but what is wrong with one of them holds up nobody else: the verdicts, by user. Who may not be seen any more is
   * passed over. Throws Refusal, NoAnswer.
   */
  async catchUpEach(users: readonly number[]): Promise<Map<number, Verdict>> {
    const wrong = new Map<number, Verdict>();
    for (let at = 0; at < users.length; at += MOST_IN_ONE) {
      for (const head of await this.api.listHeads(users.slice(at, at + MOST_IN_ONE))) {
        try {
          await this.#catchUpOne(head);
        } catch (error) {
          const isGone = error instanceof Refusal && error.code === "not_found";
          if (error instanceof ProtocolError) wrong.set(head.user, error.verdict);
          else if (!isGone) throw error;
        }
      }
    }
    return wrong;
  }

  async #catchUpOne({ user, n, hash, receiveVersion }: PersonHead): Promise<void> {
    const chain = this.chain(user);
    check(n >= chain.states.length, "rollback", "the chain ends below what is known");
    check(receiveVersion >= chain.receiveVersion, "rollback", "an older receive statement than is known");
    if (n > chain.states.length) await this.fetchChain(user);
    chain.at({ n, hash });
    const isKnown = receiveVersion === chain.receiveVersion && (receiveVersion === 0 || this.publicKey(user, receiveVersion) !== undefined);
    if (!isKnown) await this.#fetchReceive(user, []);
  }

  /** Fetches what a roster states and is not known. What the server does not show stays `unproven`. Throws ProtocolError: 5.1, 6.2, `fork`, `rollback`. */
  async prove(roster: readonly RosterMember[]): Promise<void> {
    for (const member of roster) {
      const chain = this.chain(member.user);
      chain.highestSeen = Math.max(chain.highestSeen, chain.states.length);
      if (member.chain.n > chain.states.length) await this.#tryTo(() => this.fetchChain(member.user));
      const isNamed = member.receiveVersion > 0 && this.publicKey(member.user, member.receiveVersion) === undefined;
      if (isNamed) await this.#tryTo(() => this.#fetchReceive(member.user, [member.receiveHash]));
    }
  }

  async #tryTo(fetch: () => Promise<unknown>): Promise<void> {
    try {
      await fetch();
    } catch (error) {
      const isUnproven = error instanceof ProtocolError && error.verdict === "unproven";
      if (!isUnproven && !(error instanceof Refusal)) throw error;
    }
  }

  /** Everybody of whom something new is known since the last call, oneself excepted: the account keeps that. */
  takeChanged(): RememberedPerson[] {
    const changed = [...this.#changed].filter((user) => user !== this.own.user);
    this.#changed.clear();
    return changed.map((user) => {
      const chain = this.chain(user);
      const keys = chain.receives.map(({ statement: { version } }) => ({ version, publicKey: this.publicKey(user, version) }));
      const publicKeys = keys.filter((one): one is { version: number; publicKey: Bytes } => one.publicKey !== undefined);
      return { user, statements: chain.statements, highestSeen: chain.highestSeen, receives: chain.receives.map((one) => one.bytes), publicKeys };
    });
  }

  /** What was kept, verified anew. */
  async recall(remembered: readonly RememberedPerson[]): Promise<void> {
    for (const { user, statements, highestSeen, receives, publicKeys } of remembered) {
      const chain = this.chain(user);
      for (const statement of statements) await chain.take(statement);
      for (const receive of receives) await chain.takeReceive(receive);
      chain.highestSeen = Math.max(chain.highestSeen, highestSeen);
      for (const { version, publicKey } of publicKeys) this.#publicKeys.set(`${user} ${version}`, publicKey);
    }
  }
}
