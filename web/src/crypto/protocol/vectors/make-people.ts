// Vectors of one person: user chain, generations, receive statement, keyring, vault, recovery key.
import type { Bytes } from "../../../lib/bytes.ts";
import { compare, join, u8, zeros } from "../codec.ts";
import { kemPublicKey } from "../hpke.ts";
import { encodeRow, hashPin, hashSet, type PinRow, type Row, rowId, rowKind, sealRow } from "../keyring.ts";
import * as own from "../own-keys.ts";
import { hashStatement } from "../statements.ts";
import type { Body } from "../user-chain.ts";
import * as vault from "../vault.ts";
import { alice, Chain, device, publicOf, SERVER, signerOf, sortDevices, TIME } from "./cast.ts";
import { ekm, flip, named, named16, type Vector, vector, type VectorFile } from "./form.ts";

const pointer = { version: 1, sealedHash: named("sealed"), commitment: named("commitment"), kemHash: named("vault kem hash") };
const profile: Body = { kind: "profile", displayName: "Alice ✨", avatar: zeros(32) };

async function refuse(chain: Chain, name: string, error: string, made: Promise<Bytes> | Bytes): Promise<Vector> {
  return vector(name, "user_chain.apply", { server: SERVER, user: chain.user, statements: [...chain.statements, await made] }, error);
}

