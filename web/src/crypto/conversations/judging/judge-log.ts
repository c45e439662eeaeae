// Which entries of a log stand (docs/protocol-encryption.md, 8.3, 8.5 and 8.6). One pass over all that is at hand, from the lowest
// seq up, without keys: so a verdict follows from what is known and never from the order in which it came.
import { toHex } from "../../../lib/bytes.ts";
import { check, equal, isZero, ProtocolError, type Verdict } from "../../protocol/codec.ts";
import { findMember } from "../../protocol/epoch-rules.ts";
import { bucket } from "../../protocol/record.ts";
import type { Epochs, KnownEpoch } from "./epochs.ts";
import { type Aimed, findGaps, isDue, listDeleted, listEmptied, SeenJudge } from "./judge-marks.ts";
import { type JudgedSigned, SignedJudge, type VerifiedSigned } from "./judge-signed.ts";
import type { Log, LogPlace, Row } from "./log.ts";
import type { Content, Inside } from "./open-rows.ts";
import { checkRole, DELETION, EPOCH_ENTRY, isRecordKind, LEAVE_ENTRY, RESTORED_ENTRY } from "./roles.ts";

export interface Finding {
  row: Row;
  /** Null: it stands. */
  verdict: Verdict | null;
  /** What it says, when it stands. Null for a void, for signed entries, and for what was emptied. */
  content: Content["content"];
  extensions: Content["extensions"];
  /** Milliseconds, as the author says. */
  sentAt: number | null;
  /** Where the target stands, when it is at hand. */
  target: number | null;
  /** Not encrypted: from before epoch 1. */
  isPlain: boolean;
  isEmptied: boolean;
  /** "The server has withheld or changed something here": a wrong `seen`, or a gap. */
  isWithheld: boolean;
  /** What is missing before it may be what a restore of the server has lost. */
  isRestored: boolean;
  /** Entries that are not at hand and could change the verdict: the target, what the author had seen, what lies below a late record. */
  wants: number[];
}

/** What a pass judges by. Nothing in it changes meanwhile. */
export interface Facts {
  epochs: Epochs;
  log: Log;
  insideOf: (row: Row) => Inside | undefined;
  signedOf: (row: Row) => VerifiedSigned | undefined;
  /** Database generations that `sync.open` told, as hex. */
  databases: ReadonlySet<string>;
  /** The keyring has a head row of the conversation. */
  hasHead: boolean;
  /** Milliseconds. */
  now: number;
}

export interface Judged {
  findings: Finding[];
  signed: JudgedSigned;
  /** The entries that a deletion that stands names, and the edits and reactions of these. */
  deleted: ReadonlySet<number>;
  /** The highest counter of a device, verified: by its id as hex. */
  highestCounter: ReadonlyMap<string, number>;
}

const RECORD_BYTES = { least: 33 + 256, most: 65_536 };
const LATE = 100;
const MOST_PASSES = 8;

class Pass {
  readonly findings: Finding[] = [];
  readonly #used = new Map<string, Set<number>>();
  readonly #laterEpoch = new Map<string, number>();
  readonly #present = new Set<Row>();
  readonly #proven = new Set<Row>();
  readonly highestCounter = new Map<string, number>();
  readonly aimed: Aimed[] = [];
  readonly signed: SignedJudge;
  readonly #seen: SeenJudge;

  /** `emptied`: the seqs that were emptied rightly, as the pass before found out. */
  constructor(private readonly facts: Facts, private readonly emptied: ReadonlySet<number>) {
    this.signed = new SignedJudge(facts, facts.log.rows);
    this.#seen = new SeenJudge(facts.log, this.signed);
  }

