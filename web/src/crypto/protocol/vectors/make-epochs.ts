// Vectors of epochs: bytes, the table of who may what, seeds and the ways to get them.
import type { Bytes } from "../../../lib/bytes.ts";
import { join, zeros } from "../codec.ts";
import { directId, encodeRoster, type Epoch, EPOCH, groupId, hashRoster, makeEpoch, type RosterMember, selfId, type Settings } from "../epoch.ts";
import * as keys from "../epoch-keys.ts";
import { kemPublicKey } from "../hpke.ts";
import { hashStatement } from "../statements.ts";
import { publicOf, SERVER, signerOf, TIME } from "./cast.ts";
import { ekm, flip, named, named16, type Vector, vector, type VectorFile } from "./form.ts";

const NAMES = ["", "alice", "bob", "carol", "dave", "erin"];
const LAPTOP = named16("alice laptop");
const GROUP = groupId(SERVER, 1, LAPTOP, TIME);
const SETTINGS: Settings = { addBy: 2, postBy: 3, settingsBy: 2, timer: 0, links: [{ publicKey: named("link"), ends: TIME + 86_400_000, limit: 10 }], pinBy: 2, everyoneBy: 2 };

export const member = (user: number, role: number, changed: Partial<RosterMember> = {}): RosterMember => ({
  user, role, identityKey: publicOf(NAMES[user]!), chain: { n: 3, hash: named(`${NAMES[user]} head`) },
  receiveVersion: 1, receiveHash: named(`${NAMES[user]} receive`), ...changed,
});

export async function makeStep(roster: RosterMember[], changed: Partial<Epoch> = {}): Promise<{ record: Bytes; roster: Bytes }> {
  const bytes = encodeRoster(roster);
  const { n = 1, actor = 1, device = LAPTOP, time = TIME } = changed;
  const conversation = changed.conversation ?? (n === 1 ? groupId(SERVER, actor, device, time) : GROUP);
  const epoch: Epoch = {
    minimumFormat: 1, kind: "group", server: SERVER, conversation, n, previous: zeros(32), rosterHash: hashRoster(bytes),
    settings: SETTINGS, action: "create", targets: [], historyFrom: 0, actor, device, time,
    seen: { seq: 0, hash: named("H0") }, commitment: keys.commitSeed(conversation, n, named("s")), extensions: [], ...changed,
  };
  return { record: await makeEpoch(epoch, signerOf("alice laptop")), roster: bytes };
}

