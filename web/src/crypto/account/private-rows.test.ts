// Private rows between a person's devices, and before a server that shows less than there was (docs/protocol-encryption.md, 6.4).
import { beforeEach, expect, it } from "vitest";

import { zeros } from "../protocol/codec.ts";
import { type PrivateChange, PRIVATE_DRAFT, PRIVATE_KEEPING, PRIVATE_PREFERENCES, PRIVATE_STARS } from "../private-change.ts";
import { sealPrivate } from "../protocol/private.ts";
import { fromHex, toHex } from "../../lib/bytes.ts";
import { PrivateRows } from "./private-rows.ts";
import { removeDevices } from "./remove-devices.ts";
import type { Account, Self } from "./self.ts";
import { ready, World } from "./testing/world.ts";

const PLACE = "0c".repeat(16);
const MUTED: PrivateChange[] = [{ set: { muted: true } }];
const ARCHIVED: PrivateChange[] = [{ set: { archived: true } }];
const star = (seq: number): PrivateChange[] => [{ field: "messages", add: [[seq, "hash"]] }];

let world: World;
let laptop: Account;
let phone: Account;

/** A device that was started now. */
const start = async (account: Account): Promise<PrivateRows> => new PrivateRows((await ready(account)).self);
const seen = async (rows: PrivateRows): Promise<object> => Object.fromEntries((await rows.settle()).map(({ kind, place, fields }) => [`${kind} ${place}`, fields]));
const stored = (kind: number) => world.server.privateRows.rows.find((row) => row.kind === kind);

beforeEach(async () => {
  world = new World();
  laptop = await world.begin();
  phone = await world.add();
});

it("what one device keeps stands on the other, and each goes on with what is there", async () => {
  const [one, other] = [await start(laptop), await start(phone)];
  await one.change(PRIVATE_KEEPING, PLACE, MUTED);
  await other.change(PRIVATE_KEEPING, PLACE, ARCHIVED);
  await one.change(PRIVATE_PREFERENCES, "0".repeat(32), [{ set: { theme: "dark" } }]);
  expect(await seen(other)).toEqual({ [`1 ${PLACE}`]: { muted: true, archived: true }, [`6 ${"0".repeat(32)}`]: { theme: "dark" } });
  expect(await one.settle()).toEqual(expect.arrayContaining([{ kind: 1, place: PLACE, fields: { muted: true, archived: true } }]));
  expect(await one.settle(), "told once").toEqual([]);
});

it("a change is carried out anew on what another device wrote meanwhile", async () => {
  const [one, other] = [await start(laptop), await start(phone)];
  await one.change(PRIVATE_STARS, PLACE, star(1));
  const { server } = laptop;
  const list = server.listPrivate.bind(server);
  let isFirst = true;
  server.listPrivate = async (after) => {
    const page = await list(after);
    if (isFirst) await other.change(PRIVATE_STARS, PLACE, star(2));
    isFirst = false;
    return page;
  };
  const { fields } = await one.change(PRIVATE_STARS, PLACE, star(3));
  expect(fields).toEqual({ messages: [[1, "hash"], [2, "hash"], [3, "hash"]] });
  expect(isFirst).toBe(false);
});

it("an older draft does not take the place of a later one", async () => {
  const [one, other] = [await start(laptop), await start(phone)];
  await one.change(PRIVATE_DRAFT, PLACE, [{ set: { text: "later", time: 2 } }]);
  const { fields } = await other.change(PRIVATE_DRAFT, PLACE, [{ set: { text: "earlier", time: 1 } }]);
  expect(fields).toEqual({ text: "later", time: 2 });
});

it("what the server has lost is written again, and what was taken away stays away", async () => {
  const one = await start(laptop);
  await one.change(PRIVATE_KEEPING, PLACE, MUTED);
  await one.change(PRIVATE_STARS, PLACE, star(1));
  await one.change(PRIVATE_STARS, PLACE, [{ field: "messages", drop: [[1, "hash"]] }]);
  world.server.privateRows = { rows: [], position: 0 };
  await (await start(laptop)).settle();
  expect(world.server.privateRows.rows.map(({ kind, version }) => [kind, version])).toEqual([[1, 2]]);
});

