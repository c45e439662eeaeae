// Random histories of a conversation, with everything in them that members, an honest server and a lying one may do, and what this
// implementation makes of each. tests/clients/test_histories.py asks the Python client the same.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import { join, ProtocolError, zeros } from "../../protocol/codec.ts";
import { encodeRoster, type Epoch, hashRoster, makeEpoch, type RosterMember } from "../../protocol/epoch.ts";
import { makeRestored, RESTORED } from "../../protocol/log-entries.ts";
import { encodeBody } from "../../protocol/record.ts";
import { hashStatement } from "../../protocol/statements.ts";
import { KnownConversation } from "../judging/known-conversation.ts";
import type { Row } from "../judging/log.ts";
import { DELETION, EDIT, MESSAGE, REACTION, RESTORED_ENTRY, STATE, VOID } from "../judging/roles.ts";
import { deviceId, meet, NOW, Person, seedOf, SERVER, signAs } from "./cast.ts";
import { generator } from "./draw.ts";
import { makeCast, Room, type SealOptions, SETTINGS, withBytes } from "./room.ts";

const NAMES = ["alice", "bob", "carol", "dave"];
const DATABASE = seedOf("database").slice(0, 16);
/** Who looks. */
const SELF = 2;

interface Attempt {
  record: Bytes;
  roster: Bytes | null;
  seq: number;
}

/** What is shown to both, in this order: each epoch after the entries below it. */
interface Shown {
  room: Room;
  attempts: Attempt[];
  withoutSeed: Set<number>;
}

class Author {
  readonly attempts: Attempt[] = [];
  readonly withoutSeed = new Set<number>();

  constructor(readonly room: Room, readonly draw: () => number) {}

  below = (n: number): number => Math.floor(this.draw() * n);
  pick = <T>(list: readonly T[]): T => list[this.below(list.length)]!;
  once = (chance: number): boolean => this.draw() < chance;

  /** A member as a rule; sometimes anybody. */
  user(): number {
    const members = this.room.epochs.at(-1)!.members.map((one) => one.user);
    return this.once(0.9) ? this.pick(members) : this.pick(this.room.cast).user;
  }

  deviceOf(user: number): string {
    const { name } = this.room.person(user);
    return `${name} ${this.once(0.75) ? "phone" : this.once(0.8) ? "laptop" : "tablet"}`;
  }

  async record(): Promise<void> {
    const { room } = this;
    const user = this.user();
    const kind = this.pick([MESSAGE, MESSAGE, MESSAGE, EDIT, REACTION, DELETION, STATE, VOID, 5]);
    const options: SealOptions = { kind, by: this.deviceOf(user), epoch: this.once(0.85) ? room.n : 1 + this.below(room.n) };
    const hasTarget = kind === EDIT || kind === REACTION || kind === DELETION || this.once(0.1);
    if (hasTarget && this.once(0.9)) options.target = this.pick(room.rows);
    if (this.once(0.05)) options.targetHash = seedOf("another");
    if (this.once(0.03)) options.targetSeq = room.rows.length + 5;
    if (options.targetSeq !== undefined && options.target === undefined) options.targetHash = seedOf("above");
    const known = room.counters.get(options.by!) ?? 0;
    if (this.once(0.06)) options.counter = this.below(known + 1);
    if (this.once(0.04)) options.counter = known + 2;
    if (this.once(0.06)) options.seen = { seq: this.below(room.rows.length + 4), hash: seedOf("other log") };
    else if (this.once(0.2)) options.seen = this.seenBefore();
    if (this.once(0.03)) options.signAs = "mallory phone";
    if (this.once(0.04)) options.body = this.pick([zeros(0), encodeBody([], []), encodeBody({ type: "text", text: "x" }, [{ id: 8, critical: true, bytes: zeros(1) }])]);
    const row = await room.seal(user, `${room.rows.length}`, options);
    room.post(this.once(0.08) ? this.spoil(row) : row);
  }

  seenBefore(): { seq: number; hash: Bytes } {
    const seq = this.below(this.room.rows.length + 1);
    return { seq, hash: this.room.hashes[seq]! };
  }

  /** What a lying server does to a row. */
  spoil(row: Row): Row {
    const flipped = row.record.slice();
    flipped[this.below(flipped.length)]! ^= 1 << this.below(8);
    return this.pick<() => Row>([
      () => withBytes(row, flipped), () => withBytes(row, row.record.slice(0, -1)), () => ({ ...row, counter: row.counter + 1 }),
      () => ({ ...row, epoch: row.epoch + 1 }), () => ({ ...row, user: this.pick(this.room.cast).user }), () => ({ ...row, kind: this.pick([1, 2, 9]) }),
      () => ({ ...row, targetSeq: row.targetSeq + 1 }), () => ({ ...row, device: deviceId("bob laptop") }),
      () => withBytes({ ...row, epoch: 0 }, join(zeros(1), new TextEncoder().encode('{"type":"text","text":"plain"}'))),
    ])();
  }

