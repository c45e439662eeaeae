// What outlives the wiping of a device's keys where its person did not ask for it: nothing secret, only how far their own chain had come. So who ends
// a session cannot have a second beginning taken for the first one (docs/protocol-encryption.md, 5.2).
import type { Bytes } from "../../lib/bytes.ts";
import type { KeyStore, Remembered } from "../keys/key-store.ts";
import { hashStatement } from "../protocol/statements.ts";
import { readUserStatement, USER_CHAIN } from "../protocol/user-chain.ts";

/** The hash of a statement stands for all before it, identity keys among them. */
export interface Past {
  server: Bytes;
  n: number;
  hash: Bytes;
  /** The highest n that anybody stated. */
  highestSeen: number;
  /** The generation of the server's database (hex); null where none was told. */
  database: string | null;
  /** The server has told of a restore since: it may have less than this. */
  isReleased: boolean;
}

/** Null while no statement is known. */
export function findPast({ statements, highestSeen }: Remembered, database: string | null): Past | null {
  const last = statements.at(-1);
  if (last === undefined) return null;
  const { server, n } = readUserStatement(last);
  return { server, n, hash: hashStatement(USER_CHAIN, last), highestSeen: Math.max(n, highestSeen), database, isReleased: false };
}

/** Wipes a device whose session has ended without its person's wish. */
export async function forgetUnasked(store: KeyStore, database: string | null): Promise<void> {
  const [remembered, before] = [await store.read(), await store.readPast()];
  await store.forget((remembered && findPast(remembered, database ?? before?.database ?? null)) ?? before);
}

/** The server has told which database it has. One that was never told tells nothing by being told. */
export async function meetPast(store: KeyStore, database: string): Promise<void> {
  const past = await store.readPast();
  if (past === null || past.isReleased || past.database === null || past.database === database) return;
  await store.writePast({ ...past, isReleased: true });
}
