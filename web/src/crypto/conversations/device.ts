// A device's conversations while it runs: what it knows of each, and what stands against sealing there. Everything that acts on them
// takes this; one act at a time.
import { type Bytes, toHex } from "../../lib/bytes.ts";
import type { DeviceKeys } from "../keys/key-store.ts";
import { equal, type Verdict, zeros } from "../protocol/codec.ts";
import { IN_A_GROUP, meet, type Pin } from "../protocol/pins.ts";
import { fingerprint } from "../protocol/trust.ts";
import { sealRows } from "../account/make-keys.ts";
import type { Self } from "../account/self.ts";
import { catchUpListed } from "../account/connect.ts";
import { type NewRow, Refusal, sendAgain } from "../account/server.ts";
import { listCounting, type Row as KeyringRow } from "../protocol/keyring.ts";
import type { RememberedEpoch } from "./judging/epochs.ts";
import { KnownConversation } from "./judging/known-conversation.ts";
import type { Author, EpochDraft } from "./acting/make-epoch.ts";
import { People } from "./people/people.ts";
import { judgeSealing, type SealingState } from "./sealing-state.ts";
import type { ConversationServer } from "./server.ts";
import type { Row } from "./judging/log.ts";
import { Awaiting } from "./restored/awaiting.ts";
import type { ConversationStore, LooseSeed, RememberedSigned, Removed, Word } from "./store.ts";

export interface Surroundings {
  api: ConversationServer;
  store: ConversationStore;
  /** This device's clock, in milliseconds. */
  now: () => number;
  wait: (ms: number) => Promise<void>;
}

/** One conversation, while the device runs. */
export interface Live {
  known: KnownConversation;
  loose: LooseSeed[];
  inKeyring: Set<number>;
  /** Epochs whose seeds may not be asked for, by the version of the receive key that was named. */
  denied: Map<number, number>;
  headRow: number;
  pending: EpochDraft | null;
  stopped: Verdict | null;
  /** What a restored server may have lost (restored.ts). */
  lost: RememberedEpoch[];
  lostUntil: number;
  removed: Removed[];
  /** The last of each person in each conversation. */
  words: Word[];
  /** In this connection the server has named the newest known epoch as the current one. */
  isConfirmed: boolean;
  /** The highest epoch that an entry named and the server was asked for in this connection. */
  askedFor: number;
}

/** Whether a conversation stays stopped for it. Whatever else the server shows is judged anew at every connection, and by a newer Hearth (12). */
const lasts = (verdict: Verdict | null): boolean => verdict === "fork" || verdict === "rollback";

/** What no restore explains comes first, and stays: another one lets go of a `rollback` (10.10). */
export function stop(live: Live, verdict: Verdict): void {
  if (verdict === "fork" || !lasts(live.stopped)) live.stopped = verdict;
}

/** Whether something that no restore explains may still be found out. */
export const mayWorsen = ({ stopped }: Live): boolean => stopped !== "fork";

const MOST_ROWS = 300;

function rememberSigned({ epochs, log, signedRows }: KnownConversation): RememberedSigned[] {
  return signedRows.map((row) => {
    const isEpochs = equal(epochs.find(row.epoch)?.bytes ?? zeros(0), row.record);
    const hash = log.hashAt(row.seq);
    return { ...row, record: isEpochs ? null : row.record, ...(hash && { hash }) };
  });
}

function readSigned({ epochs }: KnownConversation, remembered: readonly RememberedSigned[]): Row[] {
  return remembered.flatMap(({ hash: _, ...row }) => {
    const record = row.record ?? epochs.find(row.epoch)?.bytes;
    return record === undefined ? [] : [{ ...row, record }];
  });
}

const incarnationOf = ({ own }: Self): number => own.newest?.stated.incarnation ?? 0;

export class Device {
  readonly people: People;
  readonly lives = new Map<string, Live>();
  readonly pins = new Map<number, Pin>();
  /** All that is known of each person's, in the order of the list: one's other devices may have seen other things. */
  readonly everyPin = new Map<number, Pin[]>();
  /** Database generations that `sync.open` told, as hex. */
  readonly databases = new Set<string>();

