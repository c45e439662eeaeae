// The town as the server's contract tells it, for tests of what pages do with it.
import { type Place, Session, type Town } from "../crypto/conversations/testing/town.ts";
import type { Row } from "../crypto/conversations/judging/log.ts";
import { MESSAGE } from "../crypto/conversations/judging/roles.ts";
import { fromBase64, fromHex, toBase64, toHex } from "../lib/bytes.ts";
import { makeError } from "../replica/testing.ts";
import type { CommandName, Commands, Entry, Page } from "../wire/contract.ts";
import type { Socket } from "../wire/socket.ts";

export function toEntry({ conversation, hashes, rows }: Place, row: Row): Entry {
  const ordinal = rows.filter(({ seq, kind }) => seq <= row.seq && kind === MESSAGE).length;
  return {
    conversation_id: toHex(conversation), seq: row.seq, ordinal, kind: row.kind, from_user: row.user, from_device: toHex(row.device),
    client_id: toHex(row.clientId), counter: row.counter, epoch: row.epoch, target_seq: row.targetSeq, record: toBase64(row.record),
    log_hash: toBase64(hashes[row.seq]!), timestamp: new Date(row.time).toISOString(),
    record_hash: row.record.length === 0 ? toBase64(row.recordHash) : null,
  };
}

/** At most `limit` entries below `seq`. */
export function pageBelow(place: Place, seq: number, limit: number): Page {
  const rows = place.rows.slice(Math.max(0, seq - 1 - limit), seq - 1);
  return {
    conversation_id: toHex(place.conversation), entries: rows.map((row) => toEntry(place, row)), hash_before: toBase64(place.hashes[(rows[0]?.seq ?? 1) - 1]!),
    aimed: [], answered: [], left_out: [],
    first_seq: 1, last_seq: place.rows.length, last_ordinal: place.rows.filter(({ kind }) => kind === MESSAGE).length, members: [],
  };
}

/** The commands that an outbox gives, as the town's server carries them out for one device. */
export class TownLine {
  /** What `message.send` was given, in order. */
  readonly sent: Commands["message.send"]["input"][] = [];
  /** Called before each send; what it throws is the answer. */
  before: (input: Commands["message.send"]["input"]) => void = () => undefined;
  /** The answer to a send is lost. */
  losesAnswers = false;

  constructor(readonly town: Town, readonly user: number, readonly device: string) {}

  readonly call = (async (name: CommandName, input: unknown) => {
    if (name === "message.send") return this.#send(input as Commands["message.send"]["input"]);
    if (name === "message.history") return this.#history(input as Commands["message.history"]["input"]);
    throw makeError("not_found");
  }) as Socket["call"];

  #place = (conversation: string): Place => this.town.places.get(conversation)!;

  #send(input: Commands["message.send"]["input"]): Commands["message.send"]["result"] {
    this.sent.push(structuredClone(input));
    this.before(input);
    const place = this.#place(input.conversation_id);
    const known = place.rows.find((row) => row.user === this.user && toHex(row.clientId) === input.client_id);
    const { epoch = 0, kind = 1, target_seq = 0, counter } = input;
    if (known !== undefined && known.epoch === epoch && toBase64(known.record) !== input.record) throw makeError("conflict");
    const row = known ?? new Session(this.town, this.user, fromHex(this.device)).send(place.conversation, {
      record: fromBase64(input.record), epoch, clientId: fromHex(input.client_id), counter, kind, targetSeq: target_seq,
    });
    if (this.losesAnswers) throw makeError("network");
    const { seq, ordinal, log_hash, timestamp } = toEntry(place, row);
    return { seq, ordinal, log_hash, timestamp };
  }

  #history({ conversation_id, seq, direction, limit = 50 }: Commands["message.history"]["input"]): Page {
    const place = this.#place(conversation_id);
    if (direction === "around") return pageBelow(place, seq + 1, 1);
    return pageBelow(place, seq === 0 ? place.rows.length + 1 : seq, limit);
  }
}
