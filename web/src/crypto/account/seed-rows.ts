// Seeds of epochs as the keyring has them: rows of kind 1 stay under the generation that they were written under (docs/protocol-encryption.md, 6.3).
import type { Bytes } from "../../lib/bytes.ts";
import { ProtocolError } from "../protocol/codec.ts";
import { openRow, type Row } from "../protocol/keyring.ts";
import { readGeneration } from "../protocol/own-keys.ts";
import type { Self } from "./self.ts";
import type { StoredRow } from "./server.ts";

export type SeedRow = Extract<Row, { kind: "epoch" }>;

const EPOCH_ROW = 1;

/** The key of a generation, also of one from before this device: by the boxes of those after it. Undefined for one that is not there. */
export async function findGenerationKey(self: Self, g: number): Promise<Bytes | undefined> {
  for (;;) {
    const oldest = self.own.generations[0];
    if (oldest === undefined || g >= oldest.statement.g) return self.own.find(g)?.key;
    const listed = await self.account.server.listGenerations(oldest.statement.g + 1);
    const [newer, older] = listed;
    const follow = newer !== undefined && older !== undefined && readGeneration(newer.statement).g === oldest.statement.g;
    if (!follow || newer.predecessor === null) return undefined;
    await self.own.takeBefore(older.statement, newer.predecessor);
  }
}

async function openSeedRow(self: Self, { g, kind, id, sealed }: StoredRow): Promise<SeedRow | null> {
  try {
    const key = await findGenerationKey(self, g);
    if (key === undefined) return null;
    const { server, user } = self.account.place;
    const row = await openRow(key, { server, user, g, kind, id }, sealed);
    return row.kind === "epoch" ? row : null;
  } catch (error) {
    // A row that does not open is no row: whoever wrote it, it says nothing.
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Those above a position that open, and how far the keyring reaches. Throws Refusal, NoAnswer. */
export async function readSeedRows(self: Self, above: number): Promise<{ rows: SeedRow[]; position: number }> {
  const rows: SeedRow[] = [];
  let position = above;
  for (let isMore = true; isMore;) {
    const page = await self.account.server.listRows(position);
    const fresh = page.rows.filter((row) => row.position > position);
    for (const stored of fresh.filter((row) => row.kind === EPOCH_ROW)) {
      const row = await openSeedRow(self, stored);
      if (row !== null) rows.push(row);
    }
    position = Math.max(position, ...fresh.map((row) => row.position));
    isMore = fresh.length > 0 && position < page.position;
  }
  return { rows, position };
}
