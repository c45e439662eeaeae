// A lost wrap heals, and nobody is given a seed that is not theirs (docs/protocol-encryption.md, 7.7).
import { expect, test } from "vitest";

import type { Account } from "../../account/self.ts";
import { verdictOf } from "../../account/testing/world.ts";
import { makeRewrapRequest, readRewrapRequest } from "../../protocol/epoch-keys.ts";
import { random } from "../../protocol/primitives.ts";
import { act, begin } from "../acting/act.ts";
import type { Device } from "../device.ts";
import { answerOthers } from "./heal.ts";
import { PLAIN_SETTINGS } from "../acting/make-epoch.ts";
import { answerRequest, listKeyless, makeRequest, takeAnswer } from "./rewrap.ts";
import { MemoryConversations } from "../testing/memory-conversations.ts";
import { catchUp, read, say } from "../testing/talk.ts";
import { Town } from "../testing/town.ts";

const LONG = { timeout: 60_000 };

async function start(): Promise<{ town: Town; alice: Device; bob: Device; bobAccount: Account; group: Uint8Array<ArrayBuffer> }> {
  const town = new Town();
  const alice = await town.start(await town.move(1, "alice"));
  const bobAccount = await town.move(2, "bob");
  const group = await begin(alice, { kind: "group", members: [2], settings: PLAIN_SETTINGS });
  await say(town, alice, group, "one");
  town.place(group).epochs[0]!.wraps.set(2, random(1168));
  const bob = await town.start(bobAccount);
  await catchUp(bob, group);
  return { town, alice, bob, bobAccount, group };
}

test("a member whose wrap is spoilt is given the seed by another", LONG, async () => {
  const { alice, bob, group } = await start();
  expect(await read(bob, group)).toEqual(["[keyless]"]);
  const live = await bob.open(group);
  const [epoch] = listKeyless(bob, live);
  const request = await makeRequest(bob, epoch!);
  const answer = await answerRequest(alice, await alice.open(group), request);
  expect(await takeAnswer(bob, live, 1, random(1168))).toBe(false);
  expect(await takeAnswer(bob, live, 2, answer)).toBe(false);
  expect(await takeAnswer(bob, live, 1, answer)).toBe(true);
  expect(await read(bob, group)).toEqual(["one"]);
  expect(listKeyless(bob, live)).toEqual([]);
});

test("each reason not to answer", LONG, async () => {
  const { town, alice, bob, bobAccount, group } = await start();
  const there = await alice.open(group);
  const request = await makeRequest(bob, listKeyless(bob, await bob.open(group))[0]!);
  const asked = readRewrapRequest(request);
  const say2 = async (changed: Partial<typeof asked>, by = bob): Promise<string> =>
    verdictOf(answerRequest(alice, there, await makeRewrapRequest({ ...asked, ...changed }, by.keys.sign)));
  expect(await say2({})).toBe("accepted");
  expect(await say2({ conversation: random(16) })).toBe("wrong_place");
  expect(await say2({ n: 2 })).toBe("wrong_place");
  expect(await say2({ recordHash: random(32) })).toBe("wrong_place");
  expect(await say2({ user: 3 })).toBe("not_listed");
  expect(await say2({ receiveVersion: 7 })).toBe("unproven");
  expect(await say2({ receiveHash: random(32) })).toBe("fork");
  expect(await say2({ device: random(16) })).toBe("not_listed");
  expect(await say2({}, alice)).toBe("bad_signature");
  await alice.takeLinks([[2, "ab".repeat(16)]]);
  expect(await say2({})).toBe("changed_identity");
  await alice.takeLinks([]);
  there.known.epochs.find(1)!.seed = null;
  expect(await say2({})).toBe("keyless");
  const tablet = await town.worlds.get(2)!.add();
  const { removeDevices } = await import("../../account/remove-devices.ts");
  await removeDevices(bobAccount, town.worlds.get(2)!.password, [tablet.device]);
  await alice.people.catchUp([2]);
  expect(await say2({})).toBe("rollback");
});

test("who was removed since is still given what was theirs, and who was never in it is not", LONG, async () => {
  const { town, alice, bob, group } = await start();
  await act(alice, await alice.open(group), { action: "remove", targets: [{ user: 2, cause: null }] });
  const there = await alice.open(group);
  const live = await bob.open(group);
  expect(await verdictOf(answerRequest(alice, there, await makeRequest(bob, listKeyless(bob, live)[0]!)))).toBe("accepted");
  const carol = await town.start(await town.move(3, "carol"));
  await alice.people.catchUp([3]);
  expect(await verdictOf(answerRequest(alice, there, await makeRequest(carol, live.known.epochs.find(1)!)))).toBe("not_listed");
});

test("nobody is given a seed by a chain that ends below the roster's head, or while the end of a chain is waited for", LONG, async () => {
  const { town, alice, bob, group } = await start();
  const there = await alice.open(group);
  const request = await makeRequest(bob, listKeyless(bob, await bob.open(group))[0]!);
  const line = there.known.epochs.find(1)!.roster.find((one) => one.user === 2)!;
  const { chain } = line;
  line.chain = { n: chain.n + 1, hash: random(32) };
  expect(await verdictOf(answerRequest(alice, there, request))).toBe("unproven");
  line.chain = chain;
  expect(await verdictOf(answerRequest(alice, there, request))).toBe("accepted");
  const store = new MemoryConversations();
  await store.writeConversation((await alice.around.store.readConversation(group))!);
  await store.writePeople(await alice.around.store.readPeople());
  await store.writeAwaited({ people: [{ user: 2, n: chain.n + 1, hashes: [] }], until: town.now + 600_000 });
  const later = await town.start(alice.self.account, store);
  await town.session(bob.self.account).askRewrap(request);
  await answerOthers(later);
  expect((await town.session(bob.self.account).listRewraps()).answers).toEqual([]);
  town.pass(700_000);
  await answerOthers(later);
  expect((await town.session(bob.self.account).listRewraps()).answers).toHaveLength(1);
});
