// Conversations in the key store's database: beside the keys, and with their seeds wrapped as the keys are.
import { type Bytes, toHex } from "../../lib/bytes.ts";
import type { RememberedEpoch } from "../conversations/judging/epochs.ts";
import type { EpochDraft } from "../conversations/acting/make-epoch.ts";
import type { RememberedPerson } from "../conversations/people/people.ts";
import type { Awaited, ConversationStore, LooseSeed, RememberedConversation } from "../conversations/store.ts";
import { join } from "../protocol/codec.ts";
import type { Pin } from "../protocol/pins.ts";
import type { IndexedKeyStore } from "./indexed-store.ts";
import { unwrapSecret, type Wrapped, wrapSecret } from "./sealed-box.ts";

const SEED = 32;
const POSITION = "seeds position";
const DATABASE = "database";
const DATABASES = "databases";
const AWAITED = "awaited people";
const PINS = "pins not shown";
const LINKS = "links";

type StoredEpoch = Omit<RememberedEpoch, "seed"> & { hasSeed: boolean };

/** Seeds are taken out; `seeds` has them one after the other: of the epochs that have one, the loose ones, the pending one, the lost epochs that have one. */
interface StoredConversation extends Omit<RememberedConversation, "epochs" | "loose" | "pending" | "lost"> {
  epochs: StoredEpoch[];
  lost: StoredEpoch[];
  loose: Omit<LooseSeed, "seed">[];
  pending: Omit<EpochDraft, "seed"> | null;
  seeds: Wrapped;
}

function takeOut(remembered: RememberedConversation): { clear: Omit<StoredConversation, "seeds">; seeds: Bytes[] } {
  const seeds: Bytes[] = [];
  const withoutAny = ({ seed, ...epoch }: RememberedEpoch): StoredEpoch => {
    if (seed !== null) seeds.push(seed);
    return { ...epoch, hasSeed: seed !== null };
  };
  const epochs = remembered.epochs.map(withoutAny);
  const without = <T extends { seed: Bytes }>({ seed, ...rest }: T): Omit<T, "seed"> => {
    seeds.push(seed);
    return rest;
  };
  const loose = remembered.loose.map(without);
  const pending = remembered.pending === null ? null : without(remembered.pending);
  const lost = remembered.lost.map(withoutAny);
  return { clear: { ...remembered, epochs, loose, pending, lost }, seeds };
}

function putBack({ seeds: _, epochs, loose, pending, lost, ...rest }: StoredConversation, seeds: Bytes): RememberedConversation {
  let at = 0;
  const next = (): Bytes => seeds.slice(at, (at += SEED));
  const withAny = ({ hasSeed, ...epoch }: StoredEpoch): RememberedEpoch => ({ ...epoch, seed: hasSeed ? next() : null });
  return {
    ...rest,
    // Written by a version that kept none.
    signed: (rest as Partial<RememberedConversation>).signed ?? [],
    lostUntil: (rest as Partial<RememberedConversation>).lostUntil ?? 0,
    removed: (rest as Partial<RememberedConversation>).removed ?? [],
    denied: (rest as Partial<RememberedConversation>).denied ?? [],
    epochs: epochs.map(withAny),
    loose: loose.map((one) => ({ ...one, seed: next() })),
    pending: pending === null ? null : { ...pending, seed: next() },
    lost: ((lost as StoredEpoch[] | undefined) ?? []).map(withAny),
  };
}

export class IndexedConversations implements ConversationStore {
  constructor(private readonly beside: IndexedKeyStore) {}

  readPeople = (): Promise<RememberedPerson[]> => this.beside.listBeside<RememberedPerson>("person ");

  async writePeople(people: readonly RememberedPerson[]): Promise<void> {
    if (people.length > 0) await this.beside.putBeside(people.map((person) => [`person ${person.user}`, person]));
  }

  async readConversation(conversation: Bytes): Promise<RememberedConversation | null> {
    const name = `conversation ${toHex(conversation)}`;
    const stored = await this.beside.getBeside<StoredConversation>(name);
    if (stored === undefined) return null;
    return putBack(stored, await unwrapSecret(await this.beside.wrappingKey(), name, stored.seeds));
  }

  async writeConversation(remembered: RememberedConversation): Promise<void> {
    const name = `conversation ${toHex(remembered.conversation)}`;
    const { clear, seeds } = takeOut(remembered);
    const wrapped = await wrapSecret(await this.beside.wrappingKey(), name, join(...seeds));
    await this.beside.putBeside([[name, { ...clear, seeds: wrapped } satisfies StoredConversation]]);
  }

  listConversations = async (): Promise<Bytes[]> =>
    (await this.beside.listBeside<StoredConversation>("conversation ")).map(({ conversation }) => conversation);

  readDatabase = async (): Promise<string | null> => (await this.beside.getBeside<string>(DATABASE)) ?? null;

  writeDatabase = async (database: string): Promise<void> =>
    this.beside.putBeside([[DATABASE, database], [DATABASES, [...new Set([...(await this.readDatabases()), database])]]]);

  readDatabases = async (): Promise<string[]> => (await this.beside.getBeside<string[]>(DATABASES)) ?? [];

  async readAwaited(): Promise<Awaited> {
    const { people, until } = (await this.beside.getBeside<Awaited>(AWAITED)) ?? { people: [], until: 0 };
    // Written by a version that kept pairs.
    return { people: people.filter((one) => !Array.isArray(one)), until };
  }

  writeAwaited = (awaited: Awaited): Promise<void> => this.beside.putBeside([[AWAITED, awaited]]);

  async readPins(): Promise<Pin[]> {
    const pins = (await this.beside.getBeside<Pin[]>(PINS)) ?? [];
    // Written by a version in which none took any back.
    return pins.map((pin) => ({ ...pin, takesBack: (pin as Partial<Pin>).takesBack ?? [] }));
  }

  writePins = (pins: readonly Pin[]): Promise<void> => this.beside.putBeside([[PINS, pins]]);

  readLinks = async (): Promise<[number, string][]> => (await this.beside.getBeside<[number, string][]>(LINKS)) ?? [];

  writeLinks = (links: [number, string][]): Promise<void> => this.beside.putBeside([[LINKS, links]]);

  readPosition = async (): Promise<number> => (await this.beside.getBeside<number>(POSITION)) ?? 0;

  writePosition = (position: number): Promise<void> => this.beside.putBeside([[POSITION, position]]);
}
