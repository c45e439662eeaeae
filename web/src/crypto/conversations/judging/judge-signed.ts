// Entries that are signed and not sealed: epochs, leaving, restoring (docs/protocol-encryption.md, 8.6). Where they stand decides
// about everything else.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import { check, equal, ProtocolError, type Verdict, zeros } from "../../protocol/codec.ts";
import { type Epoch, EPOCH, OWNER, readEpoch } from "../../protocol/epoch.ts";
import { findMember } from "../../protocol/epoch-rules.ts";
import { type Leave, LEAVE, readLeave, readRestored, type Restored, RESTORED } from "../../protocol/log-entries.ts";
import type { Name } from "../../protocol/primitives.ts";
import { hashStatement, verifyStatement } from "../../protocol/statements.ts";
import type { Epochs, KnownEpoch } from "./epochs.ts";
import type { LogPlace, Row } from "./log.ts";
import { EPOCH_ENTRY, LEAVE_ENTRY } from "./roles.ts";

type Statement = { kind: "epoch"; body: Epoch } | { kind: "leave"; body: Leave } | { kind: "restored"; body: Restored };
/** An entry read, and whether its device signed it; null while the chain does not have the device's key. */
export type VerifiedSigned = { failed: Verdict } | (Statement & { hash: Bytes; isSigned: boolean | null });

const NAMES: Record<Statement["kind"], Name> = { epoch: EPOCH, leave: LEAVE, restored: RESTORED };

function read(row: Row): Statement {
  if (row.kind === EPOCH_ENTRY) return { kind: "epoch", body: readEpoch(row.record) };
  if (row.kind === LEAVE_ENTRY) return { kind: "leave", body: readLeave(row.record) };
  return { kind: "restored", body: readRestored(row.record) };
}

export async function verifySigned(epochs: Epochs, row: Row): Promise<VerifiedSigned> {
  try {
    const statement = read(row);
    const name = NAMES[statement.kind];
    const hash = hashStatement(name, row.record);
    const { body } = statement;
    // An epoch's signature was judged when it was taken.
    if ("n" in body && equal(epochs.find(body.n)?.hash ?? zeros(0), hash)) return { ...statement, hash, isSigned: true };
    const key = epochs.people.chain("actor" in body ? body.actor : body.user).deviceKey(body.device);
    return { ...statement, hash, isSigned: key === undefined ? null : await isSignedBy(name, row.record, key) };
  } catch (error) {
    if (error instanceof ProtocolError) return { failed: error.verdict };
    throw error;
  }
}

