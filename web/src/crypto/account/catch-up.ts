// Fetches what the server says of one's own keys and verifies it (docs/protocol-encryption.md, 5.2, 6.1, 6.2 and 6.3).
import type { Bytes } from "../../lib/bytes.ts";
import { check, equal } from "../protocol/codec.ts";
import { checkReceiveKey, type KnownChain } from "../protocol/known-chain.ts";
import { GENERATION, openPredecessor, readGeneration, unwrapGeneration } from "../protocol/own-keys.ts";
import { hashStatement } from "../protocol/statements.ts";
import type { Vault } from "../protocol/vault.ts";
import type { DeviceKeys } from "../keys/key-store.ts";
import { VAULT_RECIPIENT } from "./make-keys.ts";
import type { Self } from "./self.ts";
import type { ChainPage, StoredGeneration } from "./server.ts";

const EPOCH_ROW = 1;

/**
 * A person's chain up to its end, of which `readPage` gives what is above n. The last known statement is asked for again: so another chain
 * of the same length shows. Throws ProtocolError: 5.1, `fork`, `rollback`.
 */
export async function takeToEnd(chain: KnownChain, readPage: (after: number) => Promise<ChainPage>): Promise<void> {
  for (let after = Math.max(0, chain.states.length - 1);;) {
    const page = await readPage(after);
    check(page.n >= chain.states.length, "rollback", "the chain ends below what is known");
    chain.highestSeen = Math.max(chain.highestSeen, page.n);
    for (const statement of page.statements) await chain.take(statement);
    after += page.statements.length;
    if (page.statements.length > 0 && after < page.n) continue;
    check(after >= page.n, "rollback", "the server keeps back what it says is there");
    break;
  }
  chain.requireWhole();
}

export const catchUpChain = ({ chain, account }: Self): Promise<void> => takeToEnd(chain, (after) => account.server.readChain(after));

/** The newest receive statement. Throws ProtocolError: 6.2, `rollback` where there is none any more. */
export async function catchUpReceive(self: Self): Promise<void> {
  const newest = await self.account.server.readReceive();
  if (newest === null) {
    check(self.chain.receiveVersion === 0, "rollback", "the receive statements are gone");
    return;
  }
  const { statement } = await self.chain.takeNewestReceive(newest.statement);
  checkReceiveKey(statement, newest.publicKey);
}

/** How the newest generation is opened. */
export type OpenNewest = (newest: StoredGeneration) => Promise<Bytes>;

function open(seed: Bytes, recipient: Bytes, statement: Bytes, wrap: Bytes | null): Promise<Bytes> {
  check(wrap !== null, "cannot_open", "no wrap of the newest generation");
  return unwrapGeneration(seed, readGeneration(statement), hashStatement(GENERATION, statement), recipient, wrap);
}

export const openAsDevice = (keys: DeviceKeys): OpenNewest => (newest) => open(keys.kemSeed, keys.device, newest.statement, newest.wrap);
export const openAsVault = (vault: Vault): OpenNewest => (newest) => open(vault.kemSeed, VAULT_RECIPIENT, newest.statement, newest.vaultWrap);

/** Newest first, down to `g`. Throws ProtocolError `wrong_link` for a list with a gap. */
async function listDownTo(self: Self, g: number): Promise<StoredGeneration[]> {
  const listed: StoredGeneration[] = [];
  for (let before: number | null = null; before === null || before > g;) {
    const page = await self.account.server.listGenerations(before);
    if (page.length === 0) break;
    for (const one of page) {
      const at = readGeneration(one.statement).g;
      check(before === null || at === before - 1, "wrong_link", "a generation is missing");
      if (at >= g) listed.push(one);
      before = at;
    }
  }
  return listed;
}

/** Keys of a list newest first, by the box of each in the one above. */
async function openDown(listed: readonly StoredGeneration[], newestKey: Bytes): Promise<Bytes[]> {
  const keys = [newestKey];
  for (let at = 1; at < listed.length; at += 1) {
    const above = listed[at - 1]!;
    check(above.predecessor !== null, "cannot_open", "the box of a predecessor is missing");
    keys.push(await openPredecessor(keys[at - 1]!, readGeneration(above.statement), readGeneration(listed[at]!.statement), above.predecessor));
  }
  return keys;
}

/**
 * The own chain from where this device stands (its own storage, else what the vault names, else generation 1) up to its end.
 * Throws ProtocolError: 6.1, `rollback` below what is known.
 */
export async function catchUpGenerations(self: Self, openNewest: OpenNewest, vault: Vault | null): Promise<void> {
  const { own, chain } = self;
  const isReset = own.newest !== null && own.newest.stated.incarnation < chain.head.incarnation;
  const known = isReset ? null : own.newest;
  const anchor = own.newest === null && vault !== null && vault.ownChain.g > 0 ? vault.ownChain : null;
  const least = Math.max(1, known?.statement.g ?? anchor?.g ?? 1);
  const listed = await listDownTo(self, least);
  const newest = listed[0];
  check(newest !== undefined, known === null ? "wrong_link" : "rollback", "the own chain ends below what is known");
  check(readGeneration(listed.at(-1)!.statement).g === least, "wrong_link", "the own chain does not reach what is known");
  const isKnown = known !== null && equal(hashStatement(GENERATION, newest.statement), known.hash);
  const keys = await openDown(listed, isKnown ? known.key : await openNewest(newest));
  for (let at = listed.length - 1; at >= 0; at -= 1) {
    const isAnchor = anchor !== null && at === listed.length - 1;
    if (isAnchor) await own.anchor(listed[at]!.statement, anchor.hash, anchor.key);
    else await self.takeGeneration(listed[at]!.statement, keys[at]!);
  }
}

/** Rows that came since. Epoch rows are left to the conversations. Throws ProtocolError `withheld` when they are not all there. */
export async function catchUpRows(self: Self): Promise<void> {
  for (;;) {
    const { rows, position } = await self.account.server.listRows(self.rowPosition);
    const fresh = rows.filter((row) => row.position > self.rowPosition);
    await self.takeRows(fresh.filter((row) => row.kind !== EPOCH_ROW));
    self.rowPosition = Math.max(self.rowPosition, ...fresh.map((row) => row.position));
    if (fresh.length === 0 || self.rowPosition >= position) break;
  }
  await self.requireSet();
  await self.learnReceiveSeeds();
}
