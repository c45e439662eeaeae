// Rows of the keyring, and the set that a new generation carries over (docs/protocol-encryption.md, 6.3).
import { type Bytes, toHex } from "../../lib/bytes.ts";
import { check, compare, decodeText, fixed, join, lp8, Reader, text, u32, u64, u8 } from "./codec.ts";
import { hash, openBox, sealBox } from "./primitives.ts";

export type Row =
  | { kind: "epoch"; conversation: Bytes; n: number; recordHash: Bytes; seed: Bytes }
  | PinRow
  | { kind: "head"; conversation: Bytes; n: number; recordHash: Bytes; seq: number; logHash: Bytes }
  | { kind: "receive"; version: number; statementHash: Bytes; seed: Bytes };

export interface PinRow {
  kind: "pin";
  user: number;
  username: string;
  identityKey: Bytes;
  incarnation: number;
  n: number;
  hash: Bytes;
  how: number;
  by: number;
  time: number;
  /** Pin hashes of those that it takes back (9.2), in any order here. */
  takesBack: readonly Bytes[];
}

/** Pins that one pin takes back. */
export const MOST_TAKEN_BACK = 16;

const KINDS = ["epoch", "pin", "head", "receive"] as const;

/** Where a row is stored: clear to the server, bound by the seal. */
export interface RowPlace {
  server: Bytes;
  user: number;
  g: number;
  kind: number;
  id: Bytes;
}

export const rowKind = (row: Row): number => KINDS.indexOf(row.kind) + 1;

export function rowId(row: Row): Bytes {
  if (row.kind === "epoch") return join(fixed(row.conversation, 16), u64(row.n));
  if (row.kind === "head") return join(fixed(row.conversation, 16));
  return u64(row.kind === "pin" ? row.user : row.version);
}

/** Without any, nothing at all is written. */
function encodeTakenBack(hashes: readonly Bytes[]): Bytes {
  const sorted = [...hashes].sort(compare);
  return sorted.length === 0 ? join() : join(u8(sorted.length), ...sorted.map((one) => fixed(one, 32)));
}

function readTakenBack(body: Reader): Bytes[] {
  if (body.isAtEnd) return [];
  const count = body.u8();
  check(count >= 1 && count <= MOST_TAKEN_BACK, "malformed", "none, or too many that are taken back");
  const hashes = Array.from({ length: count }, () => body.take(32));
  check(hashes.every((one, at) => at === 0 || compare(hashes[at - 1]!, one) < 0), "malformed", "not sorted");
  return hashes;
}

export function encodeRow(row: Row): Bytes {
  switch (row.kind) {
    case "epoch":
      return join(fixed(row.recordHash, 32), fixed(row.seed, 32));
    case "pin": {
      const who = join(lp8(text(row.username)), fixed(row.identityKey, 32), u32(row.incarnation));
      return join(who, u64(row.n), fixed(row.hash, 32), u8(row.how), u64(row.by), u64(row.time), encodeTakenBack(row.takesBack));
    }
    case "head":
      return join(u64(row.n), fixed(row.recordHash, 32), u64(row.seq), fixed(row.logHash, 32));
    case "receive":
      return join(fixed(row.statementHash, 32), fixed(row.seed, 32));
  }
}

function readPin(id: Reader, body: Reader): Row {
  const [user, name] = [id.u64(), body.lp8(200)];
  check(name.length > 0, "malformed", "no username");
  const [username, identityKey] = [decodeText(name), body.take(32)];
  const [incarnation, n, head, how] = [body.u32(), body.u64(), body.take(32), body.choice(1, 4)];
  const [by, time] = [body.u64(), body.u64()];
  return { kind: "pin", user, username, identityKey, incarnation, n, hash: head, how, by, time, takesBack: readTakenBack(body) };
}

