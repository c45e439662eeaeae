// Messages that one has starred, or deleted for oneself, on all one's devices (kinds 3 and 4 of docs/protocol-encryption.md, 6.4). A mark
// names a place and what stands there, so that after a restore it is on nothing else.
import type { PromiseExtended } from "dexie";

import type { Fields } from "../crypto/private-change.ts";
import { fromBase64, toBase64 } from "../lib/bytes.ts";
import type { RecordRow, Replica } from "../replica/database.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import { hashOfRecord } from "../replica/targets.ts";
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

const hashOf = (record: RecordRow): string => toBase64(fromBase64(hashOfRecord(record)).slice(0, HASH));

const keysOf = (conversation: string, seqs: readonly number[]): [string, number][] => seqs.map((seq) => [conversation, seq]);

/** Marks messages that are here, or takes the marks of this kind off. Durable when it resolves. */
export async function markMessages(replica: Replica, own: OwnDatabase, kind: number, conversation: string, seqs: readonly number[], isMarked: boolean): Promise<void> {
  const found = await replica.records.bulkGet(keysOf(conversation, seqs));
  const marks = found.flatMap((record): Mark[] => (record === undefined ? [] : [[record.seq, hashOf(record)]]));
  if (marks.length > 0) await change(own, kind, conversation, isMarked ? { field: "messages", add: marks } : { field: "messages", drop: marks });
}

/**
 * Which of a conversation's marks are on what stands there. It waits for nothing: whoever reads the copy fetches the records in between, or
 * the copy would lose its transaction on the way back.
 */
export class MarkedPlaces {
  readonly #hashes = new Map<number, string>();

  /** Of which places the records are to be taken first. */
  listUnknown(rows: readonly Fields[]): number[] {
    return [...new Set(rows.flatMap((fields) => [...readMarks(fields).keys()]))].filter((seq) => !this.#hashes.has(seq));
  }

  take(records: readonly (RecordRow | undefined)[]): void {
    for (const record of records) if (record !== undefined) this.#hashes.set(record.seq, hashOf(record));
  }

  list(fields: Fields | undefined): ReadonlySet<number> {
    return new Set([...readMarks(fields)].filter(([seq, hash]) => this.#hashes.get(seq) === hash).map(([seq]) => seq));
  }
}

/** The same for one row of marks. */
export async function findMarked(replica: Replica, conversation: string, fields: Fields): Promise<ReadonlySet<number>> {
  const places = new MarkedPlaces();
  places.take(await replica.records.bulkGet(keysOf(conversation, places.listUnknown([fields]))));
  return places.list(fields);
}

/**
 * Of places in all conversations those whose marks are on what stands there, as seqs by conversation. `marks` is a row of each. Only what is
 * marked there is looked at; a transaction it is read in needs the records.
 */
export function findMarkedIn({ records }: Replica, marks: ReadonlyMap<string, Fields>, places: readonly [conversation: string, seq: number][]): PromiseExtended<ReadonlyMap<string, ReadonlySet<number>>> {
  const hashes = new Map(Array.from(marks, ([conversation, fields]) => [conversation, readMarks(fields)]));
  const wanted = places.filter(([conversation, seq]) => hashes.get(conversation)?.has(seq));
  return records.bulkGet(wanted).then((found) => {
    const marked = new Map<string, Set<number>>();
    for (const record of found) {
      if (record === undefined || hashes.get(record.conversation)!.get(record.seq) !== hashOf(record)) continue;
      marked.set(record.conversation, (marked.get(record.conversation) ?? new Set()).add(record.seq));
    }
    return marked;
  });
}
