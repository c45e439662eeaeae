// A conversation as its members and an honest server make it; tests change what a device is then shown.
import type { Bytes } from "../../../lib/bytes.ts";
import { compare, join, zeros } from "../../protocol/codec.ts";
import { encodeRoster, type Epoch, EPOCH, groupId, hashRoster, makeEpoch, type RosterMember, type Settings } from "../../protocol/epoch.ts";
import { commitSeed, epochKey } from "../../protocol/epoch-keys.ts";
import { LEAVE, makeLeave } from "../../protocol/log-entries.ts";
import { hash, sha256 } from "../../protocol/primitives.ts";
import { chainLog, encodeBody, sealRecord } from "../../protocol/record.ts";
import { hashStatement } from "../../protocol/statements.ts";
import type { StoredEpoch } from "../judging/epochs.ts";
import { KnownConversation } from "../judging/known-conversation.ts";
import type { Row } from "../judging/log.ts";
import type { People } from "../people/people.ts";
import { EPOCH_ENTRY, LEAVE_ENTRY, MESSAGE, VOID } from "../judging/roles.ts";
import { deviceId, meet, NOW, Person, seedOf, SERVER, signAs } from "./cast.ts";

export const SETTINGS: Settings = { addBy: 2, postBy: 3, settingsBy: 2, timer: 0, links: [], pinBy: 2, everyoneBy: 2 };

interface Made extends StoredEpoch {
  rosterBytes: Bytes;
  epoch: Epoch;
  members: RosterMember[];
  hash: Bytes;
  seed: Bytes;
}

export interface SealOptions {
  by?: string;
  kind?: number;
  epoch?: number;
  target?: Row;
  targetSeq?: number;
  targetHash?: Bytes;
  counter?: number;
  seen?: { seq: number; hash: Bytes };
  body?: Bytes;
  signAs?: string;
}

export class Room {
  readonly conversation: Bytes;
  readonly epochs: Made[] = [];
  readonly rows: Row[] = [];
  readonly hashes: Bytes[];
  readonly counters = new Map<string, number>();

  constructor(readonly cast: Person[], conversation?: Bytes) {
    this.conversation = conversation ?? groupId(SERVER, 1, deviceId(`${cast[0]!.name} phone`), NOW);
    this.hashes = [hash("hearth log v1", this.conversation)];
  }

  static async begin(cast: Person[], changed: Partial<Epoch> = {}): Promise<Room> {
    const room = new Room(cast);
    await room.make("create", 1, cast.map((one, at) => one.line(at === 0 ? 1 : 3)), changed);
    return room;
  }

  person = (user: number): Person => this.cast.find((one) => one.user === user)!;

  get n(): number {
    return this.epochs.length;
  }

  get seen(): { seq: number; hash: Bytes } {
    return { seq: this.rows.length, hash: this.hashes.at(-1)! };
  }

  /** The next epoch, signed by the actor's phone unless `by` says otherwise, and its entry. */
  async make(action: Epoch["action"], actor: number, lines: RosterMember[], changed: Partial<Epoch> = {}, by?: string): Promise<Made> {
    const members = [...lines].sort((a, b) => a.user - b.user);
    const rosterBytes = encodeRoster(members);
    const name = by ?? `${this.person(actor).name} phone`;
    const n = this.n + 1;
    const seed = seedOf(`seed ${n} ${action} ${compare(this.conversation, zeros(16))}`);
    const last = this.epochs.at(-1);
    const epoch: Epoch = {
      minimumFormat: 1, kind: "group", server: SERVER, conversation: this.conversation, n, previous: last?.hash ?? zeros(32),
      rosterHash: hashRoster(rosterBytes), settings: last?.epoch.settings ?? SETTINGS, action, targets: [], historyFrom: 0, actor, device: deviceId(name),
      time: NOW, seen: this.seen, commitment: commitSeed(this.conversation, n, seed), extensions: [], ...changed,
    };
    const record = await makeEpoch(epoch, signAs(name));
    const made: Made = {
      n, record, roster: rosterBytes, rosterBytes, seq: this.rows.length + 1, time: NOW, epoch, members, hash: hashStatement(EPOCH, record), seed,
    };
    this.epochs.push(made);
    this.postSigned(EPOCH_ENTRY, actor, epoch.device, n, record, made.hash);
    return made;
  }

  /** The members as they stand, with newest lines. */
  lines = (): RosterMember[] => this.epochs.at(-1)!.members.map((one) => this.person(one.user).line(one.role));

  rotate = (actor = 1, changed: Partial<Epoch> = {}): Promise<Made> => this.make("rotate", actor, this.lines(), changed);