it("an older version that is shown again does not count, and is written over", async () => {
  const one = await start(laptop);
  await one.change(PRIVATE_KEEPING, PLACE, MUTED);
  const { rows } = world.server.privateRows;
  await one.change(PRIVATE_KEEPING, PLACE, [{ set: { muted: null } }]);
  world.server.privateRows = { rows, position: 9 };
  expect(await seen(await start(laptop))).toEqual({ [`1 ${PLACE}`]: {} });
  expect(stored(1)!.version).toBe(3);
});

it("a row that gave way unseen is found when it is refused", async () => {
  const one = await start(laptop);
  await one.change(PRIVATE_KEEPING, PLACE, MUTED);
  await one.settle();
  world.server.privateRows = { rows: [], position: 1 };
  expect((await one.change(PRIVATE_KEEPING, PLACE, ARCHIVED)).fields).toEqual({ muted: true, archived: true });
  expect(stored(1)!.version).toBe(2);
});

it("a removal takes all rows to the next generation, which the removed device does not open", async () => {
  const one = await start(laptop);
  await one.change(PRIVATE_KEEPING, PLACE, MUTED);
  const before = (await ready(phone)).self;
  await removeDevices(laptop, world.password, [phone.device]);
  const { self } = await ready(laptop);
  await new PrivateRows(self).settle();
  expect(world.server.privateRows.rows.map(({ g, version }) => [g, version])).toEqual([[before.own.newest!.statement.g + 1, 2]]);
});

it("a row under a generation that is not known yet is waited for", async () => {
  const one = await start(laptop);
  await one.change(PRIVATE_KEEPING, PLACE, MUTED);
  const sealed = stored(1)!;
  world.server.privateRows = { rows: [{ ...sealed, g: sealed.g + 1, version: 2, position: 2 }], position: 2 };
  expect(await seen(await start(phone))).toEqual({});
  world.server.privateRows = { rows: [sealed], position: 2 };
  expect(await seen(await start(phone))).toEqual({ [`1 ${PLACE}`]: { muted: true } });
});

it("what a newer program has written is neither read nor written over", async () => {
  const one = await start(laptop);
  await one.change(PRIVATE_KEEPING, PLACE, MUTED);
  const sealed = stored(1)!;
  world.server.privateRows = { rows: [{ ...sealed, version: 2, position: 2, sealed: Uint8Array.of(2, ...sealed.sealed.slice(1)) }], position: 2 };
  const again = await start(laptop);
  await expect(again.change(PRIVATE_KEEPING, PLACE, ARCHIVED)).rejects.toMatchObject({ verdict: "unsupported" });
  await again.settle();
  expect(stored(1)!.version).toBe(2);
});

it("a row of the server's making says nothing", async () => {
  const { self } = await ready(laptop);
  const { server, user } = laptop.place;
  const sealed = await sealPrivate(zeros(32), { server, user, g: 1, kind: 1, place: fromHex(PLACE), version: 1 }, { archived: true });
  world.server.privateRows = { rows: [{ kind: 1, place: PLACE, version: 1, g: 1, sealed, position: 1 }], position: 1 };
  const one = new PrivateRows(self);
  expect(await seen(one)).toEqual({});
  expect((await one.change(PRIVATE_KEEPING, PLACE, MUTED)).fields).toEqual({ muted: true });
  expect(stored(1)!.version).toBe(2);
});

it("what is scheduled counts under the newest generation only", async () => {
  const one = await start(laptop);
  const id = toHex(laptop.device);
  await one.change(5, id, [{ set: { at: 1 } }]);
  const row = stored(5)!;
  await removeDevices(laptop, world.password, [phone.device]);
  const tablet = await world.add();
  world.server.privateRows = { rows: [row], position: 1 };
  expect(await seen(await start(tablet))).toEqual({});
});

it("after a reset the device that made it writes again what it keeps", async () => {
  const before: Self = (await ready(laptop)).self;
  const one = new PrivateRows(before);
  await one.change(PRIVATE_KEEPING, PLACE, MUTED);
  await one.change(PRIVATE_KEEPING, PLACE, ARCHIVED);
  await world.reset(laptop);
  expect(world.server.privateRows.rows).toEqual([]);
  expect(await seen(await start(laptop))).toEqual({ [`1 ${PLACE}`]: { muted: true, archived: true } });
  expect(world.server.privateRows.rows.map(({ kind, version, g }) => [kind, version, g])).toEqual([[1, 1, 1]]);
});
