// One device's session with the server of tests.
import { type Bytes, fromHex, toHex } from "../../../lib/bytes.ts";
import { equal, zeros } from "../../protocol/codec.ts";
import { random, sha256 } from "../../protocol/primitives.ts";
import {
  type AccountServer, type Addition, type NewPassword, type NewPrivateRow, type NewRow, Refusal, type Renewal, type Removal,
  type StoredGeneration, type VaultChange,
} from "../server.ts";
import { type KeptGeneration, MemoryServer } from "./memory-server.ts";

/** So few at once that every list has several pages. */
const PAGE = 3;

export class MemorySession implements AccountServer {
  constructor(readonly server: MemoryServer, readonly device: Bytes) {}

  #requireSession(): void {
    if (!this.server.kept.sessions.has(toHex(this.device))) throw new Refusal("unauthenticated");
  }

  #requireListed(): void {
    this.#requireSession();
    if (!this.server.isListed(this.device)) throw new Refusal("forbidden");
  }

  #requirePassword(authKey: Bytes): void {
    if (!equal(sha256(authKey), this.server.kept.authKeyHash)) throw new Refusal("wrong_password");
  }

  #show({ statement, predecessor, wraps }: KeptGeneration): StoredGeneration {
    const find = (recipient: Bytes): Bytes | null => wraps.find((one) => equal(one.recipient, recipient))?.wrap ?? null;
    return { statement, predecessor, wrap: this.server.isListed(this.device) ? find(this.device) : null, vaultWrap: find(zeros(16)) };
  }

  async getVault(): ReturnType<AccountServer["getVault"]> {
    this.#requireSession();
    const { vault } = this.server.kept;
    const isListed = this.server.isListed(this.device);
    return { version: vault?.version ?? 0, isListed, sealed: vault?.sealed ?? null, passwordWrap: vault?.passwordWrap ?? null };
  }

  async readChain(after: number): ReturnType<AccountServer["readChain"]> {
    this.#requireSession();
    const { statements } = this.server.kept;
    return { n: statements.length, statements: statements.slice(after, after + PAGE) };
  }

  async listGenerations(before: number | null): Promise<StoredGeneration[]> {
    this.#requireSession();
    const below = this.server.kept.generations.filter((one) => before === null || one.g < before);
    return below.slice(-PAGE).reverse().map((one) => this.#show(one));
  }

  async readReceive(): ReturnType<AccountServer["readReceive"]> {
    this.#requireSession();
    return this.server.kept.receives.at(-1) ?? null;
  }

  async listPublicKeys(): ReturnType<AccountServer["listPublicKeys"]> {
    this.#requireListed();
    return [...this.server.kept.publicKeys].map(([id, publicKey]) => ({ device: fromHex(id), publicKey }));
  }

  async listSessions(): Promise<Bytes[]> {
    this.#requireSession();
    return [...this.server.kept.sessions].map((id) => fromHex(id));
  }

  async listRows(after: number): ReturnType<AccountServer["listRows"]> {
    this.#requireListed();
    const { rows, position } = this.server.kept;
    return { rows: rows.filter((row) => row.position > after).slice(0, PAGE), position: rows.at(-1)?.position ?? position };
  }

  async appendRows(rows: NewRow[]): Promise<void> {
    this.#requireListed();
    this.server.takeRows(this.server.kept, rows);
  }

  async listPrivate(after: number): ReturnType<AccountServer["listPrivate"]> {
    this.#requireListed();
    const { rows, position } = this.server.privateRows;
    const above = rows.filter((row) => row.position > after).sort((one, other) => one.position - other.position);
    return { rows: above.slice(0, PAGE), position };
  }

  async putPrivate(rows: NewPrivateRow[]): Promise<void> {
    this.#requireListed();
    this.server.putPrivate(rows);
  }

  async setUp(authKey: Bytes, change: VaultChange): Promise<void> {
    this.#requireSession();
    if (this.server.head !== null && this.server.isKnown(change)) return;
    this.#requirePassword(authKey);
    if (this.server.head !== null) throw new Refusal("chain_moved");
    await this.server.write(this.device, MemoryServer.partOf(change));
  }

  async addDevice(authKey: Bytes, addition: Addition): Promise<void> {
    this.#requireSession();
    const part = { statements: [addition.statement], publicKeys: [{ device: this.device, publicKey: addition.publicKey }] };
    if (this.server.isKnown(part)) return;
    this.#requirePassword(authKey);
    const { generations } = this.server.kept;
    if (generations.at(-1)?.g !== addition.g) throw new Refusal("generation_moved");
    const { sessions, states } = this.server.kept;
    const before = states.at(-1)?.devices ?? [];
    await this.server.write(this.device, part);
    const left = before.filter((one) => !this.server.isListed(one.device));
    if (left.some((one) => sessions.has(toHex(one.device)))) throw new Refusal("not_accepted not_allowed");
    this.server.addWrap(this.server.kept, addition.g, this.device, addition.wrap);
  }

  async retire(statement: Bytes): Promise<void> {
    if (this.server.isKnown({ statements: [statement] })) return;
    this.#requireListed();
    await this.server.write(this.device, { statements: [statement] });
  }

  async setProfile(statement: Bytes): Promise<void> {
    if (this.server.isKnown({ statements: [statement] })) return;
    this.#requireListed();
    await this.server.write(this.device, { statements: [statement] });
  }

  async removeDevices(authKey: Bytes, removal: Removal): Promise<void> {
    this.#requireListed();
    const part = { ...removal, statements: [removal.statement] };
    if (this.server.isKnown(part)) return;
    this.#requirePassword(authKey);
    await this.server.write(this.device, part);
  }

  async changePassword(authKey: Bytes, password: NewPassword, change: VaultChange): Promise<void> {
    this.#requireListed();
    if (this.server.isKnown(change)) return;
    this.#requirePassword(authKey);
    await this.server.write(this.device, MemoryServer.partOf(change));
    this.server.kept.authKeyHash = sha256(password.authKey);
  }

  async changeWays(authKey: Bytes, change: VaultChange): Promise<void> {
    this.#requireListed();
    if (this.server.isKnown(change)) return;
    this.#requirePassword(authKey);
    await this.server.write(this.device, MemoryServer.partOf(change));
  }

  async renew(renewal: Renewal): Promise<void> {
    this.#requireListed();
    if (this.server.isKnown(renewal)) return;
    await this.server.write(this.device, renewal);
  }

  async resetHere(token: string, password: NewPassword, change: VaultChange): Promise<void> {
    this.#requireListed();
    if (this.server.isKnown(change)) return;
    await this.#spend(token, password, change, this.device);
  }

  async #spend(token: string, password: NewPassword, change: VaultChange, device: Bytes): Promise<void> {
    if (!this.server.resetTokens.has(token)) throw new Refusal("link_invalid");
    const before = new Set(this.server.kept.sessions);
    this.server.kept.sessions.add(toHex(device));
    try {
      await this.server.write(device, MemoryServer.partOf(change, true));
    } catch (error) {
      this.server.kept.sessions = before;
      throw error;
    }
    this.server.resetTokens.delete(token);
    Object.assign(this.server.kept, { authKeyHash: sha256(password.authKey), sessions: new Set([toHex(device)]) });
  }

  readonly #tickets = new Map<string, Bytes>();

  async askRecovery(username: string, proof: Bytes, after: number): ReturnType<AccountServer["askRecovery"]> {
    const { kept } = this.server;
    const way = kept.ways.find((one) => equal(one.proofHash, sha256(proof)));
    if (way === undefined || username !== this.server.username) throw new Refusal("wrong_proof");
    const [ticket, device] = [toHex(random(16)), random(16)];
    this.#tickets.set(ticket, device);
    return {
      server: this.server.id, user: this.server.user, ticket, device, version: kept.vault!.version, sealed: kept.vault!.sealed, kind: way.kind, id: way.id,
      wayIn: way.wayIn, chain: { n: kept.statements.length, statements: kept.statements.slice(after, after + PAGE) },
      generation: this.#show(kept.generations.at(-1)!), receiveVersion: kept.receives.at(-1)!.version,
    };
  }

  async finishRecovery(_username: string, proof: Bytes, ticket: string, password: NewPassword, change: VaultChange): Promise<void> {
    if (this.server.isKnown(change)) return;
    const { kept } = this.server;
    const device = this.#tickets.get(ticket);
    if (device === undefined || !kept.ways.some((one) => equal(one.proofHash, sha256(proof)))) throw new Refusal("wrong_proof");
    kept.sessions.add(toHex(device));
    await this.server.write(device, MemoryServer.partOf(change));
    Object.assign(this.server.kept, { authKeyHash: sha256(password.authKey), sessions: new Set([toHex(device)]) });
  }

  readonly #resets = new Map<string, Bytes>();

  async askReset(token: string): ReturnType<AccountServer["askReset"]> {
    if (!this.server.resetTokens.has(token)) throw new Refusal("link_invalid");
    const device = this.#resets.get(token) ?? random(16);
    this.#resets.set(token, device);
    const { head, id, user, username, kept } = this.server;
    return { server: id, user, username, device, n: head?.n ?? 0, hash: head?.hash ?? zeros(32), receiveVersion: kept.receives.at(-1)?.version ?? 0 };
  }

  async finishReset(token: string, password: NewPassword, change: VaultChange): Promise<void> {
    if (this.server.isKnown(change)) return;
    await this.#spend(token, password, change, this.#resets.get(token)!);
  }
}