export async function makeEpochs(): Promise<VectorFile> {
  const good = await makeStep([member(1, 1), member(2, 3)]);
  const signKey = publicOf("alice laptop");
  const targets = [{ user: 3, role: 3, cause: zeros(32) }, { user: 2, role: 3, cause: zeros(32) }];
  const unsorted = await makeStep([member(1, 1)], { targets });
  const rights = await makeStep([member(1, 1)], { settings: { ...SETTINGS, pinBy: 3, everyoneBy: 1 } });
  const extended = async (...extensions: Epoch["extensions"]): Promise<object> =>
    ({ record: (await makeStep([member(1, 1)], { extensions })).record, sign_key: signKey });
  const right = (bytes: number[], critical = true): Epoch["extensions"][number] => ({ id: 5, critical, bytes: Uint8Array.from(bytes) });
  const huge = good.record.slice();
  huge.fill(255, 36, 44);
  const recordHash = hashStatement(EPOCH, good.record);
  const [receiveSeed, seed] = [named("bob receive seed"), named("s")];
  const publicKey = await kemPublicKey(receiveSeed);
  const place = { conversation: GROUP, n: 1, commitment: keys.commitSeed(GROUP, 1, seed) };
  const unwrap = { receive_seed: receiveSeed, record_hash: recordHash, user: 2, ...place, wrap: await keys.wrapSeed(publicKey, recordHash, 2, seed, ekm("epoch")) };
  const lie = await keys.wrapSeed(publicKey, recordHash, 2, named("another seed"), ekm("epoch"));
  const receiveHash = named("bob receive");
  const rewrap = { receive_seed: receiveSeed, record_hash: recordHash, receive_hash: receiveHash, ...place, wrap: await keys.rewrapSeed(publicKey, recordHash, receiveHash, seed, ekm("rewrap")) };
  const h = named("history key");
  const list = await keys.sealHistory(h, recordHash, [{ n: 1, seed: named("s1") }, { n: 2, seed: named("s2") }], named16("salt"));
  const unordered = await keys.sealHistory(h, recordHash, [{ n: 2, seed: named("s2") }, { n: 1, seed: named("s1") }], named16("salt"));
  const history = { receive_seed: receiveSeed, record_hash: recordHash, user: 2, wrap: await keys.wrapHistoryKey(publicKey, recordHash, 2, h, ekm("history")), list };
  const request = await keys.makeRewrapRequest({
    server: SERVER, conversation: GROUP, n: 1, recordHash, user: 2, device: named16("bob phone"), receiveVersion: 1, receiveHash, time: TIME, extensions: [],
  }, signerOf("bob phone"));
  return {
    about: "Sections 7.1 to 7.3, 7.7 and 7.8: bytes and keys.",
    vectors: [
      vector("ids", "conversation.ids", { server: SERVER, a: 2, b: 1 }),
      vector("id of a group", "conversation.group", { server: SERVER, user: 1, device: LAPTOP, time: TIME }),
      vector("record", "epoch.read", { record: good.record, sign_key: signKey }),
      vector("record, signature of another", "epoch.read", { record: good.record, sign_key: publicOf("bob") }, "bad_signature"),
      vector("record, changed", "epoch.read", { record: flip(good.record, 60), sign_key: signKey }, "bad_signature"),
      vector("record, another suite", "epoch.read", { record: flip(good.record, 1), sign_key: signKey }, "unsupported"),
      vector("record, a byte too many", "epoch.read", { record: join(good.record, zeros(1)), sign_key: signKey }, "malformed"),
      vector("record, targets not sorted", "epoch.read", { record: unsorted.record, sign_key: signKey }, "malformed"),
      vector("record with rights", "epoch.read", { record: rights.record, sign_key: signKey }),
      vector("record with rights and an extension that is not known", "epoch.read", await extended(right([1, 2]), { id: 9, critical: false, bytes: named16("x") })),
      vector("record, the usual rights", "epoch.read", await extended(right([2, 2])), "malformed"),
      vector("record, rights that are not critical", "epoch.read", await extended(right([3, 2], false)), "malformed"),
      vector("record, rights of role 0", "epoch.read", await extended(right([0, 2])), "malformed"),
      vector("record, rights and a byte too many", "epoch.read", await extended(right([3, 2, 1])), "malformed"),
      vector("record, another critical extension", "epoch.read", await extended(right([3, 2]), { id: 9, critical: true, bytes: named16("x") }), "unsupported"),
      vector("record, n above 2^53 - 1", "epoch.read", { record: huge, sign_key: signKey }, "malformed"),
      vector("roster", "roster.read", { roster: good.roster }),
      vector("roster, not sorted", "roster.read", { roster: encodeRoster([member(2, 3), member(1, 1)]) }, "malformed"),
      vector("roster, somebody twice", "roster.read", { roster: encodeRoster([member(1, 1), member(1, 3)]) }, "malformed"),
      vector("roster, role 0", "roster.read", { roster: encodeRoster([member(1, 0)]) }, "malformed"),
      vector("roster, a hash without a version", "roster.read", { roster: encodeRoster([member(1, 1, { receiveVersion: 0 })]) }, "malformed"),
      vector("roster, a byte too many", "roster.read", { roster: join(good.roster, zeros(1)) }, "malformed"),
      vector("commitment and key", "seed.derive", { conversation: GROUP, n: 1, seed, record_hash: recordHash }),
      vector("wrap", "seed.unwrap", unwrap),
      vector("wrap of another seed", "seed.unwrap", { ...unwrap, wrap: lie }, "bad_commitment"),
      vector("wrap of another record", "seed.unwrap", { ...unwrap, record_hash: named("x") }, "cannot_open"),
      vector("wrap for another member", "seed.unwrap", { ...unwrap, user: 3 }, "cannot_open"),
      vector("wrap in another conversation", "seed.unwrap", { ...unwrap, conversation: named16("x") }, "bad_commitment"),
      vector("re-wrap request", "rewrap.request", { request, sign_key: publicOf("bob phone") }),
      vector("re-wrap request of another device", "rewrap.request", { request, sign_key: publicOf("mallory") }, "bad_signature"),
      vector("re-wrap", "rewrap.open", rewrap),
      vector("re-wrap to another receive statement", "rewrap.open", { ...rewrap, receive_hash: named("x") }, "cannot_open"),
      vector("a wrap taken for a re-wrap", "rewrap.open", { ...rewrap, wrap: unwrap.wrap }, "cannot_open"),
      vector("history", "history.open", history),
      vector("history, not sorted", "history.open", { ...history, list: unordered }, "malformed"),
      vector("history of another record", "history.open", { ...history, record_hash: named("x") }, "cannot_open"),
    ],
  };
}