  /** Fingerprints (hex) that links named, by person: until their keys were seen to be these, or the person lets go of the link. */
  readonly #links = new Map<number, string>();
  readonly awaiting: Awaiting;
  /** Of the own chain that all of this is about: a reset begins it, and the keyring, anew. */
  readonly #incarnation: number;

  private constructor(readonly self: Self, readonly keys: DeviceKeys, readonly around: Surroundings) {
    this.#incarnation = incarnationOf(self);
    this.people = new People(around.api, self.chain);
    this.awaiting = new Awaiting(around, this.people);
  }

  /** `self` has been caught up (account/connect.ts). Throws ProtocolError. */
  static async start(self: Self, around: Surroundings): Promise<Device> {
    const device = new Device(self, await self.requireKeys(), around);
    await device.people.recall(await around.store.readPeople());
    for (const database of await around.store.readDatabases()) device.databases.add(database);
    for (const [user, named] of await around.store.readLinks()) device.#links.set(user, named);
    await device.awaiting.recall();
    await device.readPins();
    return device;
  }

  get author(): Author {
    return { user: this.self.account.place.user, device: this.keys.device, sign: this.keys.sign, pins: this.pins, doubted: this.doubted };
  }

  /** Of whom a link named another identity than the server shows: nothing is sealed to it before the person lets go of the link (9.1). */
  get doubted(): ReadonlySet<number> {
    const { server } = this.self.account.place;
    const differs = ([user, named]: [number, string]): boolean => {
      const { state } = this.people.chain(user);
      return state !== null && toHex(fingerprint({ server, user, identityKey: state.identityKey })) !== named;
    };
    return new Set([...this.#links].filter(differs).map(([user]) => user));
  }

  /** All that links name now. */
  async takeLinks(links: readonly (readonly [user: number, named: string])[]): Promise<void> {
    const isSame = links.length === this.#links.size && links.every(([user, named]) => this.#links.get(user) === named);
    if (isSame) return;
    this.#links.clear();
    for (const [user, named] of links) this.#links.set(user, named);
    await this.around.store.writeLinks([...this.#links]);
  }

  /** Whether the server was restored since this device began: heads of pins may be lost then (9.2). */
  get isTold(): boolean {
    return this.databases.size > 1;
  }

  /** Pins that count: the keyring's, and after them those that it has lost, which are written again. Throws Refusal, NoAnswer. */
  async readPins(): Promise<void> {
    const { self, around: { store } } = this;
    const kept = await store.readPins();
    const lost = kept.length > 0 ? await self.listMissing(kept) : kept;
    if (lost.length > 0) await this.append(lost);
    if (lost.length < kept.length) await store.writePins(lost);
    const every = [...(await self.readPins()), ...lost];
    this.everyPin.clear();
    for (const pin of every) this.#take(pin);
  }

  #take(pin: Pin): void {
    const every = [...(this.everyPin.get(pin.user) ?? []), pin];
    this.everyPin.set(pin.user, every);
    this.pins.set(pin.user, listCounting([this.pins.get(pin.user) ?? pin, ...every])[0]!);
  }

  /** Writes pins, and knows them until the keyring shows them. Throws Refusal, NoAnswer. */
  async pin(pins: readonly Pin[]): Promise<void> {
    if (pins.length === 0) return;
    await this.append(pins);
    const { store } = this.around;
    await store.writePins([...(await store.readPins()), ...pins]);
    for (const pin of pins) this.#take(pin);
  }

  /** Else what it notes as written lies in a keyring that is over. */
  get isCurrent(): boolean {
    return this.#incarnation === incarnationOf(this.self);
  }

  /** What is known of a conversation, as it was left. */
  async open(conversation: Bytes): Promise<Live> {
    const name = toHex(conversation);
    const there = this.lives.get(name);
    if (there !== undefined) return there;
    const { server, user } = this.self.account.place;
    const known = new KnownConversation({ server, conversation, user }, this.people, { databases: this.databases, now: this.around.now });
    const live: Live = {
      known, loose: [], inKeyring: new Set(), denied: new Map(), headRow: 0, pending: null, stopped: null, lost: [], lostUntil: 0, removed: [], words: [], isConfirmed: false,
      askedFor: 0,
    };
    const remembered = await this.around.store.readConversation(conversation);
    if (remembered !== null) {
      known.epochs.recall(remembered.epochs);
      known.log.know(remembered.head);
      // By it the conversation's code is told, also when nothing is handed in.
      for (const { seq, hash } of remembered.signed) if (hash !== undefined) known.log.know({ seq, hash });
      await known.restore(readSigned(known, remembered.signed));
      known.hasHead = remembered.hasHead;
      const { loose, headRow, pending, stopped, lost, lostUntil, removed, words = [] } = remembered;
      const isSameKeyring = remembered.incarnation === this.#incarnation;
      Object.assign(live, {
        loose, headRow: isSameKeyring ? headRow : 0, pending, stopped: lasts(stopped) ? stopped : null, lost, lostUntil, removed, words,
        denied: new Map(remembered.denied),
      });
      live.inKeyring = new Set(isSameKeyring ? remembered.inKeyring : []);
    }
    this.lives.set(name, live);
    return live;
  }

  /** Whether somebody may still give back what a restored server has lost of it. */
  isAwaiting = (live: Live): boolean => this.#listAwaited(live) !== null;

  /** Whose chains are waited for in it; null when nothing is. */
  #listAwaited({ known: { epochs }, lost, lostUntil }: Live): number[] | null {
    const users = (epochs.newest?.roster ?? []).map(({ user }) => user).filter((user) => this.awaiting.isShort(user));
    return users.length > 0 || (lost.length > 0 && this.around.now() < lostUntil) ? users : null;
  }

  stateOf(live: Live): SealingState {
    const { stopped, isConfirmed, pending, removed } = live;
    const standing = { stopped, isConfirmed, awaited: this.#listAwaited(live), isPending: pending !== null, removed, isTold: this.isTold, doubted: this.doubted };
    const { api, now } = this.around;
    return judgeSealing(live.known, this.people, this.pins, standing, { now: now(), server: api.now(), device: this.keys.device });
  }

  /** The connection is gone: the next one has to confirm. */
  disconnect(): void {
    for (const live of this.lives.values()) Object.assign(live, { isConfirmed: false, askedFor: 0 });
  }

  /** Writes all of it, so that a later start knows at least as much. */
  async remember(live: Live): Promise<void> {
    const { known, loose, inKeyring, denied, headRow, pending, stopped, lost, lostUntil, removed, words } = live;
    await this.around.store.writePeople(this.people.takeChanged());
    await this.around.store.writeConversation({
      conversation: known.where.conversation, epochs: known.epochs.remember(), loose, head: known.log.head, signed: rememberSigned(known), hasHead: known.hasHead,
      inKeyring: [...inKeyring], incarnation: this.#incarnation, denied: [...denied], headRow, pending, stopped, lost, lostUntil, removed, words,
    });
  }

  /** Appends rows under the newest generation, which another device may have made since. Throws Refusal, NoAnswer, ProtocolError. */
  async append(rows: readonly KeyringRow[]): Promise<void> {
    try {
      await this.#append(rows);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "generation_moved") throw error;
      await catchUpListed(this.self);
      await this.#append(rows);
    }
  }

  async #append(rows: readonly KeyringRow[]): Promise<void> {
    const { statement, key } = this.self.own.newest!;
    const { place, server, wait } = this.self.account;
    const sealed: NewRow[] = await sealRows(place, { g: statement.g, key }, rows);
    for (let at = 0; at < sealed.length; at += MOST_ROWS) await sendAgain(() => server.appendRows(sealed.slice(at, at + MOST_ROWS)), wait);
  }

  /** Pins whom one meets in an epoch for the first time. */
  async meetMembers(live: Live): Promise<void> {
    const { newest } = live.known.epochs;
    if (newest === null) return;
    const isNew = ({ user }: { user: number }): boolean => user !== this.author.user && !this.pins.has(user) && this.people.chain(user).state !== null;
    const pins = newest.roster.filter(isNew).map(({ user }) => meet(undefined, user, this.people.chain(user).head, IN_A_GROUP, newest.epoch.actor, this.around.now()));
    await this.pin(pins);
  }
}
