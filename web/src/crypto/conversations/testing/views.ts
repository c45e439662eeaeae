// What a device of this client makes of one conversation, step by step as it is told from outside: the TypeScript half of the test of
// random histories (tests/histories). Bytes are hex.
import { type Bytes, fromHex, toHex } from "../../../lib/bytes.ts";
import { Refusal } from "../../account/server.ts";
import { ProtocolError, zeros } from "../../protocol/codec.ts";
import { signWithSeed } from "../../protocol/ed25519.ts";
import { encodeSettings, type Settings } from "../../protocol/epoch.ts";
import { openHistory, openRewrap, unwrapHistoryKey, unwrapSeed } from "../../protocol/epoch-keys.ts";
import { KnownChain } from "../../protocol/known-chain.ts";
import { type Leave, makeLeave } from "../../protocol/log-entries.ts";
import { accept, compare, meet, type Pin, uncompare } from "../../protocol/pins.ts";
import { encodeBody, sealRecord } from "../../protocol/record.ts";
import { conversationCode } from "../../protocol/trust.ts";
import type { Device, Live } from "../device.ts";
import { KnownConversation } from "../judging/known-conversation.ts";
import type { Row } from "../judging/log.ts";
import { type Act, type Author, type Beginning, type EpochDraft, makeFirstEpoch, makeNextEpoch } from "../acting/make-epoch.ts";
import { People, type PeopleServer } from "../people/people.ts";
import { answerRequest, makeRequest } from "../fetching/rewrap.ts";
import { VOID } from "../judging/roles.ts";
import { judgeSealing } from "../sealing-state.ts";

/** A step as it comes: the fields are those of the operation that `op` names. */
export type Step = Record<string, unknown> & { op: string };
type Told = Record<string, unknown>;

/** Nothing is fetched here: what a device knows is what the steps before told it. */
const nothing: PeopleServer = {
  readChain: () => Promise.reject(new Refusal("not_found")),
  listHeads: () => Promise.resolve([]),
  readReceive: () => Promise.reject(new Refusal("not_found")),
};

const bytes = (step: Told, name: string): Bytes => fromHex(step[name] as string);
const optional = (step: Told, name: string): Bytes | null => (typeof step[name] === "string" ? bytes(step, name) : null);
const number = (step: Told, name: string): number => step[name] as number;

function readRow(told: Told): Row {
  return {
    seq: number(told, "seq"), kind: number(told, "kind"), user: number(told, "user"), device: bytes(told, "device"), clientId: bytes(told, "client_id"),
    counter: number(told, "counter"), epoch: number(told, "epoch"), targetSeq: number(told, "target_seq"), time: number(told, "time"),
    record: bytes(told, "record"), recordHash: bytes(told, "record_hash"),
  };
}

function readSettings(told: Told): Settings {
  const links = (told["links"] as Told[]).map((link) => ({ publicKey: bytes(link, "public_key"), ends: number(link, "ends"), limit: number(link, "limit") }));
  return { addBy: number(told, "add_by"), postBy: number(told, "post_by"), settingsBy: number(told, "settings_by"), timer: number(told, "timer"), links,
    pinBy: number(told, "pin_by"), everyoneBy: number(told, "everyone_by") };
}

function readAct(told: Told): Act {
  const targets = ((told["targets"] ?? []) as Told[]).map((one) => ({ user: number(one, "user"), role: number(one, "role"), cause: optional(one, "cause") }));
  const action = told["action"] as Act["action"];
  if (action === "rotate") return { action };
  if (action === "settings") return { action, settings: readSettings(told["settings"] as Told) };
  if (action === "add") return { action, targets, historyFrom: number(told, "history_from") };
  return { action, targets };
}

const readBeginning = (told: Told): Beginning => {
  const kind = told["kind"] as Beginning["kind"];
  if (kind === "direct") return { kind, other: number(told, "other") };
  return kind === "self" ? { kind } : { kind, members: told["members"] as number[], settings: readSettings(told["settings"] as Told) };
};

function showDraft({ request, seed }: EpochDraft): Told {
  const wraps = (list: { user: number; wrap: Bytes }[]): Told => Object.fromEntries(list.map(({ user, wrap }) => [user, toHex(wrap)]));
  return {
    record: toHex(request.record), roster: request.roster === null ? null : toHex(request.roster), seed: toHex(seed), wraps: wraps(request.wraps),
    history: request.history === null ? null : { sealed: toHex(request.history.sealed), wraps: wraps(request.history.wraps) },
  };
}

export class View {
  readonly known: KnownConversation;
  readonly people: People;
  readonly pins = new Map<number, Pin>();
  readonly databases = new Set<string>();
  now: number;

  constructor(private readonly told: Told) {
    this.now = number(told, "now");
    const [server, user] = [bytes(told, "server"), number(told, "user")];
    this.people = new People(nothing, new KnownChain(server, user));
    const where = { server, conversation: bytes(told, "conversation"), user };
    this.known = new KnownConversation(where, this.people, { databases: this.databases, now: () => this.now });
  }