export async function makeUserChain(): Promise<VectorFile> {
  const chain = await alice();
  const apply = (name: string, one: Chain): Vector => vector(name, "user_chain.apply", { server: SERVER, user: 1, statements: [...one.statements] });
  const [laptop, phone, tablet] = [await device("alice laptop"), await device("alice phone"), await device("alice tablet")];
  const full = await chain.copy().add({ kind: "vault", vault: pointer });
  await full.add(profile, "alice phone");
  const retired = await (await full.copy().add({ kind: "retire" }, "alice phone")).add({ ...profile, displayName: "A" } as Body, "alice laptop");
  const renewed = full.copy();
  await renewed.add(await renewed.identityBody("alice 2"));
  renewed.identity = "alice 2";
  await renewed.add({ kind: "devices", devices: [laptop] });
  const reset = full.copy();
  reset.identity = "alice 3";
  await reset.genesis();
  const signed = await chain.make({ kind: "vault", vault: pointer });
  const as = (body: Body, signer: string | null = null, changed: object = {}): Promise<Bytes> => chain.make(body, signer, changed);
  const swapped = { ...laptop, signKey: tablet.signKey };
  const extension = (critical: boolean): object => ({ extensions: [{ id: 9, critical, bytes: named("extension") }] });
  const extended = chain.copy();
  extended.statements.push(await chain.make({ kind: "vault", vault: pointer }, null, extension(false)));
  const bad = full.copy();
  return {
    about: "Section 5. All statements but the last of a refused chain are good.",
    vectors: [
      apply("genesis and devices", chain),
      apply("vault and profile", full),
      apply("a device retires", retired),
      apply("identity renewed, linked", renewed),
      apply("reset, not linked", reset),
      apply("an unknown extension that is not critical", extended),
      await refuse(chain, "an unknown critical extension", "unsupported", as({ kind: "vault", vault: pointer }, null, extension(true))),
      await refuse(chain, "an unknown critical extension, and a body that decodes to nothing", "unsupported", as({ ...profile, displayName: "" } as Body, "alice phone", extension(true))),
      await refuse(chain, "a byte too many", "malformed", join(signed, zeros(1))),
      await refuse(chain, "a byte missing", "malformed", signed.slice(0, -1)),
      await refuse(chain, "another version", "unsupported", flip(signed, 0)),
      await refuse(chain, "devices not sorted", "malformed", as({ kind: "devices", devices: sortDevices([laptop, phone]).reverse() })),
      await refuse(chain, "a device twice", "malformed", as({ kind: "devices", devices: [laptop, laptop] })),
      await refuse(chain, "an empty display name", "malformed", as({ ...profile, displayName: "" } as Body, "alice phone")),
      await refuse(chain, "of another server", "wrong_place", as(profile, "alice phone", { server: named16("other") })),
      await refuse(chain, "of another person", "wrong_place", as(profile, "alice phone", { user: 2 })),
      await refuse(chain, "a number left out", "wrong_link", as(profile, "alice phone", { n: 4 })),
      await refuse(chain, "after another statement", "wrong_link", as(profile, "alice phone", { previous: named("other") })),
      await refuse(new Chain(1, "alice"), "begins without genesis", "not_allowed", new Chain(1, "alice").make({ kind: "vault", vault: pointer })),
      await refuse(chain, "a device key of small order", "bad_key", as({ kind: "devices", devices: [{ ...tablet, signKey: join(Uint8Array.of(1), zeros(31)) }] })),
      await refuse(chain, "vault signed as a device", "not_listed", as({ kind: "vault", vault: pointer }, "alice phone")),
      await refuse(chain, "profile by a stranger's device", "not_listed", as(profile, "mallory")),
      await refuse(chain, "profile by the identity key", "not_listed", as(profile)),
      await refuse(retired, "by a device that retired", "not_listed", retired.make(profile, "alice phone")),
      await refuse(chain, "signature changed", "bad_signature", flip(signed, -40)),
      await refuse(chain, "body changed", "bad_signature", flip(signed, 90)),
      await refuse(renewed, "signed by the old identity", "bad_signature", Object.assign(renewed.copy(), { identity: "alice" }).make({ kind: "vault", vault: { ...pointer, version: 2 } })),
      await refuse(chain, "identity with another's proof", "bad_signature", chain.make(await chain.identityBody("alice 2", "mallory"))),
      await refuse(full, "a vault version that does not rise", "not_allowed", full.make({ kind: "vault", vault: pointer })),
      await refuse(chain, "a first vault version of 0", "not_allowed", as({ kind: "vault", vault: { ...pointer, version: 0 } })),
      await refuse(full, "a second genesis signed by the identity so far", "bad_signature", full.make({ kind: "genesis", identityKey: publicOf("alice 3"), username: "alice" })),
      await refuse(chain, "zeros as a device", "malformed", as({ kind: "devices", devices: [{ ...tablet, device: zeros(16) }] })),
      await refuse(new Chain(1, "alice"), "the first with a predecessor", "wrong_link", new Chain(1, "alice").make({ kind: "genesis", identityKey: publicOf("alice"), username: "alice" }, null, { previous: named("other") })),
      await refuse(chain, "an identity key that was a device key", "not_allowed", chain.make(await chain.identityBody("alice laptop"))),
      await refuse(reset, "a device key under another id, over a reset", "not_allowed", reset.make({ kind: "devices", devices: [{ ...tablet, signKey: laptop.signKey }] })),
      await refuse(full, "reset to the same identity key", "not_allowed", full.make({ kind: "genesis", identityKey: publicOf("alice"), username: "alice" })),
      await refuse(full, "reset under another username", "not_allowed", Object.assign(bad, { identity: "alice 3" }).make({ kind: "genesis", identityKey: publicOf("alice 3"), username: "bob" })),
      await refuse(chain, "a device id with another key", "not_allowed", as({ kind: "devices", devices: [swapped] })),
      await refuse(chain, "a device key under another id", "not_allowed", as({ kind: "devices", devices: [{ ...tablet, signKey: laptop.signKey }] })),
      await refuse(chain, "an identity key as device key", "not_allowed", as({ kind: "devices", devices: [{ ...tablet, signKey: publicOf("alice") }] })),
    ],
  };
}