  run(): void {
    for (const row of this.facts.log.rows) this.findings.push(this.#judge(row));
    const gaps = new Set(findGaps(this.facts.log.stretches, this.#present, this.#proven));
    for (const finding of this.findings) {
      finding.isRestored = !finding.isWithheld && gaps.has(finding.row.seq) && this.#seen.mayBeRestored(finding.row);
      finding.isWithheld ||= gaps.has(finding.row.seq);
    }
  }

  #judge(row: Row): Finding {
    const finding: Finding = {
      row, verdict: null, content: null, extensions: [], sentAt: null, target: null, isPlain: false, isEmptied: false, isWithheld: false,
      isRestored: false, wants: [],
    };
    try {
      if (row.record.length === 0) this.#judgeEmptied(row, finding);
      else if (row.kind === EPOCH_ENTRY || row.kind === LEAVE_ENTRY || row.kind === RESTORED_ENTRY) {
        const seen = this.signed.judge(row);
        if (seen !== null) this.#judgeSeen(finding, seen);
      } else this.#judgeRecord(row, finding);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      finding.verdict = error.verdict;
      finding.content = null;
      finding.extensions = [];
      if (["unproven", "unsupported", "keyless"].includes(error.verdict)) this.#present.add(row);
    }
    return finding;
  }

  #noteProven(row: Row): void {
    this.#present.add(row);
    this.#proven.add(row);
  }

  #judgeEmptied(row: Row, finding: Finding): void {
    finding.isEmptied = true;
    this.#present.add(row);
    check(this.emptied.has(row.seq), "withheld", "emptied without a deletion that says so");
    this.#use(row);
  }

