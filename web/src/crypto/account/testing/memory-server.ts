// A server for tests that keeps the rules of docs/protocol-encryption.md, 11, for chains, vaults, generations, receive keys and
// rows: it refuses what the real one must refuse, answers repeats, and lets go of nothing halfway.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import { check, equal, isZero, ProtocolError, zeros } from "../../protocol/codec.ts";
import { hashKemKey } from "../../protocol/hpke.ts";
import { GENERATION, readGeneration, readReceive, RECEIVE } from "../../protocol/own-keys.ts";
import { sha256 } from "../../protocol/primitives.ts";
import { hashStatement, verifyStatement } from "../../protocol/statements.ts";
import { readUserStatement } from "../../protocol/user-chain.ts";
import { applyUserStatement, findDevice, type UserState } from "../../protocol/user-state.ts";
import {
  type NewGeneration, type NewPrivateRow, type NewReceive, type NewRow, type NewVault, type PublicKey, Refusal, type SealedWay,
  type StoredPrivateRow, type StoredRow, type VaultChange,
} from "../server.ts";

export interface KeptGeneration extends NewGeneration {
  g: number;
  hash: Bytes;
  stated: UserState;
}

/** Everything that is stored of one person. */
export interface Kept {
  states: UserState[];
  statements: Bytes[];
  vault: (NewVault & { version: number }) | null;
  ways: (SealedWay & { proofHash: Bytes })[];
  generations: KeptGeneration[];
  receives: (NewReceive & { version: number })[];
  publicKeys: Map<string, Bytes>;
  rows: StoredRow[];
  position: number;
  authKeyHash: Bytes;
  sessions: Set<string>;
}

/** What one request adds; it is judged on a copy, which takes the place of what is kept only when all of it passes. */
export interface Part {
  statements?: Bytes[];
  vault?: NewVault;
  generation?: NewGeneration | null;
  receive?: NewReceive | null;
  publicKeys?: PublicKey[];
  rows?: NewRow[];
  /** A reset: the own chain begins again, vault versions too. */
  isReset?: boolean;
}

export class MemoryServer {
  readonly id = sha256(zeros(1)).slice(0, 16);
  kept: Kept;
  privateRows: { rows: StoredPrivateRow[]; position: number } = { rows: [], position: 0 };
  readonly resetTokens = new Set<string>();

  constructor(readonly user: number, readonly username: string, authKey: Bytes) {
    this.kept = {
      states: [], statements: [], vault: null, ways: [], generations: [], receives: [], publicKeys: new Map(), rows: [], position: 0,
      authKeyHash: sha256(authKey), sessions: new Set(),
    };
  }

  get head(): UserState | null {
    return this.kept.states.at(-1) ?? null;
  }

  /** Whether every signed statement of a request is stored already. */
  isKnown(part: Part): boolean {
    const isStored = (bytes: Bytes, stored: readonly Bytes[]): boolean => stored.some((one) => equal(one, bytes));
    const { statements = [], generation, receive } = part;
    return statements.every((one) => isStored(one, this.kept.statements))
      && (!generation || isStored(generation.statement, this.kept.generations.map((one) => one.statement)))
      && (!receive || isStored(receive.statement, this.kept.receives.map((one) => one.statement)));
  }

  /** Takes a whole request from a device's session, or nothing of it. Throws Refusal. */
  async write(device: Bytes, part: Part): Promise<void> {
    const copy = structuredClone(this.kept);
    copy.states = [...this.kept.states];
    try {
      await this.#apply(copy, device, part);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new Refusal(`not_accepted ${error.verdict}`);
    }
    this.kept = copy;
    if (part.isReset) this.privateRows = { ...this.privateRows, rows: [] };
  }