export async function makeOwnKeys(): Promise<VectorFile> {
  const chain = { n: 2, hash: (await alice()).hash };
  const make = (g: number, previous: Bytes): Promise<Bytes> => own.makeGeneration({
    server: SERVER, user: 1, g, previous, chain, commitment: own.commitGeneration(SERVER, 1, g, named(`A${g}`)),
    set: hashSet([]), time: TIME, device: named16("alice laptop"), extensions: [],
  }, signerOf("alice laptop"));
  const first = await make(1, zeros(32));
  const second = await make(2, hashStatement(own.GENERATION, first));
  const [seed, recipient] = [named("alice phone kem"), named16("alice phone")];
  const hash = hashStatement(own.GENERATION, second);
  const wrap = await own.wrapGeneration(await kemPublicKey(seed), hash, recipient, named("A2"), ekm("generation"));
  const wrong = await own.wrapGeneration(await kemPublicKey(seed), hash, recipient, named("of the server"), ekm("generation"));
  const open = { statement: second, sign_key: publicOf("alice laptop"), seed, recipient, wrap };
  const box = await own.sealPredecessor(named("A2"), SERVER, 1, 2, named("A1"), named16("salt"));
  const badBox = await own.sealPredecessor(named("A2"), SERVER, 1, 2, named("A0"), named16("salt"));
  const predecessor = { key: named("A2"), statement: second, previous: first, box };
  const makeReceive = (version: number): Promise<Bytes> => own.makeReceive({
    server: SERVER, user: 1, version, kemHash: named("receive kem hash"), chain, device: named16("alice phone"), time: TIME, extensions: [],
  }, signerOf("alice phone"));
  const receive = await makeReceive(3);
  return {
    about: "Sections 6.1 and 6.2.",
    vectors: [
      vector("generation", "generation.open", open),
      vector("a key of the server's", "generation.open", { ...open, wrap: wrong }, "bad_commitment"),
      vector("for another device", "generation.open", { ...open, recipient: zeros(16) }, "cannot_open"),
      vector("beside another statement", "generation.open", { ...open, statement: first }, "cannot_open"),
      vector("not signed by this device", "generation.open", { ...open, sign_key: publicOf("alice phone") }, "bad_signature"),
      vector("generation, a byte too many", "generation.open", { ...open, statement: join(second, zeros(1)) }, "malformed"),
      vector("predecessor", "predecessor.open", predecessor),
      vector("another predecessor", "predecessor.open", { ...predecessor, box: badBox }, "bad_commitment"),
      vector("predecessor of another generation", "predecessor.open", { ...predecessor, statement: first }, "cannot_open"),
      vector("receive statement", "receive.read", { statement: receive, sign_key: publicOf("alice phone") }),
      vector("receive statement of another device", "receive.read", { statement: receive, sign_key: publicOf("alice laptop") }, "bad_signature"),
      vector("receive version 0", "receive.read", { statement: await makeReceive(0), sign_key: publicOf("alice phone") }, "malformed"),
      vector("receive statement, another version", "receive.read", { statement: flip(receive, 0), sign_key: publicOf("alice phone") }, "unsupported"),
    ],
  };
}

const ROWS: Row[] = [
  { kind: "epoch", conversation: named16("group"), n: 7, recordHash: named("record"), seed: named("s") },
  { kind: "pin", user: 2, username: "bob", identityKey: named("bob key"), incarnation: 1, n: 4, hash: named("bob head"), how: 3, by: 0, time: TIME, takesBack: [] },
  { kind: "head", conversation: named16("group"), n: 7, recordHash: named("record"), seq: 41, logHash: named("log") },
  { kind: "receive", version: 3, statementHash: named("receive"), seed: named("receive seed") },
];

const BOB = ROWS[1] as PinRow;
/** What stood before a restore, what a person took then, and what came back later. */
const NEWER: PinRow = { ...BOB, identityKey: named("bob key 2"), incarnation: 2, n: 7, hash: named("bob newer head"), how: 2 };
const NEWEST: PinRow = { ...NEWER, n: 9, hash: named("bob newest head") };
const TAKEN: PinRow = { ...BOB, how: 2, time: TIME + 1, takesBack: [hashPin(BOB), hashPin(NEWER)] };
const BACK: PinRow = { ...NEWER, time: TIME + 2, takesBack: TAKEN.takesBack };
const BOTH: PinRow = { ...BOB, how: 2, time: TIME + 3, takesBack: [hashPin(NEWER), hashPin(NEWEST)] };

