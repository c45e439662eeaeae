// Groups by messages to the worker alone: what members do, what each of them is told of it, and who reads what.
import "fake-indexeddb/auto";

import { expect, test } from "vitest";

import { fromHex, toHex } from "../../lib/bytes.ts";
import { type GroupEvent, toEvent } from "../../groups/event.ts";
import type { Rights } from "../conversations/group-standing.ts";
import { STATE } from "../conversations/judging/roles.ts";
import { Session } from "../conversations/testing/town.ts";
import { random } from "../protocol/primitives.ts";
import type { Told } from "./conversation-acts.ts";
import { type Browser, openBrowsers } from "./testing/browser.ts";

const [OWNER, ADMIN, MEMBER] = [1, 2, 3];
const RIGHTS: Rights = { addBy: ADMIN, postBy: MEMBER, settingsBy: ADMIN, pinBy: ADMIN, everyoneBy: ADMIN };
const LONG = { timeout: 60_000 };

interface Scene {
  alice: Browser;
  bob: Browser;
  carol: Browser;
  group: string;
}

/** Alice makes a group with bob; carol is a friend outside. */
async function begin(...members: number[]): Promise<Scene> {
  const { browsers } = await openBrowsers("alice", "bob", "carol");
  const [alice, bob, carol] = browsers as [Browser, Browser, Browser];
  const { conversation: group } = await alice.ask("createGroup", { members, rights: RIGHTS });
  return { alice, bob, carol, group };
}

/** A connection of everybody, and the log. */
async function meet(group: string, ...browsers: Browser[]): Promise<void> {
  for (const one of browsers) {
    await one.ask("confirm", { conversations: [group], databases: [] });
    await one.read(group);
  }
}

async function tell(browser: Browser, group: string): Promise<Told[]> {
  browser.restart();
  const { rows, hashes } = browser.town.place(fromHex(group));
  const handed = rows.map(({ device, clientId, recordHash: _, ...row }) => ({ ...row, device: toHex(device), clientId: toHex(clientId) }));
  return (await browser.ask("takeRows", { conversation: group, stretches: [{ before: hashes[0]!, rows: handed }], places: [] })).told;
}

const listEvents = async (browser: Browser, group: string): Promise<(GroupEvent | null)[]> =>
  (await tell(browser, group)).flatMap(({ act, seq }) => (act === null ? [] : [toEvent(act, browser.town.place(fromHex(group)).rows[seq - 1]!.user)]));

test("each act is told as what it did, with who was who before", LONG, async () => {
  const { alice, bob, carol, group } = await begin(2);
  await alice.ask("changeGroup", { conversation: group, wanted: { action: "add", targets: [{ user: 3, cause: null }], historyFrom: 0 }, hasHistory: false });
  await alice.ask("changeGroup", { conversation: group, wanted: { action: "role", targets: [{ user: 2, role: ADMIN }] }, hasHistory: false });
  const standing = await alice.ask("changeGroup", { conversation: group, wanted: { action: "settings", settings: { postBy: ADMIN } }, hasHistory: false });
  expect(standing.group).toMatchObject({
    members: [{ user: 1, role: OWNER }, { user: 2, role: ADMIN }, { user: 3, role: MEMBER }], left: [], rights: { ...RIGHTS, postBy: ADMIN },
  });
  await meet(group, bob, carol);
  await bob.ask("changeGroup", { conversation: group, wanted: { action: "remove", targets: [{ user: 3, cause: null }] }, hasHistory: false });
  await bob.ask("leaveGroup", { conversation: group, heir: null });
  const events = [
    { what: "created", users: [2] }, { what: "added", users: [3], hasHistory: false }, { what: "roles", roles: [{ user: 2, role: ADMIN, was: MEMBER }] },
    { what: "rights" }, { what: "removed", users: [3] }, { what: "left" },
  ];
  await meet(group, alice);
  expect(await listEvents(alice, group)).toEqual(events);
});

test("who is added with history reads what was given, and who is added without nothing of it", LONG, async () => {
  const { alice, bob, carol, group } = await begin();
  await alice.say(group, 1, "before");
  await alice.read(group);
  await alice.ask("changeGroup", { conversation: group, wanted: { action: "add", targets: [{ user: 2, cause: null }], historyFrom: 0 }, hasHistory: true });
  await alice.ask("changeGroup", { conversation: group, wanted: { action: "add", targets: [{ user: 3, cause: null }], historyFrom: 0 }, hasHistory: false });
  await alice.say(group, 2, "after");
  await meet(group, bob, carol);
  const texts = async (one: Browser): Promise<string[]> =>
    (await tell(one, group)).flatMap(({ content, verdict }) => (content === null ? (verdict ?? []) : (content as { text?: string }).text!));
  expect(await texts(bob)).toEqual(["before", "after"]);
  expect(await texts(carol)).not.toContain("before");
  expect((await texts(carol)).at(-1)).toBe("after");
});

