// The vault, the ways into it, and the recovery key (docs/protocol-encryption.md, 4).
import type { Bytes } from "../../lib/bytes.ts";
import { check, equal, fixed, join, Reader, u64, u8, zeros } from "./codec.ts";
import { openWith, PUBLIC_KEY_BYTES, sealTo, WRAP_BYTES } from "./hpke.ts";
import { type ChainHead, encodeHead, readHead } from "./own-keys.ts";
import { equalSecrets, hash, hkdf, hmac, label, openBox, sealBox } from "./primitives.ts";
import { encodeExtensions, type Extension, readExtensions, readVersion, VERSION_AND_SUITE } from "./statements.ts";

/** Whose vault, and which version of it. */
export interface VaultPlace {
  server: Bytes;
  user: number;
  version: number;
}

export const RECOVERY_KEY = 1;
export const PASSKEY = 2;

export interface Way {
  kind: number;
  id: Bytes;
  publicKey: Bytes;
  tagKey: Bytes;
}

export interface Vault {
  version: number;
  identitySeed: Bytes;
  kemSeed: Bytes;
  ownChain: { g: number; hash: Bytes; key: Bytes };
  userChain: ChainHead;
  ways: Way[];
  extensions: Extension[];
}

const encodePlace = (place: VaultPlace): Bytes => join(fixed(place.server, 16), u64(place.user), u64(place.version));

export function commitVaultKey(place: VaultPlace, vaultKey: Bytes): Bytes {
  return hash("hearth vault key v1", encodePlace(place), fixed(vaultKey, 32));
}

const encodeWay = (way: Way): Bytes =>
  join(u8(way.kind), fixed(way.id, 16), fixed(way.publicKey, PUBLIC_KEY_BYTES), fixed(way.tagKey, 32));

export function encodeVault(vault: Vault): Bytes {
  const own = join(u64(vault.ownChain.g), fixed(vault.ownChain.hash, 32), fixed(vault.ownChain.key, 32));
  const seeds = join(u64(vault.version), fixed(vault.identitySeed, 32), fixed(vault.kemSeed, 32));
  const ways = join(u8(vault.ways.length), ...vault.ways.map(encodeWay));
  return join(VERSION_AND_SUITE, seeds, own, encodeHead(vault.userChain), ways, encodeExtensions(vault.extensions));
}

function readWays(reader: Reader): Way[] {
  const count = reader.u8();
  check(count <= 16, "malformed", "more than 16 ways in");
  const read = (): Way => ({ kind: reader.choice(1, 2), id: reader.take(16), publicKey: reader.take(PUBLIC_KEY_BYTES), tagKey: reader.take(32) });
  return reader.sorted(count, read, (way) => join(u8(way.kind), way.id));
}

/** Throws ProtocolError `malformed`, `unsupported`. */
export function readVault(bytes: Bytes): Vault {
  const reader = new Reader(bytes);
  readVersion(reader);
  const [version, identitySeed, kemSeed] = [reader.u64(), reader.take(32), reader.take(32)];
  const ownChain = { g: reader.u64(), hash: reader.take(32), key: reader.take(32) };
  const [userChain, ways, extensions] = [readHead(reader), readWays(reader), readExtensions(reader)];
  reader.end();
  return { version, identitySeed, kemSeed, ownChain, userChain, ways, extensions };
}

export function sealVault(vaultKey: Bytes, place: VaultPlace, vault: Vault, salt?: Bytes): Promise<Bytes> {
  return sealBox(vaultKey, "hearth vault v1", encodePlace(place), encodeVault(vault), salt);
}

/** Throws ProtocolError `cannot_open`, `malformed`, `unsupported`. */
export async function openVault(vaultKey: Bytes, place: VaultPlace, sealed: Bytes): Promise<Vault> {
  const vault = readVault(await openBox(vaultKey, "hearth vault v1", encodePlace(place), sealed));
  check(vault.version === place.version, "malformed", "a vault of another version");
  return vault;
}

const passwordPlace = (place: VaultPlace): Bytes => join(encodePlace(place), zeros(17));

export function wrapWithPassword(kek: Bytes, place: VaultPlace, vaultKey: Bytes, salt?: Bytes): Promise<Bytes> {
  return sealBox(kek, "hearth vault wrap v1", passwordPlace(place), fixed(vaultKey, 32) as Bytes, salt);
}