const COUNTING: [name: string, pins: PinRow[]][] = [
  ["the highest n counts", [BOB, NEWER, { ...BOB, n: 6 }]],
  ["of one n the later one counts", [NEWER, { ...NEWER, how: 3 }]],
  ["what is taken back does not count", [BOB, NEWER, TAKEN]],
  ["what is taken back does not count wherever it stands", [TAKEN, NEWER, BOB]],
  ["what is not named counts by its n, then by its place", [BOTH, NEWER, NEWEST, BOB]],
  ["what is taken back does not count when it is written again", [BOB, NEWER, TAKEN, NEWER, BOB, NEWER]],
  ["only what is named is taken back, nothing newer", [BOB, NEWER, NEWEST, TAKEN]],
  ["the same with another time is not what was named", [BOB, NEWER, TAKEN, { ...NEWER, time: TIME + 9 }]],
  ["the same with another trust is not what was named", [BOB, { ...NEWER, how: 3 }, TAKEN]],
  ["another person's pin of the same body is another pin", [BOB, NEWER, { ...TAKEN, takesBack: [hashPin({ ...NEWER, user: 3 })] }]],
  ["several are taken back", [NEWEST, NEWER, BOTH]],
  ["keys that came back count again", [BOB, NEWER, TAKEN, BACK]],
  ["keys that came back count again, in any order", [BACK, TAKEN, NEWER, BOB]],
  ["what is taken back takes back still", [NEWER, TAKEN, { ...BOB, time: TIME + 4, n: 5, takesBack: [hashPin(TAKEN)] }]],
];

/** Bodies of a pin that no decoder takes. */
function listBadPins(): [name: string, body: Bytes][] {
  const [body, hashes] = [encodeRow(BOB), ["a", "b"].map(named).sort(compare)];
  const seventeen = Array.from({ length: 17 }, (_, at) => named(`pin ${at}`)).sort(compare);
  return [
    ["that takes back none, and says so", join(body, u8(0))],
    ["that takes back more than 16", join(body, u8(17), ...seventeen)],
    ["that takes back the same twice", join(body, u8(2), hashes[0]!, hashes[0]!)],
    ["that takes back what is not sorted", join(body, u8(2), hashes[1]!, hashes[0]!)],
    ["that takes back less than it says", join(body, u8(2), hashes[0]!)],
    ["that takes back half a pin", join(body, u8(1), hashes[0]!.slice(0, 31))],
    ["with a byte after what it takes back", join(body, u8(1), hashes[0]!, zeros(1))],
  ];
}

const handRow = (row: Row): object => ({ kind: rowKind(row), id: rowId(row), body: encodeRow(row) });

export async function makeKeyring(): Promise<VectorFile> {
  const vectors: Vector[] = [];
  for (const row of [...ROWS, BOTH]) {
    const name = row === BOTH ? "pin that takes back two" : row.kind;
    const sealed = await sealRow(named("A2"), SERVER, 1, 2, row, named16("salt"));
    const open = { key: named("A2"), server: SERVER, user: 1, g: 2, kind: rowKind(row), id: rowId(row), sealed };
    vectors.push(vector(name, "row.open", open));
    vectors.push(vector(`${name} of another generation`, "row.open", { ...open, g: 1 }, "cannot_open"));
    vectors.push(vector(`${name} of another person`, "row.open", { ...open, user: 2 }, "cannot_open"));
    vectors.push(vector(`${name} under another id`, "row.open", { ...open, id: flip(rowId(row), 0) }, "cannot_open"));
    vectors.push(vector(`${name} as another kind`, "row.open", { ...open, kind: (rowKind(row) % 4) + 1 }, "cannot_open"));
  }
  const rows = ROWS.slice(1).reverse().map(handRow);
  vectors.push(vector("a set", "row.set", { rows }), vector("the empty set", "row.set", { rows: [] }));
  const epochRow = { kind: 1, id: rowId(ROWS[0]!), body: encodeRow(ROWS[0]!) };
  const nameless = { ...BOB, username: "" };
  vectors.push(vector("a set with an epoch row", "row.set", { rows: [...rows, epochRow] }, "malformed"));
  vectors.push(vector("a set with a row twice", "row.set", { rows: [...rows, rows[0]] }, "malformed"));
  vectors.push(vector("a pin without a username", "row.set", { rows: [handRow(nameless)] }, "malformed"));
  vectors.push(vector("a row with a byte too many", "row.set", { rows: [{ ...rows[0], body: join(encodeRow(ROWS[3]!), zeros(1)) }] }, "malformed"));
  vectors.push(vector("a set with a pin that takes back", "row.set", { rows: [handRow(TAKEN)] }));
  for (const [name, body] of listBadPins()) vectors.push(vector(`a pin ${name}`, "row.set", { rows: [{ ...handRow(BOB), body }] }, "malformed"));
  for (const [name, pins] of COUNTING) vectors.push(vector(name, "row.counting", { rows: pins.map(handRow) }));
  return { about: "Section 6.3.", vectors };
}

