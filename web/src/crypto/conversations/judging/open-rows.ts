// What stands in sealed entries: the part of 8.3 that takes keys and time, done once for each entry and key (steps 5 to 8 and 12).
import type { Bytes } from "../../../lib/bytes.ts";
import { ProtocolError, type Verdict } from "../../protocol/codec.ts";
import { epochKey } from "../../protocol/epoch-keys.ts";
import { type Opened, openRecord, readBody, type RecordPlace } from "../../protocol/record.ts";
import type { Extension } from "../../protocol/statements.ts";
import type { Epochs, KnownEpoch } from "./epochs.ts";
import type { Row } from "./log.ts";
import { VOID } from "./roles.ts";

export interface Content {
  content: { type: string } | null;
  extensions: Extension[];
}

/** `failed` before step 8: nothing of it is used. `body` is a verdict when it does not decode. */
export type Inside = { failed: Verdict } | { opened: Opened; body: Content | { failed: Verdict } };

export const placeOf = (row: Row, epoch: KnownEpoch): RecordPlace => ({
  suite: 1, conversation: epoch.epoch.conversation, epoch: row.epoch, epochHash: epoch.hash, user: row.user, device: row.device,
  clientId: row.clientId, counter: row.counter, kind: row.kind, targetSeq: row.targetSeq,
});

async function verdictOr<T>(act: () => T | Promise<T>): Promise<T | { failed: Verdict }> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ProtocolError) return { failed: error.verdict };
    throw error;
  }
}

function readContent(kind: number, body: Bytes): Content {
  if (kind !== VOID) return readBody(body);
  if (body.length > 0) throw new ProtocolError("malformed", "a void has no body");
  return { content: null, extensions: [] };
}

export class Insides {
  readonly #known = new WeakMap<Row, { epoch: KnownEpoch; inside: Inside }>();
  readonly #keys = new WeakMap<KnownEpoch, Bytes>();

  constructor(readonly epochs: Epochs) {}

  /** Undefined while it was not tried: no key, no epoch, or no such device. */
  find(row: Row): Inside | undefined {
    const known = this.#known.get(row);
    return known?.epoch === this.epochs.find(row.epoch) ? known?.inside : undefined;
  }

  keyOf(epoch: KnownEpoch): Bytes | null {
    if (epoch.seed === null) return null;
    const key = this.#keys.get(epoch) ?? epochKey(epoch.seed, epoch.hash);
    this.#keys.set(epoch, key);
    return key;
  }

  async open(row: Row): Promise<void> {
    const epoch = this.epochs.find(row.epoch);
    const key = epoch === undefined ? null : this.keyOf(epoch);
    if (epoch === undefined || key === null || row.record[0] !== 1 || this.find(row) !== undefined) return;
    const signKey = this.epochs.people.chain(row.user).deviceKey(row.device);
    if (signKey === undefined) return;
    const opened = await verdictOr(() => openRecord(key, placeOf(row, epoch), signKey, row.record));
    const inside = "failed" in opened ? opened : { opened, body: await verdictOr(() => readContent(row.kind, opened.body)) };
    this.#known.set(row, { epoch, inside });
  }
}