/** Throws ProtocolError `malformed`. */
export function decodeRow(kind: number, idBytes: Bytes, bodyBytes: Bytes): Row {
  const [id, body] = [new Reader(idBytes), new Reader(bodyBytes)];
  const row = ((): Row => {
    switch (KINDS[kind - 1]) {
      case "epoch":
        return { kind: "epoch", conversation: id.take(16), n: id.u64(), recordHash: body.take(32), seed: body.take(32) };
      case "pin":
        return readPin(id, body);
      case "head":
        return { kind: "head", conversation: id.take(16), n: body.u64(), recordHash: body.take(32), seq: body.u64(), logHash: body.take(32) };
      default:
        check(kind === 4, "malformed", "an unknown kind of row");
        return { kind: "receive", version: id.u64(), statementHash: body.take(32), seed: body.take(32) };
    }
  })();
  id.end();
  body.end();
  return row;
}

const encodePlace = (place: RowPlace): Bytes =>
  join(fixed(place.server, 16), u64(place.user), u64(place.g), u8(place.kind), lp8(place.id));

export async function sealRow(key: Bytes, server: Bytes, user: number, g: number, row: Row, salt?: Bytes): Promise<Bytes> {
  const place = { server, user, g, kind: rowKind(row), id: rowId(row) };
  return sealBox(key, "hearth row v1", encodePlace(place), encodeRow(row), salt);
}

/** Throws ProtocolError `cannot_open`, `malformed`, `unsupported`. */
export async function openRow(key: Bytes, place: RowPlace, sealed: Bytes): Promise<Row> {
  return decodeRow(place.kind, place.id, await openBox(key, "hearth row v1", encodePlace(place), sealed));
}

/** The `set` of a generation statement. Throws ProtocolError `malformed` for an epoch row, or two rows of one kind and id. */
export function hashSet(rows: readonly Row[]): Bytes {
  check(rows.every((row) => row.kind !== "epoch"), "malformed", "epoch rows are not carried over");
  const entries = rows.map((row) => ({ key: join(u8(rowKind(row)), lp8(rowId(row))), body: hash("hearth set v1", encodeRow(row)) }));
  entries.sort((a, b) => compare(a.key, b.key));
  const isTwice = entries.some((entry, at) => at > 0 && compare(entries[at - 1]!.key, entry.key) === 0);
  check(!isTwice, "malformed", "two rows of one kind and id");
  return hash("hearth row set v1", u32(entries.length), ...entries.map((entry) => join(entry.key, entry.body)));
}

/** By which others take it back. */
export const hashPin = (pin: PinRow): Bytes => hash("hearth pin v1", u64(pin.user), encodeRow(pin));

/** Those that none of the others takes back; a pin that is taken back itself does so still (6.3). */
export function listStanding<R extends Row>(rows: readonly R[]): R[] {
  const taken = new Set(rows.flatMap((row) => (row.kind === "pin" ? row.takesBack.map(toHex) : [])));
  return taken.size === 0 ? [...rows] : rows.filter((row) => row.kind !== "pin" || !taken.has(toHex(hashPin(row))));
}

/** Which of two standing rows of one kind and id counts: the higher n, then (epoch, seq), then the later one in the list (6.3). */
function chooseRow<R extends Row>(earlier: R, later: R): R {
  if (earlier.kind === "pin" && later.kind === "pin") return later.n >= earlier.n ? later : earlier;
  if (earlier.kind !== "head" || later.kind !== "head") return later;
  const isAhead = later.n > earlier.n || (later.n === earlier.n && later.seq >= earlier.seq);
  return isAhead ? later : earlier;
}

/** Of rows in the order of the list those that count: one for each kind and id. */
export function listCounting<R extends Row>(rows: readonly R[]): R[] {
  const counting = new Map<string, R>();
  for (const row of listStanding(rows)) {
    const name = `${rowKind(row)} ${toHex(rowId(row))}`;
    const before = counting.get(name);
    counting.set(name, before === undefined ? row : chooseRow(before, row));
  }
  return [...counting.values()];
}
