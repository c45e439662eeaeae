// The next generation, receive key and vault, as parts of a request (docs/protocol-encryption.md, 4, 6.1, 6.2 and 6.3).
import { type Bytes, toHex } from "../../lib/bytes.ts";
import type { DeviceKeys } from "../keys/key-store.ts";
import { check, compare, equal, join, lp8, u8, zeros } from "../protocol/codec.ts";
import { hashKemKey, kemPublicKey, PUBLIC_KEY_BYTES } from "../protocol/hpke.ts";
import { hashSet, type Row, rowId, rowKind, sealRow } from "../protocol/keyring.ts";
import { type ChainHead, commitGeneration, GENERATION, makeGeneration, makeReceive, RECEIVE, sealPredecessor, wrapGeneration } from "../protocol/own-keys.ts";
import { random, sha256 } from "../protocol/primitives.ts";
import { hashStatement } from "../protocol/statements.ts";
import type { VaultPointer } from "../protocol/user-chain.ts";
import type { UserState } from "../protocol/user-state.ts";
import { commitVaultKey, sealVault, sealWay, type Vault, type Way, wrapWithPassword } from "../protocol/vault.ts";
import type { NewGeneration, NewReceive, NewRow, NewVault, PublicKey } from "./server.ts";

export const VAULT_RECIPIENT = zeros(16);
/** A generation's request takes so many rows with it: half a megabyte with all that goes along. */
export const MOST_ROWS = 600;

interface Place {
  server: Bytes;
  user: number;
}

/** The own chain so far: what a new generation follows. */
export interface Before {
  g: number;
  hash: Bytes;
  key: Bytes;
}

export interface MadeGeneration {
  request: NewGeneration;
  g: number;
  key: Bytes;
}

const orderOf = (row: Row): Bytes => join(u8(rowKind(row)), lp8(rowId(row)));

/** The public key of a recipient, which must be the one that the chain names. Throws ProtocolError `bad_key`. */
function findKey(keys: readonly PublicKey[], recipient: Bytes, kemHash: Bytes): Bytes {
  const key = keys.find((one) => equal(one.device, recipient))?.publicKey;
  const isNamed = key?.length === PUBLIC_KEY_BYTES && equal(hashKemKey(key), kemHash);
  check(isNamed, "bad_key", "not the key that the chain names");
  return key;
}

/** What the next generation and receive key are made of. */
export interface KeysPlan {
  keys: DeviceKeys;
  /** After the statements of the request. */
  state: UserState;
  /** Null: the own chain begins (again) with 1. */
  before: Before | null;
  /** Of the vault and of each listed device, at least. */
  publicKeys: readonly PublicKey[];
  /** Rows of kinds 2 to 4 that go on under the new generation; of several with one kind and id the first comes with it, the others after. */
  carried: readonly Row[];
  /** Seeds of epochs that are written anew: where the own chain begins again, those of before have no keys any more. */
  seeds?: readonly Row[];
  /** The newest receive version so far. */
  receiveVersion: number;
  time: number;
}

export interface MadeKeys {
  generation: MadeGeneration;
  receive: MadeReceive;
  /** The set: it goes in the same request. */
  rows: NewRow[];
  /** What has no room in the set: it is appended afterwards. */
  later: NewRow[];
}

/** Both of them with the rows that go on. Throws ProtocolError `bad_key` for a recipient's key that the chain does not name. */
export async function makeNextKeys(place: Place, plan: KeysPlan): Promise<MadeKeys> {
  const { keys, state, time } = plan;
  const receive = await makeNextReceive(place, keys, { n: state.n, hash: state.hash }, plan.receiveVersion + 1, time);
  const { rows, others } = orderRows([...plan.carried, receive.row]);
  const set = rows.slice(0, MOST_ROWS);
  const generation = await makeNextGeneration(place, plan, set);
  const later = [...rows.slice(MOST_ROWS), ...others, ...(plan.seeds ?? [])];
  return { generation, receive, rows: await sealRows(place, generation, set), later: await sealRows(place, generation, later) };
}