export async function makeVault(): Promise<VectorFile> {
  const [key, vaultKey, id] = [named("recovery key"), named("VK"), named16("way")];
  const place = { server: SERVER, user: 1, version: 2 };
  const { kemSeed, tagKey } = vault.deriveRecovery(key);
  const way = { kind: vault.RECOVERY_KEY, id, publicKey: await kemPublicKey(kemSeed), tagKey };
  const content: vault.Vault = {
    version: 2, identitySeed: named("alice seed"), kemSeed: named("vault kem"), ownChain: { g: 2, hash: named("own"), key: named("A2") },
    userChain: { n: 5, hash: named("chain") }, ways: [way], extensions: [],
  };
  const sealed = await vault.sealVault(vaultKey, place, content, named16("salt"));
  const mismatch = await vault.sealVault(vaultKey, place, { ...content, version: 3 }, named16("salt"));
  const commitment = vault.commitVaultKey(place, vaultKey);
  const wrap = await vault.wrapWithPassword(named("kek"), place, vaultKey, named16("salt"));
  const sealedWay = await vault.sealWay(way, place, vaultKey, ekm("way"));
  const forged = await vault.sealWay({ ...way, tagKey: named("of the server") }, place, vaultKey, ekm("way"));
  const [open, password, recover] = [{ vault_key: vaultKey, ...place, sealed }, { kek: named("kek"), ...place, commitment, wrap }, { key, ...place, kind: 1, id, way: sealedWay }];
  const shown = vault.writeRecoveryKey(key);
  return {
    about: "Section 4.",
    vectors: [
      vector("vault", "vault.open", open),
      vector("commitment", "vault.commit", { ...place, vault_key: vaultKey }),
      vector("an older vault under a newer number", "vault.open", { ...open, version: 3 }, "cannot_open"),
      vector("the vault of another person", "vault.open", { ...open, user: 2 }, "cannot_open"),
      vector("a vault that says another version", "vault.open", { ...open, sealed: mismatch }, "malformed"),
      vector("password", "vault.open_password", password),
      vector("wrong password", "vault.open_password", { ...password, kek: named("other") }, "cannot_open"),
      vector("a key that the chain does not name", "vault.open_password", { ...password, commitment: named("x") }, "bad_commitment"),
      vector("recovery key", "vault.open_way", recover),
      vector("a way in made by the server", "vault.open_way", { ...recover, way: forged }, "cannot_open"),
      vector("a way in of another version", "vault.open_way", { ...recover, version: 1 }, "cannot_open"),
      vector("a way in that is too short", "vault.open_way", { ...recover, way: sealedWay.slice(1) }, "malformed"),
      vector("what a recovery key gives", "recovery.derive", { key }),
      vector("typed as shown", "recovery.read", { typed: shown }),
      vector("typed carelessly", "recovery.read", { typed: shown.toLowerCase().replace(/-/g, " ").replace(/o/g, "0").replace(/i/g, "1") }),
      vector("typed on a Turkish keyboard, with wide spaces", "recovery.read", { typed: shown.toLowerCase().replace(/i/g, "\u0131").replace(/-/g, "\u3000") }),
      vector("one character wrong", "recovery.read", { typed: (shown.startsWith("A") ? "B" : "A") + shown.slice(1) }, "mistyped"),
      vector("one character missing", "recovery.read", { typed: shown.slice(0, -1) }, "mistyped"),
    ],
  };
}

