// Of what kind a conversation is, and with whom: never by the server's word alone. Its id is made of its people
// (docs/protocol-encryption.md, 7.1), and the newest accepted epoch names them. What the server says otherwise is not shown, and nothing is
// sent there (7.6).
import { type Bytes, fromHex, toHex } from "../lib/bytes.ts";
import { sha256 } from "../lib/sha256.ts";
import type { Bond } from "../crypto/conversations/conversation-facts.ts";
import type { ConversationRow, Replica, SealingRow } from "../replica/database.ts";

/** What the copy has of that. */
export interface Bound extends Bond {
  /** What the newest accepted epoch proves; missing before one is known. */
  bond?: Bond;
  /** The server says something else than is proven. */
  is_strange?: true;
}

/** The first 16 bytes, as the keys' worker computes them too (crypto/protocol/epoch.ts). */
function makeId(name: string, server: Bytes, ...users: number[]): string {
  const label = new TextEncoder().encode(`${name}\0`);
  const input = new Uint8Array(label.length + 16 + users.length * 8);
  input.set(label);
  input.set(server, label.length);
  const view = new DataView(input.buffer, label.length + 16);
  users.forEach((user, at) => view.setBigUint64(at * 8, BigInt(user)));
  return toHex(sha256(input).subarray(0, 16));
}

export const makeDirectId = (server: string, a: number, b: number): string =>
  makeId("hearth direct v1", fromHex(server), Math.min(a, b), Math.max(a, b));
export const makeSelfId = (server: string, user: number): string => makeId("hearth self v1", fromHex(server), user);

/** Whether a conversation of `me` may be what is said of it, by its id. Of a group the id says only what it is not. */
export function fitsId(id: string, { kind, users }: Bond, server: string, me: number): boolean {
  const others = users.filter((user) => user !== me);
  if (kind === "group") return id !== makeSelfId(server, me) && others.every((user) => id !== makeDirectId(server, me, user));
  if (users.length !== others.length + 1) return false;
  if (kind === "self") return others.length === 0 && id === makeSelfId(server, me);
  return others.length === 1 && id === makeDirectId(server, me, others[0]!);
}

const areSame = (some: readonly number[], others: readonly number[]): boolean =>
  new Set(some).size === new Set(others).size && some.every((user) => others.includes(user));

const matches = (bond: Bond, said: Bond): boolean => bond.kind === said.kind && (bond.kind === "group" || areSame(bond.users, said.users));

/**
 * A conversation's row with what the server says of it, as far as that is proven: by the epoch if one is known, else by the id. The list of
 * a group may be older or newer than the epoch, and tells whose names are here only; no other difference is honest.
 */
export function bind(row: ConversationRow, said: Bond, server: string | undefined, me: number): ConversationRow {
  const { bond } = row;
  const rest = { ...row };
  delete rest.is_strange;
  if (bond === undefined) {
    const fits = server !== undefined && fitsId(row.id, said, server, me);
    return fits ? { ...rest, kind: said.kind, users: said.users } : { ...rest, kind: "direct", users: [me], is_strange: true };
  }
  const isTrue = matches(bond, said);
  const users = isTrue ? [...new Set([...bond.users, ...said.users])] : bond.users;
  return { ...rest, kind: bond.kind, users, ...(isTrue ? {} : { is_strange: true }) };
}

/** The row once an epoch proves whom it is of; what was not true before stays so until the server says something else. */
export function prove(row: ConversationRow, bond: Bond, me: number): ConversationRow {
  const bound = bind({ ...row, bond }, row, undefined, me);
  return row.is_strange ? { ...bound, is_strange: true } : bound;
}

/** The server's id, of which those of conversations are made. */
export const findServer = async (replica: Replica): Promise<string | undefined> => (await replica.findMeta("cursor"))?.server_id;

/** What stands against sealing in it. */
export function sealingOf({ sealing, is_strange }: ConversationRow): SealingRow | undefined {
  return is_strange ? { state: "stopped", users: [], verdict: "wrong_place", n: sealing?.n ?? 0 } : sealing;
}
