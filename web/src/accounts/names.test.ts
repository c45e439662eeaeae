// A server may write what it likes on its cards: shown is what people's own devices call them, once that is known.
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { makeDirectId } from "../conversations/bond.ts";
import { sayUser } from "../conversations/title.ts";
import { findUser } from "../friends/find.ts";
import { randomId } from "../lib/bytes.ts";
import type { ConversationRow } from "../replica/database.ts";
import { Replica } from "../replica/database.ts";
import { findHeld } from "../replica/held-back.ts";
import { makeCard } from "../replica/testing.ts";
import { applyUser, applyUserDeleted, fillUsers } from "./apply.ts";
import { addressOf, writeNames } from "./names.ts";

const SERVER = "ab".repeat(16);
const MALLORY = { user: 3, username: "mallory", displayName: "Mallory M." };
const asBob = { ...makeCard(3, "bob"), display_name: "Bob" };
const asMallory = { ...makeCard(3, "mallory"), display_name: "Mallory M." };

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

function open(): Replica {
  const replica = new Replica(1, `names-${randomId()}`);
  ends.push(() => replica.close());
  return replica;
}

const shown = async (replica: Replica): Promise<string> => sayUser((await replica.users.get(3)) ?? null);

test("before anything is proven the server's card is what there is; then the proven names stand, however late the card comes", async () => {
  const replica = open();
  await applyUser(replica, asBob);
  expect(await shown(replica)).toBe("Bob");
  await writeNames(replica, [MALLORY]);
  expect(await replica.users.get(3)).toMatchObject({ username: "mallory", display_name: "Mallory M.", called: "bob", is_stale: false });
  for (const put of [applyUser, (copy: Replica, card: typeof asBob) => fillUsers(copy, [card])]) {
    await replica.users.update(3, { is_stale: true });
    await put(replica, asBob);
    expect(await shown(replica)).toBe("Mallory M.");
  }
  const other = open();
  await writeNames(other, [MALLORY]);
  await applyUser(other, asBob);
  expect(await other.users.get(3)).toMatchObject({ username: "mallory", called: "bob" });
  await other.clearCopy();
  await applyUser(other, asBob);
  expect(await shown(other)).toBe("Mallory M.");
});

test("a card that says what is proven is nothing to tell of", async () => {
  const replica = open();
  await writeNames(replica, [MALLORY]);
  await applyUser(replica, asMallory);
  expect(await replica.users.get(3)).toEqual({ ...asMallory, is_stale: false });
  await applyUser(replica, asBob);
  await applyUser(replica, asMallory);
  expect(await replica.users.get(3)).toEqual({ ...asMallory, is_stale: false });
});

test("a person who changes the display name is shown by it when their devices say so, and no lie is seen in the time between", async () => {
  const replica = open();
  await writeNames(replica, [MALLORY]);
  await applyUser(replica, { ...asMallory, display_name: "Mal" });
  expect(await replica.users.get(3)).toMatchObject({ display_name: "Mallory M." });
  expect((await replica.users.get(3))!.called).toBeUndefined();
  await writeNames(replica, [{ ...MALLORY, displayName: "Mal" }]);
  expect(await shown(replica)).toBe("Mal");
  // The other way round, and the server's lie is still known.
  await applyUser(replica, asBob);
  await writeNames(replica, [{ ...MALLORY, displayName: "Mallory" }]);
  expect(await replica.users.get(3)).toMatchObject({ display_name: "Mallory", called: "bob" });
});

test("who has said no display name is called by the username; what a chain brings along is drawn as a name", async () => {
  const replica = open();
  await applyUser(replica, asBob);
  await writeNames(replica, [{ ...MALLORY, displayName: null }]);
  expect(await shown(replica)).toBe("mallory");
  await writeNames(replica, [{ ...MALLORY, displayName: "Bob ✔\n\u202e\u0007 x" }]);
  expect(await shown(replica)).toBe("Bob x");
  await writeNames(replica, [{ ...MALLORY, displayName: "\u3164 \u200f" }]);
  expect(await shown(replica)).toBe("mallory");
  await writeNames(replica, [{ ...MALLORY, displayName: "a".repeat(512) }]);
  expect((await shown(replica)).length).toBe(65);
});

test("a deleted account has no name any more", async () => {
  const replica = open();
  await writeNames(replica, [MALLORY]);
  await applyUserDeleted(replica, { user_id: 3 });
  expect(await replica.users.get(3)).toMatchObject({ username: "", deleted: true });
  expect((await replica.users.get(3))!.called).toBeUndefined();
});

test("whom the server finds under another's name is shown under their own, and addressed as the server knows them", async () => {
  const replica = open();
  await writeNames(replica, [MALLORY]);
  const call = (async () => ({ user: asBob, relation: "none" })) as never;
  const { user } = await findUser({ call, replica }, "bob");
  expect([sayUser(user), user.called, addressOf(user)]).toEqual(["Mallory M.", "bob", "bob"]);
});

test("what is written to one person waits while the server names them wrongly, and a group goes on", async () => {
  const replica = open();
  const row = (id: string, kind: "direct" | "group"): ConversationRow => ({
    id, kind, open: true, users: [1, 3], created_at: "", last_seq: 0, last_ordinal: 0, log_hash: "", last_entry: null, read_ordinal: 0, first_seq: 1,
    active_at: "", flaw: null, is_stale: false,
  });
  const [direct, group] = [makeDirectId(SERVER, 1, 3), randomId()];
  await replica.conversations.bulkPut([row(direct, "direct"), row(group, "group")]);
  await applyUser(replica, asMallory);
  await writeNames(replica, [MALLORY]);
  expect(await findHeld(replica, [direct, group])).toEqual(new Set());
  await applyUser(replica, asBob);
  expect(await findHeld(replica, [direct, group])).toEqual(new Set([direct]));
  await applyUser(replica, asMallory);
  expect(await findHeld(replica, [direct, group])).toEqual(new Set());
});
