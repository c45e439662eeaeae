// How each vector is run. Another implementation needs the same table (docs/protocol-encryption.md, 15).
import type { Bytes } from "../../../lib/bytes.ts";
import { verify } from "../ed25519.ts";
import { readEpoch, readRoster, hashRoster, EPOCH, directId, groupId, selfId } from "../epoch.ts";
import * as keys from "../epoch-keys.ts";
import { checkGroupId, checkStep, type Step } from "../epoch-rules.ts";
import { equal } from "../codec.ts";
import { openFile, sealFile } from "../file.ts";
import { hashKemKey, kemPublicKey, openWith, sealTo } from "../hpke.ts";
import { decodeRow, hashPin, hashSet, listCounting, openRow, type PinRow, type Row } from "../keyring.ts";
import { LEAVE, readLeave, readRestored, RESTORED } from "../log-entries.ts";
import * as own from "../own-keys.ts";
import { hash, type Name, openBox, sealBox } from "../primitives.ts";
import { openPrivate, type PrivatePlace } from "../private.ts";
import * as record from "../record.ts";
import { hashStatement, verifyStatement } from "../statements.ts";
import * as trust from "../trust.ts";
import { applyUserStatement, type UserState } from "../user-state.ts";
import * as vault from "../vault.ts";
import { hex, plain } from "./form.ts";
import { runActing, runWriting } from "./rights.ts";