async function isSignedBy(name: Name, record: Bytes, key: Bytes): Promise<boolean> {
  try {
    await verifyStatement(name, record, key);
    return true;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

export interface CountingLeave {
  user: number;
  n: number;
  seq: number;
  /** SHA-256 of the stored entry: the `cause` of a removal. */
  cause: Bytes;
}

export interface JudgedSigned {
  entryOf: (n: number) => number | undefined;
  leaves: readonly CountingLeave[];
  isLastOwner: (epoch: KnownEpoch, user: number) => boolean;
}

interface Needs {
  epochs: Epochs;
  signedOf: (row: Row) => VerifiedSigned | undefined;
  databases: ReadonlySet<string>;
}

/** Throws ProtocolError `unproven`, `bad_signature`. */
function requireSigned(isSigned: boolean | null): void {
  check(isSigned !== null, "unproven", "the device's key is not known yet");
  check(isSigned, "bad_signature", "not signed by this device");
}

export class SignedJudge implements JudgedSigned {
  readonly leaves: CountingLeave[] = [];
  readonly #entries = new Map<number, number>();
  /** Epoch entries whose epoch is not known yet. */
  readonly #unproven = new Map<number, number>();
  readonly #restored: { seq: number; database: string }[] = [];

  readonly #epochVerdicts = new Map<number, Verdict>();

  /** Where epochs stand decides about what is below them, too: so they are placed before anything is judged. */
  constructor(private readonly needs: Needs, rows: readonly Row[]) {
    for (const row of rows) if (row.kind === EPOCH_ENTRY) this.#place(row);
  }

  #place(row: Row): void {
    try {
      const signed = this.#find(row);
      if (signed.kind === "epoch") this.#placeEpoch(row, signed.body, signed.hash);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#epochVerdicts.set(row.seq, error.verdict);
    }
  }

  entryOf = (n: number): number | undefined => this.#entries.get(n);

  lastRestored = (below: number): number | null => this.#restored.findLast((one) => one.seq < below)?.seq ?? null;

  /** Epochs after n whose entries stand below a seq, also those that are not known yet. */
  epochsBetween(n: number, below: number): number[] {
    const stand = ([later, at]: [number, number]): boolean => later > n && at < below;
    return [...this.#entries, ...this.#unproven].filter(stand).map(([later]) => later);
  }

  /** Whoever leaves has the key still: nobody writes under it any more. */
  hasLeaveBetween = (above: number, below: number): boolean => this.leaves.some((one) => one.seq > above && one.seq < below);

  /** Read, and said of itself by the row. Throws ProtocolError `malformed`, `unsupported`, `wrong_place`. */
  #find(row: Row): Statement & { hash: Bytes; isSigned: boolean | null } {
    const signed = this.needs.signedOf(row);
    check(signed !== undefined, "unproven", "not read yet");
    if ("failed" in signed) throw new ProtocolError(signed.failed, "does not read");
    this.#checkPlace(row, signed);
    return signed;
  }

  /** Returns what the author had seen. Throws ProtocolError. */
  judge(row: Row): LogPlace | null {
    const verdict = this.#epochVerdicts.get(row.seq);
    if (verdict !== undefined) throw new ProtocolError(verdict, "judged before");
    const signed = this.#find(row);
    if (signed.kind === "epoch") return signed.body.seen;
    const epoch = this.#findEpoch(signed.body.epoch, signed.body.recordHash);
    if (signed.kind === "leave") return this.#judgeLeave(row, epoch, signed.body, signed.isSigned);
    this.#judgeRestored(row, epoch, signed.body, signed.isSigned);
    return null;
  }

  /** The row says what the statement says. */
  #checkPlace(row: Row, signed: Statement & { hash: Bytes }): void {
    const { server, conversation } = this.needs.epochs.where;
    const { body } = signed;
    const [user, n] = signed.kind === "epoch" ? [signed.body.actor, signed.body.n] : [signed.body.user, signed.body.epoch];
    const isHere = equal(body.server, server) && equal(body.conversation, conversation);
    const isAuthor = row.user === user && equal(row.device, body.device) && row.epoch === n;
    const isPlaced = equal(row.clientId, signed.hash.subarray(0, 16)) && row.counter === 0 && row.targetSeq === 0;
    check(isHere && isAuthor && isPlaced, "wrong_place", "the row says something else than the statement");
  }

  #findEpoch(n: number, hash: Bytes): KnownEpoch {
    const known = this.needs.epochs.find(n);
    check(known !== undefined, "unproven", "an epoch that is not known yet");
    check(equal(known.hash, hash), "fork", "another epoch with this number");
    return known;
  }

  #placeEpoch(row: Row, { n }: Epoch, hash: Bytes): void {
    const known = this.needs.epochs.find(n);
    if (known === undefined && !this.#unproven.has(n)) this.#unproven.set(n, row.seq);
    this.#findEpoch(n, hash);
    check(!this.#entries.has(n), "out_of_place", "a second entry of this epoch");
    this.#entries.set(n, row.seq);
  }

  #checkAuthor(epoch: KnownEpoch, user: number, device: Bytes): void {
    const member = findMember(epoch.roster, user);
    const isListed = member !== undefined && this.needs.epochs.people.chain(user).isListedFrom(member.chain, device);
    check(isListed, "not_listed", "no member, or no device of theirs");
  }

  #judgeLeave(row: Row, epoch: KnownEpoch, { user, device, seen, epoch: n }: Leave, isSigned: boolean | null): LogPlace {
    check(epoch.epoch.kind === "group", "not_allowed", "one leaves groups only");
    const entry = this.entryOf(n);
    check(entry !== undefined, "unproven", "the entry of the epoch is not at hand");
    const between = this.epochsBetween(n, row.seq);
    const isCurrent = row.seq > entry && !between.some((later) => this.needs.epochs.find(later) !== undefined);
    check(isCurrent, "out_of_place", "not in the time of its epoch");
    check(between.length === 0, "unproven", "a later epoch is not known yet");
    this.#checkAuthor(epoch, user, device);
    requireSigned(isSigned);
    check(!this.leaves.some((one) => one.n === n && one.user === user), "not_allowed", "has left already");
    check(!this.isLastOwner(epoch, user), "not_allowed", "the last owner names another one first");
    this.leaves.push({ user, n, seq: row.seq, cause: row.recordHash });
    return seen;
  }

  /** Whether others are there who have not left, and none of them is an owner, but this person is. */
  isLastOwner({ epoch, roster }: KnownEpoch, user: number): boolean {
    const hasLeft = new Set(this.leaves.filter((one) => one.n === epoch.n).map((one) => one.user));
    const others = roster.filter((one) => one.user !== user && !hasLeft.has(one.user));
    const isOwner = findMember(roster, user)?.role === OWNER;
    return isOwner && others.length > 0 && !others.some((one) => one.role === OWNER);
  }

  #judgeRestored(row: Row, epoch: KnownEpoch, { databaseGeneration, user, device }: Restored, isSigned: boolean | null): void {
    const database = toHex(databaseGeneration);
    const isNew = this.needs.databases.has(database) && !this.#restored.some((one) => one.database === database);
    check(isNew, "not_allowed", "not told by the server, or said before");
    this.#checkAuthor(epoch, user, device);
    requireSigned(isSigned);
    this.#restored.push({ seq: row.seq, database });
  }
}
