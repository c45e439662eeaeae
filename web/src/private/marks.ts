// Messages that one has starred, or deleted for oneself, on all one's devices (kinds 3 and 4 of docs/protocol-encryption.md, 6.4). A mark
// names a place and what stands there, so that after a restore it is on nothing else.
import type { Fields } from "../crypto/private-change.ts";
import { fromBase64, toBase64 } from "../lib/bytes.ts";
import type { Replica } from "../replica/database.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import { findTarget } from "../replica/targets.ts";
import { change } from "./private.ts";

/** A seq, and the first 16 bytes of the record's SHA-256 in base64. */
export type Mark = readonly [seq: number, hash: string];

const HASH = 16;

const isMark = (value: unknown): value is Mark =>
  Array.isArray(value) && value.length === 2 && Number.isSafeInteger(value[0]) && (value[0] as number) > 0 && typeof value[1] === "string";

/** Those of a private row that have the form; of one place the last. */
export function readMarks(fields: Fields | undefined): ReadonlyMap<number, string> {
  const { messages } = fields ?? {};
  return new Map(Array.isArray(messages) ? messages.filter(isMark) : []);
}

async function makeMark(replica: Replica, conversation: string, seq: number): Promise<Mark | undefined> {
  const target = await findTarget(replica, conversation, seq);
  return target && [seq, toBase64(fromBase64(target.record_hash).slice(0, HASH))];
}

/** Marks messages that are here, or takes the marks of this kind off. Durable when it resolves. */
export async function markMessages(replica: Replica, own: OwnDatabase, kind: number, conversation: string, seqs: readonly number[], isMarked: boolean): Promise<void> {
  const marks = (await Promise.all(seqs.map((seq) => makeMark(replica, conversation, seq)))).filter((mark) => mark !== undefined);
  if (marks.length > 0) await change(own, kind, conversation, isMarked ? { field: "messages", add: marks } : { field: "messages", drop: marks });
}

/** Which of a conversation's marks are on what stands there. What is said once of a place and a hash is so for good. */
export class MarkedPlaces {
  readonly #replica: Replica;
  readonly #conversation: string;
  readonly #known = new Map<string, boolean>();

  constructor(replica: Replica, conversation: string) {
    this.#replica = replica;
    this.#conversation = conversation;
  }

  async list(fields: Fields | undefined): Promise<ReadonlySet<number>> {
    const marked = new Set<number>();
    for (const [seq, hash] of readMarks(fields)) if (await this.#isThere(seq, hash)) marked.add(seq);
    return marked;
  }

  async #isThere(seq: number, hash: string): Promise<boolean> {
    const name = `${seq} ${hash}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const mark = await makeMark(this.#replica, this.#conversation, seq);
    if (mark === undefined) return false;
    this.#known.set(name, mark[1] === hash);
    return mark[1] === hash;
  }
}