  get #author(): Author {
    return { user: number(this.told, "user"), device: bytes(this.told, "device"), sign: signWithSeed(bytes(this.told, "sign_seed")), pins: this.pins, doubted: new Set() };
  }

  readonly #operations: Record<string, (step: Step) => Promise<unknown>> = {
    chain: async (step) => {
      await this.people.chain(number(step, "user")).take(bytes(step, "statement"));
      await this.known.learn();
    },
    receive: async (step) => {
      const user = number(step, "user");
      const { statement } = await this.people.chain(user).takeReceive(bytes(step, "statement"));
      const publicKeys = [{ version: statement.version, publicKey: bytes(step, "public_key") }];
      await this.people.recall([{ user, statements: [], highestSeen: 0, receives: [], publicKeys }]);
    },
    epoch: async (step) => {
      await this.known.takeEpoch({ n: 0, record: bytes(step, "record"), roster: optional(step, "roster"), seq: number(step, "seq"), time: number(step, "time") });
    },
    join: async (step) => {
      const before = { record: bytes(step, "before"), roster: bytes(step, "before_roster") };
      await this.known.epochs.join(before, bytes(step, "record"), optional(step, "roster"), { seq: number(step, "seq"), time: number(step, "time") });
      await this.known.learn();
    },
    anchor: async (step) => {
      await this.known.epochs.anchor(bytes(step, "record"), bytes(step, "roster"), bytes(step, "hash"), { seq: number(step, "seq"), time: number(step, "time") });
      await this.known.learn();
    },
    before: async (step) => {
      await this.known.epochs.takeBefore(bytes(step, "record"), bytes(step, "roster"), { seq: number(step, "seq"), time: number(step, "time") });
      await this.known.learn();
    },
    rows: (step) => this.known.takeRows(bytes(step, "before"), (step["rows"] as Told[]).map(readRow)),
    seed: async (step) => {
      const isOpen = this.known.epochs.takeSeed(number(step, "n"), bytes(step, "seed"));
      if (!isOpen) throw new ProtocolError("bad_commitment", "not the seed");
      await this.known.learn();
    },
    wrap: async (step) => {
      const epoch = this.known.epochs.find(number(step, "n"))!;
      const seed = await unwrapSeed(bytes(step, "receive_seed"), epoch.hash, this.known.where.user, bytes(step, "wrap"), epoch.epoch);
      this.known.epochs.takeSeed(epoch.epoch.n, seed);
      await this.known.learn();
    },
    history: async (step) => {
      const epoch = this.known.epochs.find(number(step, "n"))!;
      const key = await unwrapHistoryKey(bytes(step, "receive_seed"), epoch.hash, this.known.where.user, bytes(step, "wrap"));
      const given = await openHistory(key, epoch.hash, bytes(step, "sealed"));
      for (const { n, seed } of given) this.known.epochs.takeSeed(n, seed);
      await this.known.learn();
      return given.map(({ n, seed }) => [n, toHex(seed)]);
    },
    database: (step) => Promise.resolve(this.databases.add(step["generation"] as string)).then(() => this.known.learn()),
    head: () => {
      this.known.hasHead = true;
      return this.known.learn();
    },
    meet: (step) => Promise.resolve(this.#meet(number(step, "user"))),
    accept: (step) => Promise.resolve(this.#accept(number(step, "user"))),
    compare: (step) => Promise.resolve(this.#compare(number(step, "user"))),
    uncompare: (step) => Promise.resolve(this.#uncompare(number(step, "user"))),
    make: async (step) => showDraft(await makeNextEpoch(this.known, this.people, this.#author, readAct(step), number(step, "time"))),
    begin: async (step) => showDraft(await makeFirstEpoch(this.known, this.people, this.#author, readBeginning(step), number(step, "time"))),
    now: (step) => {
      this.now = number(step, "now");
      return this.known.learn();
    },
    ask: async (step) => toHex(await makeRequest(this.#device, this.known.epochs.find(number(step, "n"))!)),
    answer: async (step) => toHex(await answerRequest(this.#device, this.#live, bytes(step, "request"))),
    answered: async (step) => {
      const epoch = this.known.epochs.find(number(step, "n"))!;
      const seed = await openRewrap(bytes(step, "receive_seed"), epoch.hash, bytes(step, "receive_hash"), bytes(step, "wrap"), epoch.epoch);
      this.known.epochs.takeSeed(epoch.epoch.n, seed);
      await this.known.learn();
    },
    leave: (step) => this.#leave(number(step, "time")),
    seal: (step) => this.#seal(step),
    show: () => Promise.resolve(this.#show()),
  };

  /** As much of a running device as asking and answering rest on. */
  get #device(): Device {
    const { people, pins } = this;
    const receiveSeeds = new Map(people.own.receives.map(({ statement }) => [statement.version, zeros(32)]));
    return { author: this.#author, people, pins, doubted: new Set<number>(), self: { receiveSeeds }, around: { now: () => this.now } } as unknown as Device;
  }

  get #live(): Live {
    return { known: this.known } as unknown as Live;
  }

  #meet(user: number): void {
    const { state } = this.people.chain(user);
    if (state !== null) this.pins.set(user, meet(this.pins.get(user), user, state, 4, this.known.where.user, 0));
  }

  #accept(user: number): void {
    const [pin, chain] = [this.pins.get(user), this.people.chain(user)];
    if (pin !== undefined && chain.state !== null) this.pins.set(user, accept(pin, chain, 0));
  }

  #compare(user: number): void {
    const chain = this.people.chain(user);
    if (chain.state !== null) this.pins.set(user, compare(this.pins.get(user), chain, 0));
  }

  #uncompare(user: number): void {
    const pin = this.pins.get(user);
    if (pin !== undefined) this.pins.set(user, uncompare(pin, 0));
  }

  async #leave(time: number): Promise<string> {
    const { epoch, hash } = this.known.epochs.newest!;
    const one: Leave = {
      server: epoch.server, conversation: epoch.conversation, epoch: epoch.n, recordHash: hash, user: this.#author.user, device: this.#author.device, time,
      seen: this.known.log.head, extensions: [],
    };
    return toHex(await makeLeave(one, this.#author.sign));
  }

  async #seal(step: Step): Promise<string> {
    const { epoch, hash } = this.known.epochs.newest!;
    const key = this.known.insides.keyOf(this.known.epochs.newest!);
    if (key === null) throw new ProtocolError("keyless", "no key of the newest epoch");
    const { user, device, sign } = this.#author;
    const kind = number(step, "kind");
    const place = {
      suite: 1, conversation: epoch.conversation, epoch: epoch.n, epochHash: hash, user, device, clientId: bytes(step, "client_id"), counter: number(step, "counter"),
      kind, targetSeq: number(step, "target_seq"),
    };
    const inner = { sentAt: number(step, "time"), targetHash: bytes(step, "target_hash"), seen: this.known.log.head };
    const body = kind === VOID ? zeros(0) : encodeBody({ type: "text", text: step["text"] as string }, []);
    return toHex(await sealRecord(key, place, inner, body, sign));
  }

  /** What came of a step: its answer, or the verdict on what was told. */
  async take(step: Step): Promise<Told> {
    try {
      const answer = await this.#operations[step.op]!(step);
      return { verdict: null, answer: answer ?? null };
    } catch (error) {
      if (error instanceof ProtocolError) return { verdict: error.verdict, answer: null };
      throw error;
    }
  }

  /** Everything that two devices with the same knowledge must agree on. */
  #show(): Told {
    const { epochs, log, judged } = this.known;
    const chains = this.known.epochs.newest?.roster.map(({ user }) => this.#showChain(user)) ?? [];
    const entries = judged.findings.map((one) => [
      one.row.seq, one.verdict, (one.content as { text?: string } | null)?.text ?? null, one.verdict === null ? one.target : null,
      one.isWithheld || one.verdict === "withheld", one.isEmptied,
    ]);
    return {
      epochs: epochs.all.map((one) => this.#showEpoch(one.epoch.n)), chains, log: [log.head.seq, toHex(log.head.hash)], entries,
      leaves: judged.signed.leaves.map(({ n, user, cause }) => [n, user, toHex(cause)] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]), code: this.#showCode(), sealing: this.#showSealing(),
    };
  }

  #showEpoch(n: number): unknown[] {
    const known = this.known.epochs.find(n)!;
    const key = this.known.insides.keyOf(known);
    const members = known.roster.map((one) => [one.user, one.role, toHex(one.identityKey), one.chain.n, one.receiveVersion]);
    const { pinBy, everyoneBy } = known.epoch.settings;
    const settings = `${toHex(encodeSettings(known.epoch.settings))} ${pinBy} ${everyoneBy}`;
    return [n, toHex(known.hash), members, settings, key === null ? null : toHex(key), this.known.judged.signed.entryOf(n) ?? null];
  }

  #showChain(user: number): unknown[] {
    const chain = this.people.chain(user);
    if (chain.state === null) return [user];
    const { n, hash, incarnation, identityKey, devices, username, displayName } = chain.state;
    return [user, n, toHex(hash), incarnation, toHex(identityKey), devices.map((one) => toHex(one.device)), username, displayName, chain.receiveVersion];
  }

  #showCode(): string | null {
    const newest = this.known.epochs.newest;
    const seq = newest === null ? undefined : this.known.judged.signed.entryOf(newest.epoch.n);
    if (newest === null || seq === undefined) return null;
    return conversationCode(newest.epoch.conversation, newest.epoch.n, newest.hash, seq, this.known.log.hashAt(seq)!);
  }

  #showSealing(): unknown[] {
    const sealing = judgeSealing(this.known, this.people, this.pins, { stopped: null, isConfirmed: true, awaited: null, isPending: false, removed: [], isTold: false, doubted: new Set() }, { now: this.now, server: this.now, device: zeros(16) });
    if (sealing.state === "held") return ["held", sealing.users];
    if (sealing.state === "rotating") return ["rotating", sealing.reason === "left" ? "remove" : "rotate"];
    return [sealing.state];
  }
}
