// Several people with devices and one server for tests, which keeps the rules of docs/protocol-encryption.md, 11, for epochs: it refuses
// what the real one must refuse, answers repeats, and lets go of nothing halfway.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import { type ChainPage, type NewReceive, Refusal } from "../../account/server.ts";
import type { Account } from "../../account/self.ts";
import { ready, World } from "../../account/testing/world.ts";
import type { KeyStore } from "../../keys/key-store.ts";
import { equal, isZero, zeros } from "../../protocol/codec.ts";
import { EPOCH, readEpoch, readRoster, type RosterMember } from "../../protocol/epoch.ts";
import { readRewrapRequest } from "../../protocol/epoch-keys.ts";
import { findMember } from "../../protocol/epoch-rules.ts";
import { LEAVE, readLeave } from "../../protocol/log-entries.ts";
import { RECEIVE } from "../../protocol/own-keys.ts";
import { hash, sha256 } from "../../protocol/primitives.ts";
import { chainLog } from "../../protocol/record.ts";
import { hashStatement } from "../../protocol/statements.ts";
import { readUserStatement } from "../../protocol/user-chain.ts";
import { findDevice } from "../../protocol/user-state.ts";
import { Device } from "../device.ts";
import type { StoredEpoch } from "../judging/epochs.ts";
import type { Row } from "../judging/log.ts";
import type { PersonHead } from "../people/people.ts";
import { EPOCH_ENTRY, LEAVE_ENTRY } from "../judging/roles.ts";
import type { ConversationServer, EpochHead, EpochRequest, EpochTaken, OpenRewrap, OwnWrap, RewrapAnswer, WrapName } from "../server.ts";
import { MemoryConversations } from "./memory-conversations.ts";

const MOST_OFFERED = 50;

interface Kept extends StoredEpoch {
  roster: Bytes;
  members: RosterMember[];
  hash: Bytes;
  wraps: Map<number, Bytes>;
  history: { sealed: Bytes; wraps: Map<number, Bytes> } | null;
}

export class Place {
  readonly epochs: Kept[] = [];
  readonly rows: Row[] = [];
  /** The newest request of a person for an epoch, and its first answer. */
  readonly rewraps = new Map<string, { n: number; user: number; request: Bytes; receiveHash: Bytes; answer: Bytes | null }>();
  readonly hashes: Bytes[];

  constructor(readonly conversation: Bytes) {
    this.hashes = [hash("hearth log v1", conversation)];
  }

  post(row: Omit<Row, "seq" | "recordHash">): Row {
    const posted = { ...row, seq: this.rows.length + 1, recordHash: sha256(row.record) };
    this.rows.push(posted);
    this.hashes.push(chainLog(this.hashes.at(-1)!, posted.seq, posted.kind, posted.user, posted.recordHash));
    return posted;
  }
}

export class Town {
  now = 1_790_000_000_000;
  readonly worlds = new Map<number, World>();
  readonly places = new Map<string, Place>();
  /** Requests for seeds that came, and whether they are refused. */
  asks = 0;
  refusesAsks = false;
  /** What the answer is to a chain that is given back. */
  refusesChains: string | null = null;

  /** A person with one device, set up. */
  async move(user: number, username: string, store?: KeyStore): Promise<Account> {
    const world = new World(user, username);
    world.now = this.now;
    this.worlds.set(user, world);
    return world.begin(store);
  }

  pass(ms: number): void {
    this.now += ms;
    for (const world of this.worlds.values()) world.now = this.now;
  }

  place = (conversation: Bytes): Place => this.places.get(toHex(conversation))!;

  /** Starts a device: its keys are caught up, what it kept of conversations is there. */
  async start(account: Account, store = new MemoryConversations(), api: ConversationServer = this.session(account)): Promise<Device> {
    const { self } = await ready(account);
    return Device.start(self, { api, store, now: () => this.now, wait: () => Promise.resolve() });
  }

  session = (account: Account): Session => new Session(this, account.place.user, account.device);

  head(user: number): PersonHead | null {
    const kept = this.worlds.get(user)?.server.kept;
    const state = kept?.states.at(-1);
    return state === undefined ? null : { user, n: state.n, hash: state.hash, receiveVersion: kept!.receives.at(-1)?.version ?? 0 };
  }
}

function requireThat(holds: boolean, code: string): asserts holds {
  if (!holds) throw new Refusal(code);
}

/** What one device's session may ask. */
export class Session implements ConversationServer {
  constructor(readonly town: Town, readonly user: number, readonly device: Bytes) {}

  now = (): number => this.town.now;

