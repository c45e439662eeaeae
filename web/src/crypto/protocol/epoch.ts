// The epoch record and its roster as bytes (docs/protocol-encryption.md, 7.1 and 7.2).
import type { Bytes } from "../../lib/bytes.ts";
import { check, equal, fixed, join, Reader, u16, u32, u64, u8 } from "./codec.ts";
import type { Sign } from "./ed25519.ts";
import { type ChainHead, encodeHead, readHead } from "./own-keys.ts";
import { hash } from "./primitives.ts";
import { encodeExtensions, type Extension, readExtensions, readSignature, RIGHTS_EXTENSION, signStatement } from "./statements.ts";

export const KINDS = ["direct", "self", "group"] as const;
export const ACTIONS = ["create", "add", "remove", "rotate", "role", "settings", "reidentify"] as const;
export const OWNER = 1;
export const ADMIN = 2;
export const MEMBER = 3;
export const EPOCH = "hearth epoch v1";
const MOST_BYTES = 32_768;
const MOST_MEMBERS = 200;
/** What `pin by` and `everyone by` are without the extension. */
const USUAL_RIGHT = ADMIN;

export interface Link {
  publicKey: Bytes;
  ends: number;
  limit: number;
}

export interface Settings {
  addBy: number;
  postBy: number;
  settingsBy: number;
  /** Seconds; 0 = kept. */
  timer: number;
  links: Link[];
  pinBy: number;
  everyoneBy: number;
}

export interface Target {
  user: number;
  /** Afterwards; 0 = removed. */
  role: number;
  cause: Bytes;
}

export interface RosterMember {
  user: number;
  role: number;
  identityKey: Bytes;
  chain: ChainHead;
  /** 0 with a hash of zeros: no receive key that counts. */
  receiveVersion: number;
  receiveHash: Bytes;
}

export interface Epoch {
  minimumFormat: number;
  kind: (typeof KINDS)[number];
  server: Bytes;
  conversation: Bytes;
  n: number;
  previous: Bytes;
  rosterHash: Bytes;
  settings: Settings;
  action: (typeof ACTIONS)[number];
  targets: Target[];
  historyFrom: number;
  actor: number;
  device: Bytes;
  time: number;
  seen: { seq: number; hash: Bytes };
  commitment: Bytes;
  /** But for the rights, which are settings. */
  extensions: Extension[];
}

export function directId(server: Bytes, a: number, b: number): Bytes {
  return hash("hearth direct v1", fixed(server, 16), u64(Math.min(a, b)), u64(Math.max(a, b))).slice(0, 16);
}

export const selfId = (server: Bytes, user: number): Bytes => hash("hearth self v1", fixed(server, 16), u64(user)).slice(0, 16);

/** Of a group's create record; `time` in milliseconds. */
export function groupId(server: Bytes, user: number, device: Bytes, time: number): Bytes {
  return hash("hearth group v1", fixed(server, 16), u64(user), fixed(device, 16), u64(time)).slice(0, 16);
}

export function encodeRoster(roster: readonly RosterMember[]): Bytes {
  const encode = (one: RosterMember): Bytes =>
    join(u64(one.user), u8(one.role), fixed(one.identityKey, 32), encodeHead(one.chain), u64(one.receiveVersion), fixed(one.receiveHash, 32));
  return join(u16(roster.length), ...roster.map(encode));
}

/** Throws ProtocolError `malformed`. */
export function readRoster(bytes: Bytes): RosterMember[] {
  const reader = new Reader(bytes);
  const count = reader.u16();
  check(count <= MOST_MEMBERS, "malformed", "more than 200 members");
  const read = (): RosterMember => ({
    user: reader.u64(),
    role: reader.choice(OWNER, MEMBER),
    identityKey: reader.take(32),
    chain: readHead(reader),
    receiveVersion: reader.u64(),
    receiveHash: reader.take(32),
  });
  const roster = reader.sorted(count, read, (one) => u64(one.user));
  reader.end();
  const isWhole = (one: RosterMember): boolean => (one.receiveVersion === 0) === one.receiveHash.every((byte) => byte === 0);
  check(roster.every(isWhole), "malformed", "a receive version without a hash, or a hash without one");
  return roster;
}

export const hashRoster = (bytes: Bytes): Bytes => hash("hearth roster v1", bytes);

/** As they stand in the record: all but the rights. */
export function encodeSettings(settings: Settings): Bytes {
  const links = settings.links.map((link) => join(fixed(link.publicKey, 32), u64(link.ends), u32(link.limit)));
  return join(Uint8Array.of(settings.addBy, settings.postBy, settings.settingsBy), u32(settings.timer), u8(links.length), ...links);
}