  #use(row: Row): void {
    const device = toHex(row.device);
    const used = this.#used.get(device) ?? new Set();
    this.#used.set(device, used.add(row.counter));
    this.highestCounter.set(device, Math.max(this.highestCounter.get(device) ?? 0, row.counter));
  }

  #judgeRecord(row: Row, finding: Finding): void {
    check(isRecordKind(row.kind), "unsupported", "an unknown kind of entry");
    if (row.record[0] === 0) return this.#judgePlain(row, finding);
    check(row.record[0] === 1, "unsupported", "not a record of format 1");
    const length = row.record.length - 33;
    const isLength = row.record.length >= RECORD_BYTES.least && row.record.length <= RECORD_BYTES.most && bucket(length) === length;
    check(isLength, "malformed", "not the length of a record");
    const epoch = this.facts.epochs.find(row.epoch);
    check(epoch !== undefined, "unproven", "an epoch that is not known yet");
    check(epoch.epoch.minimumFormat <= 1, "not_allowed", "below the minimum format");
    this.#checkPlace(row, finding);
    this.#checkAuthor(row, epoch);
    this.#noteEpoch(row);
    this.#judgeInside(row, epoch, finding);
  }

  #judgePlain(row: Row, finding: Finding): void {
    const first = this.signed.entryOf(1);
    const isKnown = this.facts.epochs.newest !== null || this.facts.hasHead;
    check(row.epoch === 0 && (first === undefined ? !isKnown : row.seq < first), "not_sealed", "not encrypted, where all is");
    finding.isPlain = true;
    this.#noteProven(row);
  }

  #judgeSeen(finding: Finding, seen: LogPlace): void {
    finding.isWithheld = !this.#seen.fits(finding.row, seen);
    if (seen.seq < finding.row.seq && this.facts.log.hashAt(seen.seq) === undefined) finding.wants.push(seen.seq);
  }

  /** Step 3. */
  #checkPlace(row: Row, finding: Finding): void {
    const entry = this.signed.entryOf(row.epoch);
    check(entry !== undefined, "unproven", "the entry of the epoch is not at hand");
    check(row.seq > entry && !this.signed.hasLeaveBetween(entry, row.seq), "out_of_place", "below its epoch, or somebody has left since");
    const next = this.signed.entryOf(row.epoch + 1);
    if (next !== undefined && row.seq > next) {
      const namesEarlier = (this.#laterEpoch.get(toHex(row.device)) ?? 0) > row.epoch;
      check(row.seq <= next + LATE && !namesEarlier, "out_of_place", "too late for its epoch");
      for (let seq = next + 1; seq < row.seq; seq += 1) if (this.facts.log.find(seq) === undefined) finding.wants.push(seq);
    }
    for (const n of this.signed.epochsBetween(row.epoch, row.seq)) this.#checkStillThere(row, n);
  }

  #checkStillThere(row: Row, n: number): void {
    const [epoch, later] = [this.facts.epochs.find(row.epoch)!, this.facts.epochs.find(n)];
    check(later !== undefined, "unproven", "a later epoch is not known yet");
    const [was, is] = [findMember(epoch.roster, row.user), findMember(later.roster, row.user)];
    const chain = this.facts.epochs.people.chain(row.user);
    // Who was no member before is judged by step 4.
    const isSame = is !== undefined && (was === undefined || chain.isLinked(was.identityKey, is.identityKey));
    check(isSame && chain.isListedFrom(is.chain, row.device), "out_of_place", "no more in a later epoch that stands below");
  }

  /** Step 4. */
  #checkAuthor(row: Row, epoch: KnownEpoch): void {
    const member = findMember(epoch.roster, row.user);
    check(member !== undefined, "not_listed", "no member");
    check(this.facts.epochs.people.chain(row.user).isListedFrom(member.chain, row.device), "not_listed", "no device of the member");
  }

  #noteEpoch(row: Row): void {
    const device = toHex(row.device);
    this.#laterEpoch.set(device, Math.max(this.#laterEpoch.get(device) ?? 0, row.epoch));
  }

  /** Steps 5 to 13. */
  #judgeInside(row: Row, epoch: KnownEpoch, finding: Finding): void {
    const inside = this.facts.insideOf(row);
    check(inside !== undefined, epoch.seed === null ? "keyless" : "unproven", "no key, or not opened yet");
    if ("failed" in inside) {
      // openRecord judges the length as step 1 does, which has passed: what is left of `malformed` is step 8.
      if (inside.failed === "malformed") this.#noteProven(row);
      throw new ProtocolError(inside.failed, "does not open");
    }
    this.#noteProven(row);
    const { opened, body } = inside;
    const isRestored = this.signed.lastRestored(row.seq) !== null;
    check(row.targetSeq < row.seq || isRestored, "malformed", "a target that comes later");
    const isUsed = this.#used.get(toHex(row.device))?.has(row.counter) ?? false;
    check(row.counter > 0 && !isUsed, "repeated_counter", "a counter that was used before");
    this.#use(row);
    const target = this.#findTarget(row, opened.targetHash);
    checkRole(epoch, row.user, row.kind, row.targetSeq, target);
    check(target === undefined || equal(target.recordHash, opened.targetHash), "wrong_target", "the target is another record");
    if ("failed" in body) throw new ProtocolError(body.failed, "the body does not decode");
    this.#aim(row, target);
    this.#judgeSeen(finding, opened.seen);
    if (row.targetSeq > 0 && target === undefined) this.#wantTarget(row, finding);
    Object.assign(finding, { content: body.content, extensions: body.extensions, sentAt: opened.sentAt, target: target?.seq ?? null });
  }

  /** Above a restored entry a target is found by its hash, whatever seq is said. */
  #findTarget(row: Row, targetHash: Uint8Array): Row | undefined {
    if (row.targetSeq === 0 || isZero(targetHash)) return undefined;
    if (this.signed.lastRestored(row.seq) === null) return this.facts.log.find(row.targetSeq);
    return this.facts.log.rows.find((one) => one.seq < row.seq && equal(one.recordHash, targetHash));
  }

  /** Who wrote before the log was restored names the target's place of then: if another entry stands there, it was given back like this one, to a place below. */
  #wantTarget(row: Row, finding: Finding): void {
    const { log } = this.facts;
    if (row.targetSeq < row.seq && log.find(row.targetSeq) === undefined) return void finding.wants.push(row.targetSeq);
    const restored = this.signed.lastRestored(row.seq) ?? row.seq;
    for (let seq = row.seq - 1; seq > restored && seq >= row.seq - LATE; seq -= 1) if (log.find(seq) === undefined) finding.wants.push(seq);
  }

  #aim(row: Row, target: Row | undefined): void {
    if (target !== undefined) this.aimed.push({ seq: row.seq, target: target.seq, isDeletion: row.kind === DELETION });
  }

  listEmptied(): Set<number> {
    const due = this.facts.log.rows.filter((row) => row.record.length === 0 && isDue(this.facts, row)).map((row) => row.seq);
    return listEmptied(this.facts.log, this.aimed, due);
  }
}

/** Judges everything anew. What was emptied rightly follows from deletions, which stand above: so until it does not change any more. */
export function judgeLog(facts: Facts): Judged {
  let emptied: ReadonlySet<number> = new Set();
  for (let round = 1; ; round += 1) {
    const pass = new Pass(facts, emptied);
    pass.run();
    const next = pass.listEmptied();
    const isStable = next.size === emptied.size && [...next].every((seq) => emptied.has(seq));
    if (isStable || round === MOST_PASSES) {
      const deleted = new Set(listDeleted(facts.log, pass.aimed).map((row) => row.seq));
      return { findings: pass.findings, signed: pass.signed, deleted, highestCounter: pass.highestCounter };
    }
    emptied = next;
  }
}