const BEFORE = [member(1, 1), member(2, 2), member(3, 3), member(4, 3)];
const none = zeros(32);
type Facts = { linked?: object[]; left?: object[]; self?: number };

export async function makeRules(): Promise<VectorFile> {
  const before = await makeStep(BEFORE);
  const previous = hashStatement(EPOCH, before.record);
  const vectors: Vector[] = [];
  const step = async (name: string, error: string | null, roster: RosterMember[], changed: Partial<Epoch>, facts: Facts = {}): Promise<void> => {
    const after = await makeStep(roster, { n: 2, previous, action: "rotate", ...changed });
    vectors.push(vector(name, "epoch.step", { before, after, linked: [], left: [], self: 4, ...facts }, error ?? undefined));
  };
  const first = async (name: string, error: string | null, roster: RosterMember[], changed: Partial<Epoch>): Promise<void> => {
    vectors.push(vector(name, "epoch.step", { before: null, after: await makeStep(roster, changed), linked: [], left: [], self: 4 }, error ?? undefined));
  };
  const target = (user: number, role: number, cause = none): Epoch["targets"] => [{ user, role, cause }];
  const without = (user: number): RosterMember[] => BEFORE.filter((one) => one.user !== user);
  const withRole = (user: number, role: number): RosterMember[] => BEFORE.map((one) => (one.user === user ? { ...one, role } : one));
  const changedMember = (user: number, changed: Partial<RosterMember>): RosterMember[] => BEFORE.map((one) => (one.user === user ? { ...one, ...changed } : one));
  const plainSettings = { addBy: 3, postBy: 3, settingsBy: 3, timer: 0, links: [], pinBy: 2, everyoneBy: 2 };
  const direct = { kind: "direct" as const, conversation: directId(SERVER, 1, 4), settings: plainSettings };
  await first("create", null, BEFORE, {});
  await first("create without owning it", "not_allowed", BEFORE, { actor: 2 });
  await first("create without being in it", "not_allowed", BEFORE, { actor: 5 });
  await first("create with a predecessor", "wrong_link", BEFORE, { previous: named("x") });
  await first("begins with rotate", "not_allowed", BEFORE, { action: "rotate" });
  await first("direct", null, [member(1, 3), member(4, 3)], direct);
  await first("direct with another id", "wrong_place", [member(1, 3), member(4, 3)], { ...direct, conversation: GROUP });
  await first("direct with a third", "wrong_place", [member(1, 3), member(3, 3), member(4, 3)], direct);
  await first("direct with an owner", "not_allowed", [member(1, 1), member(4, 3)], direct);
  await first("direct with links", "not_allowed", [member(1, 3), member(4, 3)], { ...direct, settings: SETTINGS });
  await first("direct with rights", "not_allowed", [member(1, 3), member(4, 3)], { ...direct, settings: { ...plainSettings, pinBy: 3 } });
  await first("self", null, [member(1, 1)], { kind: "self", conversation: selfId(SERVER, 1), settings: plainSettings });
  await first("a group with the id of a direct conversation", "wrong_place", BEFORE, { conversation: directId(SERVER, 1, 4) });
  await first("a group with the id of a direct conversation of two others", "wrong_place", BEFORE, { conversation: directId(SERVER, 7, 8) });
  await first("a group with the id of the creator's self conversation", "wrong_place", BEFORE, { conversation: selfId(SERVER, 1) });
  await first("a group with an id of no meaning", "wrong_place", BEFORE, { conversation: named16("group") });
  await first("a group of another time", "wrong_place", BEFORE, { conversation: GROUP, time: TIME + 1 });
  await first("a group of another device", "wrong_place", BEFORE, { conversation: GROUP, device: named16("alice phone") });
  await first("a group of another creator", "wrong_place", [member(1, 1), member(2, 1)], { conversation: GROUP, actor: 2 });
  await first("a group of another server", "wrong_place", BEFORE, { conversation: GROUP, server: named16("other server") });
  await first("a group by another creator", null, [member(1, 3), member(2, 1)], { actor: 2 });
  await first("place before a beginning with rotate", "wrong_place", BEFORE, { action: "rotate", conversation: named16("group") });
  await first("place before the link", "wrong_place", BEFORE, { previous: named("x"), conversation: named16("group") });
  await step("rotate by a member", null, BEFORE, { actor: 3 });
  await step("rotate by a stranger", "not_allowed", BEFORE, { actor: 5 });
  await step("rotate that drops somebody", "not_allowed", without(4), {});
  await step("rotate that adds somebody", "not_allowed", [...BEFORE, member(5, 3)], {});
  await step("rotate that changes a role", "not_allowed", withRole(3, 2), {});
  await step("rotate that changes settings", "not_allowed", BEFORE, { settings: { ...SETTINGS, timer: 60 } });
  await step("rotate with a target", "not_allowed", BEFORE, { targets: target(3, 3) });
  await step("after another record", "wrong_link", BEFORE, { previous: named("x") });
  await step("a number left out", "wrong_link", BEFORE, { n: 3 });
  await step("minimum format falls", "not_allowed", BEFORE, { minimumFormat: 0 });
  await step("add by an admin", null, [...BEFORE, member(5, 3)], { action: "add", actor: 2, targets: target(5, 3) });
  await step("add by a link", null, [...BEFORE, member(5, 3)], { action: "add", targets: target(5, 3, named("link")) });
  await step("add with history", null, [...BEFORE, member(5, 3)], { action: "add", targets: target(5, 3), historyFrom: 1 });
  await step("add by an unknown link", "not_allowed", [...BEFORE, member(5, 3)], { action: "add", targets: target(5, 3, named("x")) });
  await step("add by a member", "not_allowed", [...BEFORE, member(5, 3)], { action: "add", actor: 3, targets: target(5, 3) });
  await step("add as an admin", "not_allowed", [...BEFORE, member(5, 2)], { action: "add", targets: target(5, 2) });
  await step("add who is there", "not_allowed", BEFORE, { action: "add", targets: target(4, 3) });
  await step("history of the future", "not_allowed", [...BEFORE, member(5, 3)], { action: "add", targets: target(5, 3), historyFrom: 2 });
  await step("remove by an admin", null, without(4), { action: "remove", actor: 2, targets: target(4, 0) });
  await step("remove by a member", "not_allowed", without(4), { action: "remove", actor: 3, targets: target(4, 0) });
  await step("remove the owner", "not_allowed", without(1), { action: "remove", actor: 2, targets: target(1, 0) });
  await step("remove oneself", "not_allowed", without(2), { action: "remove", actor: 2, targets: target(2, 0) });
  await step("remove and keep", "not_allowed", BEFORE, { action: "remove", targets: target(4, 0) });
  await step("remove who left, by a member", null, without(1), { action: "remove", actor: 3, targets: target(1, 0, named("leave")) }, { left: [{ user: 1, cause: named("leave") }] });
  await step("remove who did not leave", "not_allowed", without(1), { action: "remove", actor: 3, targets: target(1, 0, named("leave")) });
  await step("promote", null, withRole(3, 2), { action: "role", targets: target(3, 2) });
  await step("promote by an admin", "not_allowed", withRole(3, 2), { action: "role", actor: 2, targets: target(3, 2) });
  await step("an admin steps down", null, withRole(2, 3), { action: "role", actor: 2, targets: target(2, 3) });
  await step("a member promotes themselves", "not_allowed", withRole(3, 1), { action: "role", actor: 3, targets: target(3, 1) });
  await step("the last owner steps down", "not_allowed", withRole(1, 3), { action: "role", targets: target(1, 3) });
  await step("the owner hands over", null, withRole(1, 3).map((one) => (one.user === 2 ? { ...one, role: 1 } : one)), { action: "role", targets: [...target(1, 3), ...target(2, 1)] });
  await step("settings by an admin", null, BEFORE, { action: "settings", actor: 2, settings: { ...SETTINGS, timer: 3600 } });
  await step("settings by a member", "not_allowed", BEFORE, { action: "settings", actor: 3, settings: { ...SETTINGS, timer: 3600 } });
  const rights = { ...SETTINGS, pinBy: 3, everyoneBy: 1 };
  await step("rights by an admin", null, BEFORE, { action: "settings", actor: 2, settings: rights });
  await step("rights with another action", "not_allowed", BEFORE, { settings: rights });
  await step("heads and receive versions rise", null, changedMember(3, { chain: { n: 5, hash: named("new") }, receiveVersion: 2, receiveHash: named("v2") }), {});
  await step("a head falls", "not_allowed", changedMember(3, { chain: { n: 2, hash: named("old") } }), {});
  await step("another hash for a head", "not_allowed", changedMember(3, { chain: { n: 3, hash: named("fork") } }), {});
  await step("another hash for a receive version", "not_allowed", changedMember(3, { receiveHash: named("thief") }), {});
  const renewed = { identityKey: publicOf("new"), chain: { n: 5, hash: named("new") } };
  await step("a linked identity", null, changedMember(3, renewed), {}, { linked: [{ user: 3, before: publicOf("carol"), after: publicOf("new") }] });
  await step("an identity that is not linked", "not_allowed", changedMember(3, renewed), {});
  await step("reidentify", null, changedMember(3, renewed), { action: "reidentify", targets: target(3, 3) });
  await step("reidentify oneself", "not_allowed", changedMember(1, renewed), { action: "reidentify", targets: target(1, 1) });
  await step("reidentify without a change", "not_allowed", BEFORE, { action: "reidentify", targets: target(3, 3) });
  await step("reidentify an owner and keep the role", "not_allowed", changedMember(1, renewed), { action: "reidentify", actor: 2, targets: target(1, 1) });
  await step("reidentify an owner as an admin", null, changedMember(1, { ...renewed, role: 2 }), { action: "reidentify", actor: 2, targets: target(1, 2) });
  const otherRoster = await makeStep(BEFORE, { n: 2, previous, action: "rotate" });
  const swapped = { before, after: { ...otherRoster, roster: encodeRoster(without(4)) }, linked: [], left: [], self: 4 };
  vectors.push(vector("the roster of another record", "epoch.step", swapped, "bad_roster"));
  const self = await makeStep([member(1, 1)], { kind: "self", conversation: selfId(SERVER, 1), settings: plainSettings });
  const asGroup = await makeStep([member(1, 1)], {
    kind: "group", conversation: selfId(SERVER, 1), settings: plainSettings, n: 2, previous: hashStatement(EPOCH, self.record), action: "rotate",
  });
  vectors.push(vector("a self conversation becomes a group", "epoch.step", { before: self, after: asGroup, linked: [], left: [], self: 4 }, "wrong_place"));
  const squatted = await makeStep([member(1, 1)], { conversation: directId(SERVER, 4, 5) });
  const later = { n: 2, previous: hashStatement(EPOCH, squatted.record), action: "rotate" as const, conversation: directId(SERVER, 4, 5) };
  const judged = { before: squatted, linked: [], left: [], self: 4 };
  vectors.push(vector("later, the id of a direct conversation of who is not in it", "epoch.step", { ...judged, after: await makeStep([member(1, 1)], later) }));
  const met = { ...later, action: "add" as const, targets: target(5, 3) };
  vectors.push(vector("later, the id of one's direct conversation with who is in it", "epoch.step", { ...judged, after: await makeStep([member(1, 1), member(5, 3)], met) }, "wrong_place"));
  await first("create that gives history, after something", "wrong_link", BEFORE, { historyFrom: 1, previous: named("x") });
  await step("another kind of conversation", "wrong_place", [member(1, 3), member(4, 3)], { ...direct });
  return { about: "Section 7.4, the table. Signatures, chains and receive statements are checked elsewhere.", vectors };
}