/** Extension 5, unless the rights are the usual ones. */
function encodeRights({ pinBy, everyoneBy }: Settings): Extension[] {
  if (pinBy === USUAL_RIGHT && everyoneBy === USUAL_RIGHT) return [];
  return [{ id: RIGHTS_EXTENSION, critical: true, bytes: Uint8Array.of(pinBy, everyoneBy) }];
}

function readRights(extensions: readonly Extension[]): Pick<Settings, "pinBy" | "everyoneBy"> {
  const found = extensions.find((one) => one.id === RIGHTS_EXTENSION);
  if (found === undefined) return { pinBy: USUAL_RIGHT, everyoneBy: USUAL_RIGHT };
  const reader = new Reader(found.bytes);
  const [pinBy, everyoneBy] = [reader.choice(1, 3), reader.choice(1, 3)];
  reader.end();
  check(found.critical && (pinBy !== USUAL_RIGHT || everyoneBy !== USUAL_RIGHT), "malformed", "rights that say nothing");
  return { pinBy, everyoneBy };
}

/** All that settings are, wherever it stands in the record. */
export const sameSettings = (a: Settings, b: Settings): boolean =>
  equal(encodeSettings(a), encodeSettings(b)) && a.pinBy === b.pinBy && a.everyoneBy === b.everyoneBy;

function readSettings(reader: Reader): Omit<Settings, "pinBy" | "everyoneBy"> {
  const [addBy, postBy, settingsBy] = [reader.choice(1, 3), reader.choice(1, 3), reader.choice(1, 3)];
  const [timer, count] = [reader.u32(), reader.u8()];
  check(count <= 20, "malformed", "more than 20 links");
  const read = (): Link => ({ publicKey: reader.take(32), ends: reader.u64(), limit: reader.u32() });
  return { addBy, postBy, settingsBy, timer, links: reader.sorted(count, read, (link) => link.publicKey) };
}

function readTargets(reader: Reader): Target[] {
  const count = reader.u16();
  check(count <= MOST_MEMBERS, "malformed", "more than 200 targets");
  const read = (): Target => ({ user: reader.u64(), role: reader.choice(0, MEMBER), cause: reader.take(32) });
  return reader.sorted(count, read, (target) => u64(target.user));
}

const encodeTarget = (one: Target): Bytes => join(u64(one.user), u8(one.role), fixed(one.cause, 32));

export async function makeEpoch(one: Epoch, sign: Sign): Promise<Bytes> {
  const head = Uint8Array.of(1, 1, one.minimumFormat, KINDS.indexOf(one.kind) + 1);
  const place = join(fixed(one.server, 16), fixed(one.conversation, 16), u64(one.n), fixed(one.previous, 32), fixed(one.rosterHash, 32));
  const targets = join(u16(one.targets.length), ...one.targets.map(encodeTarget));
  const act = join(encodeSettings(one.settings), u8(ACTIONS.indexOf(one.action) + 1), targets, u64(one.historyFrom));
  const actor = join(u64(one.actor), fixed(one.device, 16), u64(one.time), u64(one.seen.seq), fixed(one.seen.hash, 32));
  const extensions = [...encodeRights(one.settings), ...one.extensions].sort((a, b) => a.id - b.id);
  return signStatement(EPOCH, join(head, place, act, actor, fixed(one.commitment, 32), encodeExtensions(extensions)), sign);
}

/** Throws ProtocolError `malformed`, `unsupported`. */
export function readEpoch(bytes: Bytes): Epoch {
  check(bytes.length <= MOST_BYTES, "malformed", "an epoch record above 32 KiB");
  const reader = new Reader(bytes);
  check(reader.u8() === 1 && reader.u8() === 1, "unsupported", "another version or suite");
  const [minimumFormat, kind] = [reader.u8(), KINDS[reader.choice(1, 3) - 1]!];
  const [server, conversation, n] = [reader.take(16), reader.take(16), reader.u64()];
  const [previous, rosterHash, plain] = [reader.take(32), reader.take(32), readSettings(reader)];
  const [action, targets, historyFrom] = [ACTIONS[reader.choice(1, ACTIONS.length) - 1]!, readTargets(reader), reader.u64()];
  const [actor, device, time] = [reader.u64(), reader.take(16), reader.u64()];
  const seen = { seq: reader.u64(), hash: reader.take(32) };
  const [commitment, all] = [reader.take(32), readExtensions(reader, [RIGHTS_EXTENSION])];
  readSignature(reader);
  const settings = { ...plain, ...readRights(all) };
  const extensions = all.filter((one) => one.id !== RIGHTS_EXTENSION);
  return {
    minimumFormat, kind, server, conversation, n, previous, rosterHash, settings, action, targets, historyFrom,
    actor, device, time, seen, commitment, extensions,
  };
}