  #kept(user: number): World["server"]["kept"] {
    const world = this.town.worlds.get(user);
    requireThat(world !== undefined, "not_found");
    return world.server.kept;
  }

  async readChain(user: number, after: number): Promise<ChainPage> {
    const { statements } = this.#kept(user);
    return { n: statements.length, statements: statements.slice(after, after + 5) };
  }

  async listHeads(users: readonly number[]): Promise<PersonHead[]> {
    return users.flatMap((user) => this.town.head(user) ?? []);
  }

  async readReceive(user: number, hashes: readonly Bytes[]): Promise<NewReceive[]> {
    const { receives } = this.#kept(user);
    if (hashes.length === 0) return receives.slice(-1);
    return receives.filter(({ statement }) => hashes.some((one) => equal(one, hashStatement(RECEIVE, statement))));
  }

  #checkLine(before: RosterMember | undefined, line: RosterMember): void {
    const head = this.town.head(line.user);
    requireThat(head !== null, "chain_moved");
    const isNewest = equal(line.chain.hash, head.hash);
    const isSame = before !== undefined && equal(before.chain.hash, line.chain.hash) && before.receiveVersion === line.receiveVersion;
    requireThat(isNewest || isSame, "chain_moved");
    const { states } = this.#kept(line.user);
    // With another identity since, renewed or new, others may wait for an acceptance (9.2).
    const isOther = !equal(line.identityKey, states.at(-1)!.identityKey);
    requireThat(isOther || line.receiveVersion === 0 || line.receiveVersion === head.receiveVersion, "receive_outdated");
  }

  async makeEpoch({ record, roster, wraps, history }: EpochRequest): Promise<EpochTaken> {
    const epoch = readEpoch(record);
    const name = toHex(epoch.conversation);
    const place = this.town.places.get(name) ?? new Place(epoch.conversation);
    const known = place.epochs.find((one) => equal(one.record, record));
    if (known !== undefined) return { n: known.n, seq: known.seq, time: known.time };
    const before = place.epochs.at(-1);
    requireThat(epoch.n === (before?.n ?? 0) + 1, "epoch_moved");
    requireThat(epoch.actor === this.user && equal(epoch.device, this.device), "not_accepted");
    requireThat(before === undefined || findMember(before.members, this.user) !== undefined, "not_found");
    const bytes = roster ?? before!.roster;
    const members = readRoster(bytes);
    for (const line of members) this.#checkLine(before && findMember(before.members, line.user), line);
    const wanted = members.filter((one) => one.receiveVersion > 0).map((one) => one.user);
    requireThat(JSON.stringify(wanted) === JSON.stringify(wraps.map((one) => one.user)), "not_accepted");
    requireThat((epoch.historyFrom > 0) === (history !== null), "not_accepted");
    const asMap = (list: { user: number; wrap: Bytes }[]): Map<number, Bytes> => new Map(list.map((one) => [one.user, one.wrap]));
    const kept: Kept = {
      n: epoch.n, record, roster: bytes, members, hash: hashStatement(EPOCH, record), seq: place.rows.length + 1, time: this.town.now, wraps: asMap(wraps),
      history: history === null ? null : { sealed: history.sealed, wraps: asMap(history.wraps) },
    };
    place.epochs.push(kept);
    this.town.places.set(name, place);
    this.#postSigned(place, EPOCH_ENTRY, epoch.n, record, kept.hash);
    return { n: kept.n, seq: kept.seq, time: kept.time };
  }

  #postSigned(place: Place, kind: number, epoch: number, record: Bytes, statementHash: Bytes): void {
    place.post({
      kind, user: this.user, device: this.device, clientId: statementHash.slice(0, 16), counter: 0, epoch, targetSeq: 0, time: this.town.now, record,
    });
  }

  /** Epochs of one's stays, and the one before each; from where history was given. */
  #visible(conversation: Bytes): Kept[] {
    const epochs = this.town.places.get(toHex(conversation))?.epochs ?? [];
    const isIn = (one: Kept | undefined): boolean => one !== undefined && findMember(one.members, this.user) !== undefined;
    const given = epochs.filter((one) => one.history?.wraps.has(this.user)).map((one) => readEpoch(one.record).historyFrom);
    const from = given.length > 0 ? Math.min(...given) : Infinity;
    return epochs.filter((one, at) => isIn(one) || isIn(epochs[at + 1]) || one.n >= from - 1);
  }

  async listEpochs(conversation: Bytes, first: number): Promise<{ n: number; epochs: StoredEpoch[] }> {
    const visible = this.#visible(conversation);
    const page = visible.filter((one) => one.n >= first).slice(0, 4);
    const bare = page.map((one, at) => ({
      n: one.n, record: one.record, seq: one.seq, time: one.time, roster: at > 0 && equal(page[at - 1]!.roster, one.roster) ? null : one.roster,
    }));
    return { n: visible.at(-1)?.n ?? 0, epochs: bare };
  }

  async listEpochHeads(conversations: readonly Bytes[]): Promise<EpochHead[]> {
    return conversations.flatMap((conversation) => {
      const last = this.#visible(conversation).findLast((one) => findMember(one.members, this.user) !== undefined);
      return last === undefined ? [] : [{ conversation, n: last.n, recordHash: last.hash, seq: last.seq, time: last.time }];
    });
  }

  async listWraps(after: WrapName | null): Promise<{ wraps: OwnWrap[]; more: boolean }> {
    const all = [...this.town.places.values()].flatMap(({ conversation, epochs }) => epochs.flatMap((one): OwnWrap[] => {
      const wrap = one.wraps.get(this.user);
      return wrap === undefined ? [] : [{ conversation, n: one.n, recordHash: one.hash, wrap, hasHistory: one.history?.wraps.has(this.user) ?? false }];
    }));
    const from = after === null ? 0 : all.findIndex((one) => equal(one.conversation, after.conversation) && one.n > after.n);
    const page = from < 0 ? [] : all.slice(from, from + 50);
    return { wraps: page, more: from >= 0 && from + 50 < all.length };
  }

  async dropWraps(names: readonly WrapName[]): Promise<void> {
    for (const { conversation, n } of names) {
      const kept = this.town.place(conversation).epochs[n - 1]!;
      kept.wraps.delete(this.user);
      kept.history?.wraps.delete(this.user);
      this.town.place(conversation).rewraps.delete(`${this.user} ${n}`);
    }
  }

  async readHistory({ conversation, n }: WrapName): Promise<{ wrap: Bytes; sealed: Bytes }> {
    const history = this.town.place(conversation).epochs[n - 1]?.history;
    const wrap = history?.wraps.get(this.user);
    requireThat(history !== null && history !== undefined && wrap !== undefined, "not_found");
    return { wrap, sealed: history.sealed };
  }

  async askRewrap(request: Bytes): Promise<void> {
    const { conversation, n, user, receiveHash } = readRewrapRequest(request);
    const place = this.town.place(conversation);
    requireThat(place.epochs[n - 1] !== undefined, "epoch_moved");
    this.town.asks += 1;
    requireThat(user === this.user && !this.town.refusesAsks, "not_accepted");
    place.rewraps.set(`${user} ${n}`, { n, user, request, receiveHash, answer: null });
  }

  async listRewraps(): Promise<{ answers: RewrapAnswer[]; requests: OpenRewrap[] }> {
    const all = [...this.town.places.values()].flatMap(({ conversation, rewraps }) => [...rewraps.values()].map((one) => ({ conversation, ...one })));
    const mine = all.filter((one) => one.user === this.user && one.answer !== null);
    return { answers: mine.map((one) => ({ ...one, answer: one.answer! })), requests: all.filter((one) => one.user !== this.user && one.answer === null) };
  }

  async answerRewrap({ conversation, n }: WrapName, user: number, receiveHash: Bytes, answer: Bytes): Promise<void> {
    const asked = this.town.place(conversation).rewraps.get(`${user} ${n}`);
    requireThat(asked !== undefined && user !== this.user && equal(asked.receiveHash, receiveHash), "not_found");
    asked.answer ??= answer;
  }

  async readLog(conversation: Bytes, after: number): Promise<{ before: Bytes; rows: Row[] }> {
    const { rows, hashes } = this.town.place(conversation);
    return { before: hashes[after]!, rows: rows.slice(after, after + 20) };
  }

  async readEntry(conversation: Bytes, seq: number): Promise<{ before: Bytes; row: Row } | null> {
    const { rows, hashes } = this.town.place(conversation);
    const row = rows[seq - 1];
    return row === undefined ? null : { before: hashes[seq - 1]!, row };
  }

  async leave(record: Bytes): Promise<void> {
    const { conversation, epoch } = readLeave(record);
    this.#postSigned(this.town.place(conversation), LEAVE_ENTRY, epoch, record, hashStatement(LEAVE, record));
  }

  async offerChain({ statements, receives, publicKeys, listing }: Parameters<ConversationServer["offerChain"]>[0]): Promise<void> {
    const { server } = this.town.worlds.get(this.user)!;
    if (this.town.refusesChains !== null) throw new Refusal(this.town.refusesChains);
    const lists = [...statements, ...(listing === null ? [] : [listing])].map((one) => readUserStatement(one).body);
    const isComing = lists.some((body) => body.kind === "devices" && body.devices.some((one) => equal(one.device, this.device)));
    requireThat(isComing || server.kept.states.some((state) => findDevice(state, this.device) !== undefined), "not_found");
    // Of devices that come back nobody asks for a session.
    for (const { device } of publicKeys) server.kept.sessions.add(toHex(device));
    requireThat(statements.length <= MOST_OFFERED && receives.length <= MOST_OFFERED, "invalid_input");
    if (statements.length > 0) await server.write(this.device, { statements, publicKeys });
    for (const receive of receives) await server.write(this.device, { receive });
  }

  /** What message.send does. */
  send(conversation: Bytes, one: { record: Bytes; epoch: number; clientId: Bytes; counter: number; kind: number; targetSeq: number }): Row {
    const place = this.town.place(conversation);
    const newest = place.epochs.at(-1)!;
    requireThat(findMember(newest.members, this.user) !== undefined && !isZero(one.clientId), "not_found");
    return place.post({ ...one, user: this.user, device: this.device, time: this.town.now });
  }
}

export const noBytes = zeros(0);
