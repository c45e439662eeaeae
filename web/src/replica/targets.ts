// What a record is aimed at: a place in the log, and the hash of what stands there (docs/protocol-encryption.md, 8.2).
import { toBase64 } from "../lib/bytes.ts";
import { sha256 } from "../lib/sha256.ts";
import type { RecordRow, Replica } from "./database.ts";
import type { OutboxRow, Placed, Target } from "./own-database.ts";

export const isPlaced = (target: Target | null): target is Placed => target !== null && "seq" in target;

/** Whether it is aimed at something that waits here itself. */
export const waitsFor = ({ target }: Pick<OutboxRow, "target">, client_id: string): boolean =>
  target !== null && "client_id" in target && target.client_id === client_id;

/** SHA-256 of what stands in a place, or stood there before it was emptied, in base64. */
export const hashOfRecord = ({ record, record_hash }: RecordRow): string => record_hash ?? toBase64(sha256(record));

/** The entry at this place as a target; undefined while it is not here. */
export async function findTarget(replica: Replica, conversation: string, seq: number): Promise<Placed | undefined> {
  const found = await replica.records.get([conversation, seq]);
  return found && { seq, record_hash: hashOfRecord(found) };
}
