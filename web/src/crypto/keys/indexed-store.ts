// The key store in IndexedDB, one database for each user. Written durably: a device whose keys are in the chain but not here
// would be lost. No Dexie: the worker carries this file.
import { type Bytes, toHex } from "../../lib/bytes.ts";
import type { Past } from "../account/past.ts";
import { kemPublicKey } from "../protocol/hpke.ts";
import { random } from "../protocol/primitives.ts";
import type { DeviceKeys, KeptRow, KeyStore, Remembered } from "./key-store.ts";
import { makeWrappingKey, unwrapSecret, type Wrapped, wrapSecret } from "./sealed-box.ts";
import { makeSigningKey, openSigningKey, type StoredSigningKey } from "./signing-key.ts";

const STORE = "entries";
const KEM_SEED = "kem seed";
const PAST = "past";

interface StoredDevice {
  device: Bytes;
  signing: StoredSigningKey;
  kemSeed: Wrapped;
}

type Clear = Omit<Remembered, "generations" | "receiveSeeds">;

interface StoredMemory extends Clear {
  generations: { statement: Bytes; hash: Bytes; key: Wrapped }[];
  receiveSeeds: { version: number; seed: Wrapped }[];
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the database failed"));
  });

const nameOf = (hash: Bytes): string => `generation ${toHex(hash)}`;

export class IndexedKeyStore implements KeyStore {
  readonly #name: string;
  #database: Promise<IDBDatabase> | null = null;

  constructor(user: number, name = `hearth-keys-${user}`) {
    this.#name = name;
  }

  #open(): Promise<IDBDatabase> {
    this.#database ??= this.#connect().catch((error: unknown) => {
      this.#database = null;
      throw error;
    });
    return this.#database;
  }

  async #connect(): Promise<IDBDatabase> {
    const request = indexedDB.open(this.#name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    const database = await done(request);
    database.onversionchange = () => this.close();
    // The browser has wiped it: what there is now is found by opening it anew.
    database.onclose = () => (this.#database = null);
    return database;
  }

  close(): void {
    void this.#database?.then((database) => database.close());
    this.#database = null;
  }

  async #get<T>(key: string): Promise<T | undefined> {
    const database = await this.#open();
    return done<T>(database.transaction(STORE).objectStore(STORE).get(key));
  }

  async #change(act: (store: IDBObjectStore) => void): Promise<void> {
    const transaction = (await this.#open()).transaction(STORE, "readwrite", { durability: "strict" });
    const finished = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the database took nothing"));
    });
    act(transaction.objectStore(STORE));
    await finished;
  }

  /** Keeps what is there when `isKept` says so, in one transaction: two tabs that make keys at once agree on the first ones. */
  #putUnless<T>(key: string, value: T, isKept: (there: T) => boolean): Promise<void> {
    return this.#change((store) => {
      const asked = store.get(key) as IDBRequest<T | undefined>;
      asked.onsuccess = () => {
        if (asked.result === undefined || !isKept(asked.result)) store.put(value, key);
      };
    });
  }

  /** What lies beside the keys (indexed-conversations.ts), by name. */
  getBeside = <T>(name: string): Promise<T | undefined> => this.#get<T>(name);

  async listBeside<T>(prefix: string): Promise<T[]> {
    const database = await this.#open();
    return done<T[]>(database.transaction(STORE).objectStore(STORE).getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));
  }

  /** All or nothing, durable when it resolves. */
  putBeside(entries: readonly [string, unknown][]): Promise<void> {
    return this.#change((store) => {
      for (const [name, value] of entries) store.put(value, name);
    });
  }

  async wrappingKey(): Promise<CryptoKey> {
    const known = await this.#get<CryptoKey>("wrapping key");
    if (known !== undefined) return known;
    await this.#putUnless("wrapping key", await makeWrappingKey(), () => true);
    return (await this.#get<CryptoKey>("wrapping key"))!;
  }

  async readDevice(device: Bytes): Promise<DeviceKeys | null> {
    const stored = await this.#get<StoredDevice>("device");
    if (stored === undefined || toHex(stored.device) !== toHex(device)) return null;
    const wrappingKey = await this.wrappingKey();
    const kemSeed = await unwrapSecret(wrappingKey, KEM_SEED, stored.kemSeed);
    const sign = await openSigningKey(wrappingKey, stored.signing);
    return { device, signKey: stored.signing.publicKey, sign, kemSeed, kemPublicKey: await kemPublicKey(kemSeed) };
  }

  async makeDevice(device: Bytes): Promise<DeviceKeys> {
    const known = await this.readDevice(device);
    if (known !== null) return known;
    const wrappingKey = await this.wrappingKey();
    const kemSeed = await wrapSecret(wrappingKey, KEM_SEED, random(32));
    const put = async (mayUseEngine: boolean): Promise<void> => {
      const signing = await makeSigningKey(wrappingKey, mayUseEngine);
      await this.#putUnless<StoredDevice>("device", { device, signing, kemSeed }, (there) => toHex(there.device) === toHex(device));
    };
    try {
      await put(true);
    } catch (error) {
      // An engine that makes such keys and cannot keep them.
      if (!(error instanceof DOMException) || error.name !== "DataCloneError") throw error;
      await put(false);
    }
    return (await this.readDevice(device))!;
  }

  async read(): Promise<Remembered | null> {
    const stored = await this.#get<StoredMemory>("memory");
    if (stored === undefined) return null;
    const key = await this.wrappingKey();
    const generations = stored.generations.map(async (one) => ({ ...one, key: await unwrapSecret(key, nameOf(one.hash), one.key) }));
    const seeds = stored.receiveSeeds.map(async (one) => ({ ...one, seed: await unwrapSecret(key, `receive ${one.version}`, one.seed) }));
    return { ...stored, generations: await Promise.all(generations), receiveSeeds: await Promise.all(seeds) };
  }

  async write(remembered: Remembered): Promise<void> {
    const key = await this.wrappingKey();
    const generations = remembered.generations.map(async (one) => ({ ...one, key: await wrapSecret(key, nameOf(one.hash), one.key) }));
    const seeds = remembered.receiveSeeds.map(async (one) => ({ ...one, seed: await wrapSecret(key, `receive ${one.version}`, one.seed) }));
    const memory: StoredMemory = { ...remembered, generations: await Promise.all(generations), receiveSeeds: await Promise.all(seeds) };
    await this.#change((store) => void store.put(memory, "memory"));
  }

  readPast = async (): Promise<Past | null> => (await this.#get<Past>(PAST)) ?? null;

  writePast = (past: Past): Promise<void> => this.#change((store) => void store.put(past, PAST));

  readPrivate = (): Promise<KeptRow[]> => this.listBeside<KeptRow>("private ");

  writePrivate = (rows: readonly KeptRow[]): Promise<void> => this.putBeside(rows.map((row) => [`private ${row.kind} ${row.place}`, row]));

  /** Another tab that has it open lets go of it by itself. */
  async forget(past: Past | null): Promise<void> {
    await this.#change((store) => {
      store.clear();
      if (past !== null) store.put(past, PAST);
    });
    this.close();
    if (past === null) await done(indexedDB.deleteDatabase(this.#name));
  }
}