/** The generation after `before`, to each device listed at `state` and to the vault. `set` are the rows that come with it. */
async function makeNextGeneration(place: Place, { keys, state, before, publicKeys, time }: KeysPlan, set: readonly Row[]): Promise<MadeGeneration> {
  const { server, user } = place;
  const [g, key] = [(before?.g ?? 0) + 1, random(32)];
  check(state.vault !== null, "not_allowed", "generations need a vault");
  const recipients = state.devices.map((one) => ({ recipient: one.device, publicKey: findKey(publicKeys, one.device, one.kemHash) }));
  recipients.unshift({ recipient: VAULT_RECIPIENT, publicKey: findKey(publicKeys, VAULT_RECIPIENT, state.vault.kemHash) });
  const statement = await makeGeneration({
    server, user, g, previous: before?.hash ?? zeros(32), chain: { n: state.n, hash: state.hash },
    commitment: commitGeneration(server, user, g, key), set: hashSet(set), time, device: keys.device, extensions: [],
  }, keys.sign);
  const hash = hashStatement(GENERATION, statement);
  const wraps = [];
  for (const { recipient, publicKey } of recipients) wraps.push({ recipient, wrap: await wrapGeneration(publicKey, hash, recipient, key) });
  const predecessor = before === null ? null : await sealPredecessor(key, server, user, g, before.key);
  return { request: { statement, wraps, predecessor }, g, key };
}

/** Rows in the order of a set, which has one of each kind and id, and the others. */
function orderRows(rows: readonly Row[]): { rows: Row[]; others: Row[] } {
  const named = new Map<string, Row>();
  const others: Row[] = [];
  for (const row of rows) {
    const name = toHex(orderOf(row));
    if (named.has(name)) others.push(row);
    else named.set(name, row);
  }
  return { rows: [...named.values()].sort((a, b) => compare(orderOf(a), orderOf(b))), others };
}

/** Rows as they are sent. */
export async function sealRows(place: Place, made: { g: number; key: Bytes }, rows: readonly Row[]): Promise<NewRow[]> {
  const sealed: NewRow[] = [];
  for (const row of rows) {
    sealed.push({ g: made.g, kind: rowKind(row), id: rowId(row), sealed: await sealRow(made.key, place.server, place.user, made.g, row) });
  }
  return sealed;
}

export interface MadeReceive {
  request: NewReceive;
  version: number;
  seed: Bytes;
  row: Row;
}

export async function makeNextReceive(place: Place, keys: DeviceKeys, chain: ChainHead, version: number, time: number): Promise<MadeReceive> {
  const seed = random(32);
  const publicKey = await kemPublicKey(seed);
  const { server, user } = place;
  const one = { server, user, version, kemHash: hashKemKey(publicKey), chain, device: keys.device, time, extensions: [] };
  const statement = await makeReceive(one, keys.sign);
  const row: Row = { kind: "receive", version, statementHash: hashStatement(RECEIVE, statement), seed };
  return { request: { statement, publicKey }, version, seed, row };
}

export interface MadeVault {
  request: NewVault;
  pointer: VaultPointer;
  /** For the generation's wrap, and to lie beside the chain. */
  publicKey: PublicKey;
}

/** What goes into a vault beside what is made anew for each version. */
export interface VaultContent {
  version: number;
  identitySeed: Bytes;
  /** The newest generation before this vault: the one that is made with it names the chain that names the vault. */
  before: Before | null;
  /** Before the statement that names the vault. */
  userChain: ChainHead;
  ways: { way: Way; proofHash: Bytes | null }[];
}

/** A new VK and a new X-Wing key, always (4.1). `kek` is the password's. */
export async function makeVault(place: Place, kek: Bytes, content: VaultContent): Promise<MadeVault> {
  const [vaultKey, kemSeed] = [random(32), random(32)];
  const where = { ...place, version: content.version };
  const ownChain = content.before ?? { g: 0, hash: zeros(32), key: zeros(32) };
  const ways = [...content.ways].sort((a, b) => compare(join(u8(a.way.kind), a.way.id), join(u8(b.way.kind), b.way.id)));
  const vault: Vault = {
    version: content.version, identitySeed: content.identitySeed, kemSeed, ownChain: { g: ownChain.g, hash: ownChain.hash, key: ownChain.key },
    userChain: content.userChain, ways: ways.map((one) => one.way), extensions: [],
  };
  const sealed = await sealVault(vaultKey, where, vault);
  const publicKey = await kemPublicKey(kemSeed);
  const sealedWays = [];
  for (const { way, proofHash } of ways) sealedWays.push({ kind: way.kind, id: way.id, wayIn: await sealWay(way, where, vaultKey), proofHash });
  return {
    request: { sealed, passwordWrap: await wrapWithPassword(kek, where, vaultKey), ways: sealedWays },
    pointer: { version: content.version, sealedHash: sha256(sealed), commitment: commitVaultKey(where, vaultKey), kemHash: hashKemKey(publicKey) },
    publicKey: { device: VAULT_RECIPIENT, publicKey },
  };
}