  async #apply(kept: Kept, device: Bytes, part: Part): Promise<void> {
    const before = kept.states.at(-1) ?? null;
    for (const statement of part.statements ?? []) await this.#takeStatement(kept, statement);
    if (part.isReset) Object.assign(kept, { generations: [], rows: [], ways: [], publicKeys: new Map() });
    if (part.vault !== undefined) this.#takeVault(kept, part.vault, part.isReset ? 0 : (before?.vault?.version ?? 0));
    this.#takeKeys(kept, part.publicKeys ?? []);
    if (part.generation) await this.#takeGeneration(kept, device, part.generation);
    if (part.receive) await this.#takeReceive(kept, device, part.receive);
    this.takeRows(kept, part.rows ?? [], Boolean(part.generation));
    const after = kept.states.at(-1);
    for (const listed of before?.devices ?? []) {
      if (after !== undefined && findDevice(after, listed.device) === undefined) kept.sessions.delete(toHex(listed.device));
    }
  }

  async #takeStatement(kept: Kept, bytes: Bytes): Promise<void> {
    const state = kept.states.at(-1) ?? null;
    const { n, previous } = readUserStatement(bytes);
    if (n !== (state?.n ?? 0) + 1 || !equal(previous, state?.hash ?? zeros(32))) throw new Refusal("chain_moved");
    const next = await applyUserStatement(state, bytes, this.id, this.user);
    const isOwn = next.devices.every((one) => kept.sessions.has(toHex(one.device)) || (state !== null && findDevice(state, one.device)));
    check(isOwn, "not_allowed", "a device without a session");
    kept.states.push(next);
    kept.statements.push(bytes);
  }

  #takeVault(kept: Kept, vault: NewVault, before: number): void {
    const named = kept.states.at(-1)!.vault;
    check(named !== null && equal(named.sealedHash, sha256(vault.sealed)), "not_allowed", "not the vault of the statement");
    if (named.version !== before + 1) throw new Refusal("vault_moved");
    const proofs = new Map(kept.ways.map((way) => [toHex(way.id), way.proofHash]));
    kept.ways = vault.ways.map((way) => {
      const proofHash = way.proofHash ?? proofs.get(toHex(way.id));
      check(proofHash !== undefined, "malformed", "a way in without a proof");
      return { ...way, proofHash };
    });
    kept.vault = { ...vault, version: named.version };
  }

  #takeKeys(kept: Kept, given: PublicKey[]): void {
    const head = kept.states.at(-1);
    if (head === undefined) return;
    const named = [...head.devices.map((one) => ({ id: toHex(one.device), kemHash: one.kemHash }))];
    if (head.vault !== null) named.push({ id: toHex(zeros(16)), kemHash: head.vault.kemHash });
    const all = new Map([...kept.publicKeys, ...given.map((one): [string, Bytes] => [toHex(one.device), one.publicKey])]);
    for (const { id, kemHash } of named) {
      const key = all.get(id);
      check(key !== undefined && equal(hashKemKey(key), kemHash), "bad_key", `no key of ${id} that the chain names`);
    }
    kept.publicKeys = new Map(named.map(({ id }) => [id, all.get(id)!]));
  }

  async #takeGeneration(kept: Kept, device: Bytes, made: NewGeneration): Promise<void> {
    const [statement, newest, head] = [readGeneration(made.statement), kept.generations.at(-1), kept.states.at(-1)!];
    const follows = statement.g === (newest?.g ?? 0) + 1 && equal(statement.previous, newest?.hash ?? zeros(32));
    if (!follows) throw new Refusal("generation_moved");
    if (statement.chain.n !== head.n || !equal(statement.chain.hash, head.hash)) throw new Refusal("chain_moved");
    const signer = findDevice(head, statement.device);
    check(signer !== undefined && equal(statement.device, device), "not_listed", "not by the asking device");
    await verifyStatement(GENERATION, made.statement, signer.signKey);
    const recipients = made.wraps.map((one) => toHex(one.recipient)).sort();
    const expected = [toHex(zeros(16)), ...head.devices.map((one) => toHex(one.device))].sort();
    check(recipients.join() === expected.join(), "not_allowed", "not one wrap for each");
    check(made.wraps.every((one) => one.wrap.length === 1168), "malformed", "a wrap of another length");
    check((made.predecessor === null) === (statement.g === 1), "malformed", "a box of the predecessor");
    kept.generations.push({ ...made, g: statement.g, hash: hashStatement(GENERATION, made.statement), stated: head });
  }

  async #takeReceive(kept: Kept, device: Bytes, made: NewReceive): Promise<void> {
    const [statement, head] = [readReceive(made.statement), kept.states.at(-1)!];
    if (statement.version !== (kept.receives.at(-1)?.version ?? 0) + 1) throw new Refusal("receive_moved");
    if (statement.chain.n !== head.n || !equal(statement.chain.hash, head.hash)) throw new Refusal("chain_moved");
    const signer = findDevice(head, statement.device);
    check(signer !== undefined && equal(statement.device, device), "not_listed", "not by the asking device");
    await verifyStatement(RECEIVE, made.statement, signer.signKey);
    check(equal(hashKemKey(made.publicKey), statement.kemHash), "bad_key", "not the key that is stated");
    kept.receives.push({ ...made, version: statement.version });
  }

  takeRows(kept: Kept, rows: NewRow[], withGeneration = false): void {
    const newest = kept.generations.at(-1)?.g ?? 0;
    for (const row of rows) {
      if (kept.rows.some((one) => equal(one.sealed, row.sealed))) continue;
      if (row.g !== newest && row.kind !== 1) throw new Refusal("generation_moved");
      kept.rows.push({ ...row, isOfSet: withGeneration && row.kind !== 1, position: (kept.position += 1) });
    }
  }

  putPrivate(made: readonly NewPrivateRow[]): void {
    const { rows, position } = this.privateRows;
    const find = ({ kind, place }: NewPrivateRow): StoredPrivateRow | undefined => rows.find((one) => one.kind === kind && one.place === place);
    const fresh = made.filter((row) => !rows.some((one) => equal(one.sealed, row.sealed)));
    if (fresh.some((row) => row.g !== this.kept.generations.at(-1)?.g)) throw new Refusal("generation_moved");
    if (fresh.some((row) => (find(row)?.version ?? 0) !== row.before)) throw new Refusal("row_moved");
    const replaced = new Set(fresh.map(find));
    const stored = fresh.map(({ kind, place, version, g, sealed }, at) => ({ kind, place, version, g, sealed, position: position + at + 1 }));
    this.privateRows = { rows: [...rows.filter((row) => !replaced.has(row)), ...stored], position: position + fresh.length };
  }

  addWrap(kept: Kept, g: number, recipient: Bytes, wrap: Bytes): void {
    const newest = kept.generations.at(-1);
    if (newest?.g !== g) throw new Refusal("generation_moved");
    newest.wraps.push({ recipient, wrap });
  }

  /** As a part, with everything that a change of the vault has. */
  static partOf = (change: VaultChange, isReset = false): Part => ({ ...change, isReset });

  isListed = (device: Bytes): boolean => this.head !== null && !isZero(device) && findDevice(this.head, device) !== undefined;
}
