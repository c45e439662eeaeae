// A device that was away for a week while much was written under many keys: all of it opens afterwards, in order (F42).
import { expect, test } from "vitest";

import { DAY, ready } from "../account/testing/world.ts";
import { random } from "../protocol/primitives.ts";
import { act, begin, makeReady, NotReady } from "./acting/act.ts";
import { PLAIN_SETTINGS } from "./acting/make-epoch.ts";
import { highestCounter, seal } from "./acting/seal.ts";
import { Device } from "./device.ts";
import { MESSAGE } from "./judging/roles.ts";
import { MemoryConversations } from "./testing/memory-conversations.ts";
import { catchUp, read, say, sessionOf } from "./testing/talk.ts";
import { Town } from "./testing/town.ts";

const EPOCHS = 30;
const MESSAGES = 500;

/** Seals and sends texts one after the other; reads what comes of them alone. */
async function write(town: Town, device: Device, conversation: Uint8Array<ArrayBuffer>, texts: readonly string[]): Promise<void> {
  const live = await device.open(conversation);
  for (const text of texts) {
    const { before, rows } = await device.around.api.readLog(conversation, live.known.log.head.seq);
    await live.known.takeRows(before, rows);
    const one = { clientId: random(16), counter: highestCounter(device, live) + 1, kind: MESSAGE, content: { type: "text", text }, target: null };
    const { record, epoch } = await seal(device, live, one);
    sessionOf(town, device).send(conversation, { record, epoch, clientId: one.clientId, counter: one.counter, kind: MESSAGE, targetSeq: 0 });
  }
}

test("a week of thirty epochs and five hundred messages is read in order", { timeout: 120_000 }, async () => {
  const town = new Town();
  const accounts = [await town.move(1, "alice"), await town.move(2, "bob"), await town.move(3, "carol")];
  const [alice, carol] = [await town.start(accounts[0]!), await town.start(accounts[2]!)];
  const kept = new MemoryConversations();
  const bob = await town.start(accounts[1]!, kept);
  const group = await begin(alice, { kind: "group", members: [2, 3], settings: PLAIN_SETTINGS });
  await say(town, alice, group, "before");
  await catchUp(bob, group);
  const texts = Array.from({ length: MESSAGES }, (_, at) => `number ${at + 1}`);
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    town.pass((7 * DAY) / EPOCHS);
    const maker = epoch % 3 === 0 ? carol : alice;
    await catchUp(maker, group);
    await act(maker, await maker.open(group), { action: "rotate" });
    await catchUp(alice, group);
    await write(town, alice, group, texts.slice(Math.floor((MESSAGES * epoch) / EPOCHS), Math.floor((MESSAGES * (epoch + 1)) / EPOCHS)));
  }
  // Started anew: what it kept is all that it has.
  const back = await town.start(accounts[1]!, kept);
  await catchUp(back, group);
  expect(await read(back, group)).toEqual(["before", ...texts]);
  expect((await back.open(group)).known.epochs.newest!.epoch.n).toBe(EPOCHS + 1);
  await say(town, back, group, "back again");
  await catchUp(alice, group);
  expect((await read(alice, group)).at(-1)).toBe("back again");
});

test("ages are told by the server's clock: one of one's own that is wrong makes no epochs", async () => {
  const town = new Town();
  const [account] = [await town.move(1, "alice"), await town.move(2, "bob")];
  const { self } = await ready(account);
  const around = { api: town.session(account), store: new MemoryConversations(), wait: () => Promise.resolve() };
  const alice = await Device.start(self, { ...around, now: () => town.now + 8 * DAY });
  const direct = await begin(alice, { kind: "direct", other: 2 });
  await catchUp(alice, direct);
  expect(alice.stateOf(await alice.open(direct)).state).toBe("ready");
  town.pass(8 * DAY);
  expect(alice.stateOf(await alice.open(direct)).state).toBe("rotating");
  await makeReady(alice, await alice.open(direct));
  await say(town, alice, direct, "hello");
  expect((await alice.open(direct)).known.epochs.newest!.epoch.n).toBe(2);
});

test("a server whose clock is wrong, or that tells wrong times and places, has one epoch made and no more", { timeout: 30_000 }, async () => {
  const town = new Town();
  const [account] = [await town.move(1, "alice"), await town.move(2, "bob")];
  const api = town.session(account);
  const alice = await town.start(account, undefined, api);
  const direct = await begin(alice, { kind: "direct", other: 2 });
  await catchUp(alice, direct);
  const live = await alice.open(direct);
  const countOf = (): number => live.known.epochs.newest!.epoch.n;
  api.now = () => town.now + 8 * DAY;
  await makeReady(alice, live);
  expect(countOf()).toBe(1);
  town.pass(8 * DAY);
  await makeReady(alice, live);
  await makeReady(alice, live);
  expect(countOf()).toBe(2);
  const { makeEpoch } = api;
  api.makeEpoch = async (request) => ({ ...(await makeEpoch.call(api, request)), seq: 0, time: 0 });
  town.pass(8 * DAY);
  await makeReady(alice, live);
  await makeReady(alice, live);
  expect(countOf()).toBe(3);
});

test("what stays old however often it is made anew ends", { timeout: 30_000 }, async () => {
  const town = new Town();
  const account = await town.move(1, "alice");
  const { self } = await ready(account);
  const api = town.session(account);
  let clock = town.now;
  // Both clocks run away: nothing that is made is young.
  const now = (): number => (clock += 8 * DAY);
  const alice = await Device.start(self, { api, store: new MemoryConversations(), wait: () => Promise.resolve(), now });
  api.now = now;
  const own = await begin(alice, { kind: "self" });
  await catchUp(alice, own);
  const live = await alice.open(own);
  await expect(makeReady(alice, live)).rejects.toThrow(NotReady);
  expect(live.known.epochs.newest!.epoch.n).toBe(6);
});