  /** An entry that stands somewhere already comes again. */
  repeat(): void {
    const row = this.pick(this.room.rows);
    this.room.post({ ...row, seq: this.room.rows.length + 1 });
  }

  async leave(): Promise<void> {
    const user = this.user();
    const row = await this.room.leave(user, this.deviceOf(user));
    if (!this.once(0.1)) return;
    this.room.rows.pop();
    this.room.hashes.pop();
    this.room.post(this.pick([{ ...row, counter: 1 }, { ...row, user: 3 }, { ...row, epoch: 1 }, withBytes(row, join(row.record.slice(0, -1), zeros(1)))]));
  }

  async restore(): Promise<void> {
    const user = this.user();
    const by = this.deviceOf(user);
    const { n, hash } = this.room.epochs.at(-1)!;
    const one = {
      server: SERVER, conversation: this.room.conversation, databaseGeneration: this.once(0.7) ? DATABASE : zeros(16), epoch: n, recordHash: hash,
      old: { seq: 90, hash: seedOf("old") }, user, device: deviceId(by), time: NOW, extensions: [],
    };
    const record = await makeRestored(one, signAs(by));
    this.room.postSigned(RESTORED_ENTRY, user, one.device, n, record, hashStatement(RESTORED, record));
  }

  /** What people do to their own keys. */
  async person(): Promise<void> {
    const person = this.pick(this.room.cast);
    const { name } = person;
    const phone = `${name} phone`;
    const isListed = person.now.devices.some((one) => toHex(one.device) === toHex(deviceId(phone)));
    await this.pick<() => Promise<void>>([
      () => person.setDevices(phone, `${name} tablet`), () => person.setDevices(phone), () => person.setDevices(phone, `${name} laptop`),
      () => person.renewIdentity(`${name} identity ${person.now.n}`), () => (isListed ? person.renewReceive(phone) : person.setDevices(phone)),
      () => person.reset(`${name} reset ${person.now.n}`, `${name} phone`),
    ])();
  }

  /** The next epoch; one that everybody refuses is shown and has no entry, as an honest server refuses it, too. */
  async epoch(): Promise<void> {
    const { room } = this;
    const members = room.epochs.at(-1)!.members;
    const wanted = this.wish(members);
    const actor = this.once(0.8) ? this.pick(members).user : this.pick(room.cast).user;
    const n = room.n + 1;
    const changed: Partial<Epoch> = { ...wanted.changed };
    if (this.once(0.04)) changed.minimumFormat = this.pick([0, 1]);
    const last = room.epochs.at(-1)!;
    const roster = encodeRoster(wanted.lines);
    const by = `${room.person(actor).name} phone`;
    const record = await makeEpoch({
      ...last.epoch, n, previous: last.hash, rosterHash: hashRoster(roster), targets: [], historyFrom: 0, actor, device: deviceId(by), time: NOW,
      seen: this.once(0.9) ? room.seen : { seq: 1, hash: seedOf("x") }, ...changed, action: wanted.action,
    }, signAs(this.once(0.95) ? by : "mallory phone"));
    this.attempts.push({ record, roster, seq: room.rows.length + 1 });
    if (await this.isRefused(record, roster)) return;
    this.attempts.pop();
    const made = await room.make(wanted.action, actor, wanted.lines, changed, by);
    if (this.once(0.08)) this.withoutSeed.add(made.n);
    if (this.once(0.1)) this.attempts.push({ record, roster, seq: made.seq + 1 });
  }

  async isRefused(record: Bytes, roster: Bytes): Promise<boolean> {
    const { known } = await show({ room: this.room, attempts: [], withoutSeed: new Set() });
    try {
      await known.epochs.take(record, roster, { seq: this.room.rows.length + 1, time: NOW });
      return false;
    } catch (error) {
      if (error instanceof ProtocolError) return true;
      throw error;
    }
  }

  wish(members: readonly RosterMember[]): { action: Epoch["action"]; lines: RosterMember[]; changed: Partial<Epoch> } {
    const { room } = this;
    const none = zeros(32);
    const line = (one: RosterMember, role = one.role): RosterMember => (this.once(0.7) ? room.person(one.user).line(role) : { ...one, role });
    const lines = members.map((one) => line(one));
    const some = this.pick(members);
    const out = room.cast.filter((one) => !members.some((member) => member.user === one.user));
    const leaves = room.rows.filter((row) => row.kind === 17).map((row) => row.recordHash);
    const cause = leaves.length > 0 && this.once(0.6) ? this.pick(leaves) : none;
    return this.pick<() => { action: Epoch["action"]; lines: RosterMember[]; changed: Partial<Epoch> }>([
      () => ({ action: "rotate", lines, changed: {} }),
      () => ({ action: "remove", lines: lines.filter((one) => one.user !== some.user), changed: { targets: [{ user: some.user, role: 0, cause }] } }),
      () => {
        const role = 1 + this.below(3);
        return { action: "role", lines: lines.map((one) => (one.user === some.user ? { ...one, role } : one)), changed: { targets: [{ user: some.user, role, cause: none }] } };
      },
      () => ({ action: "settings", lines, changed: { settings: { ...SETTINGS, postBy: 1 + this.below(3), timer: this.once(0.2) ? 3600 : 0 } } }),
      () => {
        const added = out.length > 0 ? this.pick(out) : room.person(some.user);
        const rest = lines.filter((one) => one.user !== added.user);
        const targets = [{ user: added.user, role: 3, cause: none }];
        return { action: "add", lines: [...rest, added.line(3)].sort((a, b) => a.user - b.user), changed: { targets } };
      },
      () => ({
        action: "reidentify", lines: members.map((one) => (one.user === some.user ? room.person(one.user).line(Math.max(one.role, 1)) : line(one))),
        changed: { targets: [{ user: some.user, role: some.role, cause: none }] },
      }),
    ])();
  }
}