  remove(user: number, actor = 1, cause = zeros(32)): Promise<Made> {
    return this.make("remove", actor, this.lines().filter((one) => one.user !== user), { targets: [{ user, role: 0, cause }] });
  }

  post(row: Row): Row {
    this.rows.push(row);
    this.hashes.push(chainLog(this.hashes.at(-1)!, row.seq, row.kind, row.user, row.recordHash));
    return row;
  }

  postSigned(kind: number, user: number, device: Bytes, epoch: number, record: Bytes, statementHash: Bytes, changed: Partial<Row> = {}): Row {
    return this.post({
      seq: this.rows.length + 1, kind, user, device, clientId: statementHash.slice(0, 16), counter: 0, epoch, targetSeq: 0, time: NOW, record,
      recordHash: sha256(record), ...changed,
    });
  }

  async leave(user: number, by = `${this.person(user).name} phone`): Promise<Row> {
    const { n, hash: recordHash } = this.epochs.at(-1)!;
    const one = {
      server: SERVER, conversation: this.conversation, epoch: n, recordHash, user, device: deviceId(by), time: NOW, seen: this.seen, extensions: [],
    };
    const record = await makeLeave(one, signAs(by));
    return this.postSigned(LEAVE_ENTRY, user, one.device, n, record, hashStatement(LEAVE, record));
  }

  /** A record as the next entry, not posted. */
  async seal(user: number, text = "hi", options: SealOptions = {}): Promise<Row> {
    const by = options.by ?? `${this.person(user).name} phone`;
    const { kind = MESSAGE, epoch = this.n, target } = options;
    const counter = options.counter ?? (this.counters.get(by) ?? 0) + 1;
    this.counters.set(by, Math.max(counter, this.counters.get(by) ?? 0));
    const { hash: epochHash, seed } = this.epochs[epoch - 1]!;
    const clientId = seedOf(`${by} ${counter} ${text}`).slice(0, 16);
    const targetSeq = options.targetSeq ?? target?.seq ?? 0;
    const place = { suite: 1, conversation: this.conversation, epoch, epochHash, user, device: deviceId(by), clientId, counter, kind, targetSeq };
    const inner = { sentAt: NOW, targetHash: options.targetHash ?? target?.recordHash ?? zeros(32), seen: options.seen ?? this.seen };
    const body = options.body ?? (kind === VOID ? zeros(0) : encodeBody({ type: "text", text }, []));
    const record = await sealRecord(epochKey(seed, epochHash), place, inner, body, signAs(options.signAs ?? by));
    return {
      seq: this.rows.length + 1, kind, user, device: place.device, clientId, counter, epoch, targetSeq, time: NOW, record, recordHash: sha256(record),
    };
  }

  send = async (user: number, text?: string, options?: SealOptions): Promise<Row> => this.post(await this.seal(user, text, options));

  /** What a member's device knows that has taken all of it, with all seeds. */
  async open(user = 2, people?: People, databases: ReadonlySet<string> = new Set()): Promise<KnownConversation> {
    const where = { server: SERVER, conversation: this.conversation, user };
    const known = new KnownConversation(where, people ?? (await meet(this.cast, user)), { databases, now: () => NOW });
    let shown = 0;
    for (const made of this.epochs) {
      if (made.seq > shown + 1) await known.takeRows(this.hashes[shown]!, this.rows.slice(shown, made.seq - 1));
      shown = Math.max(shown, made.seq - 1);
      await known.takeEpoch(made);
      known.epochs.takeSeed(made.n, made.seed);
    }
    await known.takeRows(this.hashes[shown]!, this.rows.slice(shown));
    return known;
  }
}

export async function makeCast(...names: string[]): Promise<Person[]> {
  const cast: Person[] = [];
  for (const [at, name] of names.entries()) cast.push(await Person.begin(at + 1, name, `${name} phone`, `${name} laptop`));
  return cast;
}

/** What an entry is judged as: a verdict, or what it says. */
export function judgedAs(known: KnownConversation, seq: number): string {
  const finding = known.judged.findings.find((one) => one.row.seq === seq)!;
  if (finding.verdict !== null) return finding.verdict;
  return (finding.content as { text?: string } | null)?.text ?? "stands";
}

export const rewrite = (row: Row, changed: Partial<Row>): Row => ({ ...row, ...changed });
export const withBytes = (row: Row, record: Bytes): Row => ({ ...row, record, recordHash: sha256(record) });
export const longer = (bytes: Bytes, extra: number): Bytes => join(bytes, zeros(extra));