test("who is removed is told by whom, and opens nothing that comes later", LONG, async () => {
  const { alice, bob, carol, group } = await begin(2, 3);
  await meet(group, bob, carol);
  await alice.ask("changeGroup", { conversation: group, wanted: { action: "remove", targets: [{ user: 2, cause: null }, { user: 3, cause: null }] }, hasHistory: false });
  await alice.say(group, 1, "without bob");
  const told = await tell(bob, group);
  expect(told.find(({ act }) => act !== null && act !== "left" && act.action === "remove")).toMatchObject({ act: { targets: [{ user: 2 }, { user: 3 }] } });
  expect(told.at(-1)).toMatchObject({ content: null });
  const { rows } = bob.town.place(fromHex(group));
  // Another signature: nobody's word.
  rows[1]!.record = rows[1]!.record.with(-1, rows[1]!.record.at(-1)! ^ 1) as typeof rows[1]["record"];
  expect((await tell(carol, group)).some(({ act }) => act !== null && act !== "left" && act.action === "remove")).toBe(false);
});

test("of two admins at the same moment one is first, and the other is asked again", LONG, async () => {
  const { alice, bob, group } = await begin(2, 3);
  await alice.ask("changeGroup", { conversation: group, wanted: { action: "role", targets: [{ user: 2, role: ADMIN }] }, hasHistory: false });
  await meet(group, bob);
  const others = bob.ask("changeGroup", { conversation: group, wanted: { action: "remove", targets: [{ user: 3, cause: null }] }, hasHistory: false });
  await others;
  const { listEpochHeads } = Session.prototype;
  // The server's answer to alice's first look is from before bob's.
  Session.prototype.listEpochHeads = async function (this: Session, conversations) {
    const heads = await listEpochHeads.call(this, conversations);
    return this.user === 1 ? heads.map((one) => ({ ...one, n: 2, recordHash: this.town.place(fromHex(group)).epochs[1]!.hash })) : heads;
  };
  const moved = await alice.ask("changeGroup", { conversation: group, wanted: { action: "settings", settings: { postBy: ADMIN } }, hasHistory: false }).catch((error: unknown) => error);
  Session.prototype.listEpochHeads = listEpochHeads;
  expect(moved).toMatchObject({ kind: "moved", code: "epoch_moved" });
  const { group: standing } = await alice.ask("changeGroup", { conversation: group, wanted: { action: "settings", settings: { postBy: ADMIN } }, hasHistory: false });
  expect(standing).toMatchObject({ members: [{ user: 1 }, { user: 2 }], rights: { postBy: ADMIN } });
});

test("the last owner leaves by naming another; who left is removed before anything else is done", LONG, async () => {
  const { alice, bob, group } = await begin(2);
  await expect(alice.ask("leaveGroup", { conversation: group, heir: null })).rejects.toMatchObject({ kind: "verdict", code: "not_allowed" });
  await alice.ask("leaveGroup", { conversation: group, heir: 2 });
  await meet(group, bob);
  const [standing] = await bob.ask("confirm", { conversations: [group], databases: [] });
  expect(standing!.group).toMatchObject({ members: [{ user: 1, role: OWNER }, { user: 2, role: OWNER }], left: [1] });
  const after = await bob.ask("changeGroup", { conversation: group, wanted: { action: "add", targets: [{ user: 3, cause: null }], historyFrom: 0 }, hasHistory: false });
  expect(after).toMatchObject({ n: 4, group: { members: [{ user: 2, role: OWNER }, { user: 3, role: MEMBER }], left: [] } });
});

test("of a state it is told whether its author may change it", LONG, async () => {
  const { alice, bob, group } = await begin(2);
  const say = async (one: Browser): Promise<void> => {
    const unsealed = { clientId: random(16), counter: 1, kind: STATE, content: { type: "state", title: "Walkers" }, target: null };
    const { record, epoch } = await one.ask("seal", { conversation: group, unsealed });
    new Session(one.town, one.place.user, fromHex(one.place.device)).send(fromHex(group), { ...unsealed, record, epoch, targetSeq: 0 });
  };
  await alice.ask("changeGroup", { conversation: group, wanted: { action: "settings", settings: { addBy: MEMBER } }, hasHistory: false });
  await meet(group, bob);
  await say(bob);
  await meet(group, alice);
  await say(alice);
  expect((await tell(alice, group)).filter((one) => one.content !== null).map((one) => one.maySet)).toEqual([false, true]);
});

test("of a message it is told whether its author may call everybody, and whether it was written to oneself", LONG, async () => {
  const { alice, bob, carol, group } = await begin(2);
  await meet(group, bob);
  await alice.say(group, 1, "by the owner");
  await bob.say(group, 1, "by a member");
  await alice.ask("changeGroup", { conversation: group, wanted: { action: "settings", settings: { everyoneBy: MEMBER } }, hasHistory: false });
  await meet(group, bob);
  await bob.say(group, 2, "by right");
  await alice.ask("changeGroup", { conversation: group, wanted: { action: "add", targets: [{ user: 3, cause: null }], historyFrom: 0 }, hasHistory: true });
  await meet(group, carol);
  await alice.say(group, 2, "to carol, too");
  const toldTo = async (one: Browser) => (await tell(one, group)).filter(({ content }) => content !== null).map(({ mayCall, reader }) => [mayCall, reader]);
  expect(await toldTo(bob)).toEqual([[true, 2], [false, null], [true, null], [true, 2]]);
  expect(await toldTo(carol)).toEqual([[true, null], [false, null], [true, null], [true, 3]]);
});
