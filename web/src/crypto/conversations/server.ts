// What conversations ask of the server, in bytes (docs/protocol-encryption.md, 7 and 11). Each write is one request, carried out whole
// or not at all, and answered as before when the same bytes come again. Nothing that is read is believed.
import type { Bytes } from "../../lib/bytes.ts";
import type { NewReceive, PublicKey } from "../account/server.ts";
import type { StoredEpoch } from "./judging/epochs.ts";
import type { Row } from "./judging/log.ts";
import type { PeopleServer } from "./people/people.ts";

export interface MemberWrap {
  user: number;
  wrap: Bytes;
}

/** What newcomers are given of earlier epochs: the list, and its key for each of them. */
export interface NewHistory {
  sealed: Bytes;
  wraps: MemberWrap[];
}

export interface EpochRequest {
  record: Bytes;
  /** Null: that of the epoch before. */
  roster: Bytes | null;
  wraps: MemberWrap[];
  history: NewHistory | null;
}

/** The server's word of where an epoch stands; `time` in milliseconds, the server's. */
export interface EpochTaken {
  n: number;
  seq: number;
  time: number;
}

export interface EpochHead extends EpochTaken {
  conversation: Bytes;
  recordHash: Bytes;
}

export interface WrapName {
  conversation: Bytes;
  n: number;
}

export interface OwnWrap extends WrapName {
  recordHash: Bytes;
  wrap: Bytes;
  hasHistory: boolean;
}

/** A member's request for the seed of an epoch (7.7). */
export interface OpenRewrap extends WrapName {
  request: Bytes;
}

export interface RewrapAnswer extends WrapName {
  answer: Bytes;
}

export interface ConversationServer extends PeopleServer {
  /** The time by its clock, in milliseconds, as far as that is known. */
  now(): number;
  /** Throws Refusal `epoch_moved`, `receive_outdated`, `chain_moved`, `not_accepted`, `not_friends`, `not_found`; NoAnswer. */
  makeEpoch(request: EpochRequest): Promise<EpochTaken>;
  /** A page from n = `first` on, ascending; of one's stays, and the one before each. `n` is the newest. */
  listEpochs(conversation: Bytes, first: number): Promise<{ n: number; epochs: StoredEpoch[] }>;
  /** What has no epoch, or is not one's own, is left out. */
  listEpochHeads(conversations: readonly Bytes[]): Promise<EpochHead[]>;
  /** All that wait for oneself, a page after one of them. */
  listWraps(after: WrapName | null): Promise<{ wraps: OwnWrap[]; more: boolean }>;
  /** Their seeds are in the keyring. */
  dropWraps(names: readonly WrapName[]): Promise<void>;
  readHistory(name: WrapName): Promise<{ wrap: Bytes; sealed: Bytes }>;
  /** Asks co-members for a seed; one request of a person for an epoch is kept, the newest. Throws Refusal `epoch_moved`. */
  askRewrap(request: Bytes): Promise<void>;
  /** Answers that wait for oneself, and what others ask for and nobody has answered. */
  listRewraps(): Promise<{ answers: RewrapAnswer[]; requests: OpenRewrap[] }>;
  /** Throws Refusal `not_found`: it is answered, or gone. */
  answerRewrap(name: WrapName, user: number, receiveHash: Bytes, answer: Bytes): Promise<void>;
  /** Entries above `after`, a page without gaps; `before` is H(after) as the server has it. */
  readLog(conversation: Bytes, after: number): Promise<{ before: Bytes; rows: Row[] }>;
  /** One entry of the log, and H before it as the server has it; null when it is not there, or not to be seen. */
  readEntry(conversation: Bytes, seq: number): Promise<{ before: Bytes; row: Row } | null>;
  /** A signed leave entry, as 8.6 has it. */
  leave(record: Bytes): Promise<void>;
  /** After a restore: what follows on one's own chain, and by which list this device is one, where it is in none up to there. Throws Refusal `not_restored`, `chain_moved`, `receive_moved`, `not_accepted`. */
  offerChain(offer: { statements: Bytes[]; receives: NewReceive[]; publicKeys: PublicKey[]; listing: Bytes | null }): Promise<void>;
}