/** Throws ProtocolError `cannot_open` for a wrong password, `bad_commitment` for a key that the chain does not name. */
export async function unwrapWithPassword(kek: Bytes, place: VaultPlace, commitment: Bytes, wrap: Bytes): Promise<Bytes> {
  const vaultKey = await openBox(kek, "hearth vault wrap v1", passwordPlace(place), wrap);
  check(vaultKey.length === 32 && equal(commitVaultKey(place, vaultKey), commitment), "bad_commitment", "not this vault's key");
  return vaultKey;
}

/** What a recovery key, or a passkey's PRF output, is turned into. 32 bytes each. */
export function deriveRecovery(key: Bytes): { proof: Bytes; kemSeed: Bytes; tagKey: Bytes } {
  const from = (name: Parameters<typeof label>[0]): Bytes => hkdf(fixed(key, 32), zeros(0), label(name));
  return { proof: from("hearth recovery auth v1"), kemSeed: from("hearth recovery kem v1"), tagKey: from("hearth recovery tag v1") };
}

const wayContext = (place: VaultPlace, kind: number, id: Bytes, commitment: Bytes): Bytes =>
  join(encodePlace(place), u8(kind), fixed(id, 16), fixed(commitment, 32));

const tagWay = (tagKey: Bytes, context: Bytes, wrap: Bytes): Bytes => hmac(tagKey, join(label("hearth vault way tag v1"), context, wrap));

export async function sealWay(way: Way, place: VaultPlace, vaultKey: Bytes, ekm?: Bytes): Promise<Bytes> {
  const commitment = commitVaultKey(place, vaultKey);
  const context = wayContext(place, way.kind, way.id, commitment);
  const wrap = await sealTo(way.publicKey, join(label("hearth vault way v1"), context), vaultKey, ekm);
  return join(commitment, wrap, tagWay(way.tagKey, context, wrap));
}

/** Returns VK. Throws ProtocolError `malformed`, `cannot_open`, `bad_commitment`. */
export async function openWay(key: Bytes, place: VaultPlace, kind: number, id: Bytes, way: Bytes): Promise<Bytes> {
  check(way.length === 32 + WRAP_BYTES + 32, "malformed", "a way in has 1,232 bytes");
  const [commitment, wrap, tag] = [way.slice(0, 32), way.slice(32, 32 + WRAP_BYTES), way.slice(32 + WRAP_BYTES)];
  const { kemSeed, tagKey } = deriveRecovery(key);
  const context = wayContext(place, kind, id, commitment);
  check(equalSecrets(tagWay(tagKey, context, wrap), tag), "cannot_open", "not made by who had the vault");
  const vaultKey = await openWith(kemSeed, join(label("hearth vault way v1"), context), wrap);
  check(equal(commitVaultKey(place, vaultKey), commitment), "bad_commitment", "not this vault's key");
  return vaultKey;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const checkBytes = (key: Bytes): Bytes => hash("hearth recovery check v1", key).slice(0, 3);

/** 14 groups of 4 characters. */
export function writeRecoveryKey(key: Bytes): string {
  const bits = [...join(fixed(key, 32), checkBytes(key))].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const characters = bits.match(/.{5}/g)!.map((five) => BASE32[parseInt(five, 2)]!);
  return characters.join("").match(/.{4}/g)!.join("-");
}

/** Throws ProtocolError `mistyped`. */
export function readRecoveryKey(typed: string): Bytes {
  const plain = typed.toUpperCase().replace(/[\s-]/g, "").replace(/0/g, "O").replace(/1/g, "I").replace(/8/g, "B");
  check(/^[A-Z2-7]{56}$/.test(plain), "mistyped", "56 letters and digits");
  const bits = [...plain].map((character) => BASE32.indexOf(character).toString(2).padStart(5, "0")).join("");
  const bytes = Uint8Array.from(bits.match(/.{8}/g)!, (eight) => parseInt(eight, 2));
  const key = bytes.slice(0, 32);
  check(equal(checkBytes(key), bytes.subarray(32)), "mistyped", "a character is wrong");
  return key;
}