/** Takes everything as it is shown, and says what became of each attempt at an epoch. */
async function show({ room, attempts, withoutSeed }: Shown): Promise<{ known: KnownConversation; refused: (string | null)[] }> {
  const where = { server: SERVER, conversation: room.conversation, user: SELF };
  const known = new KnownConversation(where, await meet(room.cast, SELF), { databases: new Set([toHex(DATABASE)]), now: () => NOW });
  const refused: (string | null)[] = [];
  let shown = 0;
  const steps = [...room.epochs.map((made) => ({ seq: made.seq, made, attempt: null })), ...attempts.map((attempt) => ({ seq: attempt.seq, made: null, attempt }))];
  for (const { seq, made, attempt } of steps.sort((a, b) => a.seq - b.seq || Number(a.attempt === null) - Number(b.attempt === null))) {
    if (seq - 1 > shown) await known.takeRows(room.hashes[shown]!, room.rows.slice(shown, seq - 1));
    shown = Math.max(shown, seq - 1);
    if (attempt !== null) refused.push(await verdictOf(known.epochs.take(attempt.record, attempt.roster, { seq, time: NOW })));
    else {
      await known.takeEpoch(made);
      if (!withoutSeed.has(made.n)) known.epochs.takeSeed(made.n, made.seed);
    }
  }
  if (shown < room.rows.length) await known.takeRows(room.hashes[shown]!, room.rows.slice(shown));
  return { known, refused };
}

async function verdictOf(act: Promise<unknown>): Promise<string | null> {
  try {
    await act;
    return null;
  } catch (error) {
    if (error instanceof ProtocolError) return error.verdict;
    throw error;
  }
}

/** Entries that a server has emptied, rightly or not. */
function empty(author: Author): void {
  for (const row of author.room.rows) {
    if (row.kind < 16 && row.record[0] === 1 && author.once(0.06)) author.room.rows[row.seq - 1] = { ...row, record: zeros(0) };
  }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_key, one: unknown) => (one instanceof Uint8Array ? toHex(one) : one)));

/** One history and what is made of it, as JSON with bytes in hex. */
export async function makeHistory(seed: number, length: number): Promise<unknown> {
  const draw = generator(seed);
  const cast = await makeCast(...NAMES);
  const room = new Room(cast);
  await room.make("create", 1, cast.slice(0, 3).map((one, at) => one.line(at + 1)));
  const author = new Author(room, draw);
  const acts: [number, () => Promise<void> | void][] = [
    [70, () => author.record()], [10, () => author.epoch()], [6, () => author.person()], [5, () => author.leave()], [4, () => author.repeat()], [1, () => author.restore()],
  ];
  while (room.rows.length < length) {
    let at = author.below(96);
    const [, act] = acts.find(([weight]) => (at -= weight) < 0)!;
    await act();
  }
  empty(author);
  const { attempts, withoutSeed } = author;
  const { known, refused } = await show({ room, attempts, withoutSeed });
  const { newest } = known.epochs;
  return plain({
    seed, server: SERVER, conversation: room.conversation, self: SELF, database: DATABASE, now: NOW, hashes: room.hashes, rows: room.rows,
    people: cast.map(({ user, statements, receives }: Person) => ({ user, statements, receives: receives.map((one) => one.statement) })),
    epochs: room.epochs.map(({ n, record, roster, seq, seed: s }) => ({ n, record, roster, seq, seed: withoutSeed.has(n) ? null : s })),
    attempts: attempts.map((attempt, at) => ({ ...attempt, refused: refused[at] })),
    newest: newest?.epoch.n ?? 0,
    findings: known.judged.findings.map(({ row, verdict, content, target, isWithheld }) => ({ seq: row.seq, verdict, content, target, isWithheld })),
  });
}

/** Several, each longer than a late record may come. */
export async function makeHistories(first: number, count: number, length: number): Promise<unknown[]> {
  const made = [];
  for (let seed = first; seed < first + count; seed += 1) made.push(await makeHistory(seed, length));
  return made;
}