/** JSON as it stands in the file. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Input = any;
type Op = (input: Input) => unknown;

const place = (input: Input): vault.VaultPlace => ({ server: hex(input.server), user: input.user, version: input.version });

async function applyChain({ server, user, statements }: Input): Promise<UserState | null> {
  let state: UserState | null = null;
  for (const statement of statements) state = await applyUserStatement(state, hex(statement), hex(server), user);
  return state;
}

async function signed(name: Name, bytes: Bytes, publicKey: string, read: (bytes: Bytes) => object): Promise<object> {
  const value = read(bytes);
  await verifyStatement(name, bytes, hex(publicKey));
  return { ...value, hash: hashStatement(name, bytes) };
}

const readRows = ({ rows }: Input): Row[] => rows.map((row: Input) => decodeRow(row.kind, hex(row.id), hex(row.body)));

const step = ({ record: bytes, roster }: Input): Step => ({ epoch: readEpoch(hex(bytes)), roster: readRoster(hex(roster)) });

function runStep(input: Input): object {
  const [before, after] = [input.before === null ? null : step(input.before), step(input.after)];
  const isLinked = (user: number, a: Bytes, b: Bytes): boolean =>
    equal(a, b) || input.linked.some((one: Input) => one.user === user && equal(hex(one.before), a) && equal(hex(one.after), b));
  const hasLeft = (user: number, cause: Bytes): boolean => input.left.some((one: Input) => one.user === user && equal(hex(one.cause), cause));
  checkStep(before, after, before === null ? null : hashStatement(EPOCH, hex(input.before.record)), { isLinked, hasLeft });
  checkGroupId(after.epoch, after.roster, input.self);
  return { accepted: true };
}

const privatePlace = ({ server, user, g, kind, place: at, version }: Input): PrivatePlace =>
  ({ server: hex(server), user, g, kind, place: hex(at), version });

const recordPlace = (input: Input): record.RecordPlace => ({
  suite: input.suite,
  conversation: hex(input.conversation),
  epoch: input.epoch,
  epochHash: hex(input.epoch_hash),
  user: input.user,
  device: hex(input.device),
  clientId: hex(input.client_id),
  counter: input.counter,
  kind: input.kind,
  targetSeq: input.target_seq,
});

const committed = (input: Input): keys.Committed => ({ conversation: hex(input.conversation), n: input.n, commitment: hex(input.commitment) });
const person = (input: Input): trust.Person => ({ server: hex(input.server), user: input.user, identityKey: hex(input.identity_key) });

async function runGeneration(input: Input): Promise<object> {
  const statement = own.readGeneration(hex(input.statement));
  await verifyStatement(own.GENERATION, hex(input.statement), hex(input.sign_key));
  const statementHash = hashStatement(own.GENERATION, hex(input.statement));
  const key = await own.unwrapGeneration(hex(input.seed), statement, statementHash, hex(input.recipient), hex(input.wrap));
  return { ...statement, hash: statementHash, key };
}

const OPS: Record<string, Op> = {
  "ed25519.verify": async (i) => ({ valid: await verify(hex(i.public), hex(i.signature), hex(i.message)) }),
  "box.seal": async (i) => ({ box: await sealBox(hex(i.key), i.label, hex(i.aad), hex(i.plaintext), hex(i.salt)) }),
  "box.open": async (i) => ({ plaintext: await openBox(hex(i.key), i.label, hex(i.aad), hex(i.box)) }),
  "hpke.public": async (i) => {
    const publicKey = await kemPublicKey(hex(i.seed));
    return { public: publicKey, kemHash: hashKemKey(publicKey) };
  },
  "hpke.seal": async (i) => ({ length: (await sealTo(hex(i.public), hex(i.info), hex(i.plaintext))).length }),
  "hpke.open": async (i) => ({ plaintext: await openWith(hex(i.seed), hex(i.info), hex(i.wrap)) }),
  "user_chain.apply": applyChain,
  "generation.open": runGeneration,
  "predecessor.open": async (i) => ({
    key: await own.openPredecessor(hex(i.key), own.readGeneration(hex(i.statement)), own.readGeneration(hex(i.previous)), hex(i.box)),
  }),
  "receive.read": (i) => signed(own.RECEIVE, hex(i.statement), i.sign_key, own.readReceive),
  "row.open": (i) => openRow(hex(i.key), { server: hex(i.server), user: i.user, g: i.g, kind: i.kind, id: hex(i.id) }, hex(i.sealed)),
  "private.open": async (i) => ({ fields: await openPrivate(hex(i.key), privatePlace(i), hex(i.sealed)) }),
  "row.set": (i) => ({ set: hashSet(readRows(i)) }),
  "row.counting": (i) => ({ pins: (listCounting(readRows(i)) as PinRow[]).map(hashPin) }),
  "vault.open": (i) => vault.openVault(hex(i.vault_key), place(i), hex(i.sealed)),
  "vault.commit": (i) => ({ commitment: vault.commitVaultKey(place(i), hex(i.vault_key)) }),
  "vault.open_password": async (i) => ({ vaultKey: await vault.unwrapWithPassword(hex(i.kek), place(i), hex(i.commitment), hex(i.wrap)) }),
  "vault.open_way": async (i) => ({ vaultKey: await vault.openWay(hex(i.key), place(i), i.kind, hex(i.id), hex(i.way)) }),
  "recovery.derive": (i) => ({ shown: vault.writeRecoveryKey(hex(i.key)), ...vault.deriveRecovery(hex(i.key)) }),
  "recovery.read": (i) => ({ key: vault.readRecoveryKey(i.typed) }),
  "conversation.ids": (i) => ({ direct: directId(hex(i.server), i.a, i.b), self: selfId(hex(i.server), i.a) }),
  "conversation.group": (i) => ({ group: groupId(hex(i.server), i.user, hex(i.device), i.time) }),
  "epoch.read": (i) => signed(EPOCH, hex(i.record), i.sign_key, readEpoch),
  "roster.read": (i) => ({ members: readRoster(hex(i.roster)), hash: hashRoster(hex(i.roster)) }),
  "epoch.step": runStep,
  "rights.write": runWriting,
  "rights.act": runActing,
  "seed.derive": (i) => ({
    commitment: keys.commitSeed(hex(i.conversation), i.n, hex(i.seed)),
    key: keys.epochKey(hex(i.seed), hex(i.record_hash)),
  }),
  "seed.unwrap": async (i) => ({ seed: await keys.unwrapSeed(hex(i.receive_seed), hex(i.record_hash), i.user, hex(i.wrap), committed(i)) }),
  "rewrap.request": (i) => signed(keys.REWRAP_REQUEST, hex(i.request), i.sign_key, keys.readRewrapRequest),
  "rewrap.open": async (i) => ({
    seed: await keys.openRewrap(hex(i.receive_seed), hex(i.record_hash), hex(i.receive_hash), hex(i.wrap), committed(i)),
  }),
  "history.open": async (i) => {
    const key = await keys.unwrapHistoryKey(hex(i.receive_seed), hex(i.record_hash), i.user, hex(i.wrap));
    return { seeds: await keys.openHistory(key, hex(i.record_hash), hex(i.list)) };
  },
  "record.open": (i) => record.openRecord(hex(i.key), recordPlace(i), hex(i.sign_key), hex(i.record)),
  "record.buckets": (i) => ({ buckets: i.lengths.map(record.bucket) }),
  "body.read": (i) => record.readBody(hex(i.body)),
  "heads.read": (i) => ({ heads: record.readHeads(hex(i.heads)) }),
  "log.first": (i) => ({ hash: hash("hearth log v1", hex(i.conversation)) }),
  "log.chain": (i) => ({ hash: record.chainLog(hex(i.previous), i.seq, i.kind, i.user, hex(i.record_hash)) }),
  "leave.read": (i) => signed(LEAVE, hex(i.entry), i.sign_key, readLeave),
  "restored.read": (i) => signed(RESTORED, hex(i.entry), i.sign_key, readRestored),
  "file.open": async (i) => {
    const facts = { key: hex(i.key), length: i.length, storedHash: hex(i.stored_hash), contentHash: hex(i.content_hash) };
    return { content: await openFile(hex(i.stored), facts) };
  },
  "file.seal_pattern": async (i) => {
    const content = Uint8Array.from({ length: i.length }, (_, at) => at % 251);
    const { stored, facts } = await sealFile(content, hex(i.key), hex(i.salt));
    return { storedLength: stored.length, storedHash: facts.storedHash, contentHash: facts.contentHash };
  },
  "trust.fingerprint": (i) => ({ fingerprint: trust.fingerprint(person(i)) }),
  "trust.safety_number": (i) => ({
    number: trust.safetyNumber(person(i.a), person(i.b)),
    halves: [trust.halfOfSafetyNumber(person(i.a)), trust.halfOfSafetyNumber(person(i.b))],
  }),
  "trust.conversation_code": (i) => ({ code: trust.conversationCode(hex(i.conversation), i.n, hex(i.record_hash), i.seq, hex(i.log_hash)) }),
  "trust.link": async (i) => ({ public: await trust.linkPublicKey(hex(i.secret)) }),
  "trust.join": async (i) => ({ valid: await trust.verifyJoin(hex(i.public), hex(i.conversation), person(i), hex(i.signature)) }),
};

/** What comes out of an operation, as it stands in a file. Throws ProtocolError. */
export async function run(op: string, input: Input): Promise<unknown> {
  return JSON.parse(JSON.stringify(plain(await OPS[op]!(input))));
}
