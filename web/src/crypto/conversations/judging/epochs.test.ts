// Which epochs a device accepts, and where it begins (docs/protocol-encryption.md, 7.5). Each attack stands beside the same act done right.
import { describe, expect, test } from "vitest";

import { verdictOf } from "../../account/testing/world.ts";
import { zeros } from "../../protocol/codec.ts";
import { makeEpoch } from "../../protocol/epoch.ts";
import { Epochs, type StoredEpoch } from "./epochs.ts";
import { DAY, deviceId, meet, NOW, PeopleShown, seedOf, SERVER, signAs } from "../testing/cast.ts";
import { makeCast, Room } from "../testing/room.ts";

const begin = async (): Promise<Room> => Room.begin(await makeCast("alice", "bob", "carol"));
const toldOf = ({ seq, time }: StoredEpoch): { seq: number; time: number } => ({ seq, time });

async function fresh(room: Room, user = 2, shown = new PeopleShown(room.cast)): Promise<Epochs> {
  return new Epochs({ server: SERVER, conversation: room.conversation, user }, await meet(room.cast, user, shown), () => false);
}

async function takeAll(epochs: Epochs, room: Room): Promise<void> {
  for (const made of room.epochs) await epochs.take(made.record, made.roster, toldOf(made));
}

describe("in order", () => {
  test("epochs follow each other, the same one is taken again, a roster is left out where it is the same", async () => {
    const room = await begin();
    const second = await room.rotate(2);
    const epochs = await fresh(room);
    await takeAll(epochs, room);
    await takeAll(epochs, room);
    expect(epochs.newest?.epoch.n).toBe(2);
    const third = await room.rotate(3);
    expect(third.epoch.rosterHash).toEqual(second.epoch.rosterHash);
    expect((await epochs.take(third.record, null, toldOf(third))).roster).toEqual(third.members);
  });

  test("what is kept comes back", async () => {
    const room = await begin();
    await room.rotate();
    await room.remove(3);
    const epochs = await fresh(room);
    await takeAll(epochs, room);
    expect(epochs.takeSeed(2, room.epochs[1]!.seed)).toBe(true);
    expect(epochs.takeSeed(2, seedOf("another"))).toBe(false);
    const again = await fresh(room);
    again.recall(structuredClone(epochs.remember()));
    expect(again.all).toEqual(epochs.all);
    expect(epochs.remember()[1]!.roster).toBeNull();
  });

  test("a second record of a known epoch is a fork only if it passes everything else", async () => {
    const room = await begin();
    const epochs = await fresh(room);
    await room.rotate();
    await takeAll(epochs, room);
    room.epochs.pop();
    const other = await room.rotate(2);
    expect(await verdictOf(epochs.take(other.record, other.roster, null))).toBe("fork");
    room.epochs.pop();
    const bad = await room.make("rotate", 2, room.lines(), {}, "bob laptop");
    expect(await verdictOf(epochs.take(bad.record, bad.roster, null))).toBe("fork");
    const forged = await makeEpoch({ ...other.epoch, time: 5 }, signAs("carol phone"));
    expect(await verdictOf(epochs.take(forged, other.roster, null))).toBe("bad_signature");
  });
});

describe("step by step", () => {
  test("1: without a roster, another version", async () => {
    const room = await begin();
    const [first] = room.epochs;
    const epochs = await fresh(room);
    expect(await verdictOf(epochs.take(first!.record, null, null))).toBe("bad_roster");
    const other = first!.record.slice();
    other[0] = 2;
    expect(await verdictOf(epochs.take(other, first!.roster, null))).toBe("unsupported");
  });

  test("2: of another conversation", async () => {
    const room = await begin();
    const epochs = new Epochs({ server: SERVER, conversation: zeros(16), user: 2 }, await meet(room.cast, 2), () => false);
    expect(await verdictOf(takeAll(epochs, room))).toBe("wrong_place");
  });

  test("7: a device that is not listed at the stated head", async () => {
    const room = await begin();
    await room.make("rotate", 2, room.lines(), {}, "bob tablet");
    expect(await verdictOf(takeAll(await fresh(room), room))).toBe("not_listed");
  });

  test("8: a head that is not on the chain, or not shown", async () => {
    const room = await begin();
    const line = room.person(3).line(3);
    await room.make("rotate", 1, [...room.lines().slice(0, 2), { ...line, chain: { n: 3, hash: seedOf("x") } }]);
    expect(await verdictOf(takeAll(await fresh(room), room))).toBe("unproven");
    room.epochs.pop();
    await room.person(3).say({ kind: "profile", displayName: "Carol", avatar: zeros(32) }, "carol phone");
    await room.make("rotate", 1, [...room.lines().slice(0, 2), { ...line, chain: { n: 3, hash: seedOf("x") } }]);
    expect(await verdictOf(takeAll(await fresh(room), room))).toBe("fork");
    room.epochs.pop();
    await room.rotate();
    const shown = new PeopleShown(room.cast);
    shown.shown.set(3, 2);
    const epochs = await fresh(room, 2, shown);
    expect(await verdictOf(takeAll(epochs, room))).toBe("unproven");
    expect(epochs.newest?.epoch.n).toBe(1);
    shown.shown.clear();
    expect(await verdictOf(takeAll(epochs, room))).toBe("accepted");
  });

  test("8: an identity key that is not the one of the stated head", async () => {
    const room = await begin();
    await room.person(3).renewIdentity("carol second");
    await room.make("rotate", 1, room.lines().map((one) => (one.user === 3 ? { ...one, chain: room.epochs[0]!.members[2]!.chain } : one)));
    expect(await verdictOf(takeAll(await fresh(room), room))).toBe("not_allowed");
    room.epochs.pop();
    await room.rotate();
    expect(await verdictOf(takeAll(await fresh(room), room))).toBe("accepted");
  });

  test("8: a receive key of a removed device, one that is dropped though it counts, one that does not count any more", async () => {
    const room = await begin();
    await room.person(3).setDevices("carol laptop");
    await room.rotate();
    expect(await verdictOf(takeAll(await fresh(room), room))).toBe("not_allowed");
    room.epochs.pop();
    const without = { receiveVersion: 0, receiveHash: zeros(32) };
    await room.make("rotate", 1, room.lines().map((one) => (one.user === 3 ? { ...one, ...without } : one)));
    expect(await verdictOf(takeAll(await fresh(room), room))).toBe("accepted");
    room.epochs.pop();
    await room.make("rotate", 1, room.lines().map((one) => (one.user === 2 ? { ...one, ...without } : one)));
    expect(await verdictOf(takeAll(await fresh(room), room))).toBe("not_allowed");
  });

  test("8: a key of a device that signed out itself counts", async () => {
    const room = await begin();
    await room.person(3).say({ kind: "retire" }, "carol phone");
    await room.rotate();
    expect(await verdictOf(takeAll(await fresh(room), room))).toBe("accepted");
  });

  test("9: another's signature", async () => {
    const room = await begin();
    const epochs = await fresh(room);
    await takeAll(epochs, room);
    const made = await room.rotate();
    const forged = await makeEpoch(made.epoch, signAs("bob phone"));
    expect(await verdictOf(epochs.take(forged, made.roster, null))).toBe("bad_signature");
    expect(await verdictOf(epochs.take(made.record, made.roster, null))).toBe("accepted");
  });
});

describe("where a device begins", () => {
  test("at a head row, and walks back by what each record names", async () => {
    const room = await begin();
    await room.rotate();
    await room.rotate();
    const [first, second, third] = room.epochs;
    const epochs = await fresh(room);
    expect(await verdictOf(epochs.anchor(second!.record, second!.rosterBytes, seedOf("x"), null))).toBe("fork");
    await epochs.anchor(second!.record, second!.rosterBytes, second!.hash, null);
    await epochs.take(third!.record, third!.roster, null);
    expect(await verdictOf(epochs.take(first!.record, first!.roster, null))).toBe("rollback");
    expect(await verdictOf(epochs.takeBefore(third!.record, third!.rosterBytes, null))).toBe("wrong_link");
    const other = await makeEpoch({ ...first!.epoch, minimumFormat: 0 }, signAs("alice phone"));
    expect(await verdictOf(epochs.takeBefore(other, first!.rosterBytes, null))).toBe("wrong_link");
    await epochs.takeBefore(first!.record, first!.rosterBytes, null);
    expect(epochs.all.map((one) => one.epoch.n)).toEqual([1, 2, 3]);
  });

  test("beside an anchor another record is a fork", async () => {
    const room = await begin();
    const second = await room.rotate();
    const epochs = await fresh(room);
    await epochs.anchor(second.record, second.rosterBytes, second.hash, null);
    const other = await makeEpoch({ ...second.epoch, time: NOW + DAY }, signAs("alice phone"));
    expect(await verdictOf(epochs.take(other, second.roster, null))).toBe("fork");
    const unsigned = await makeEpoch({ ...second.epoch, time: NOW + DAY }, signAs("carol phone"));
    expect(await verdictOf(epochs.take(unsigned, second.roster, null))).toBe("bad_signature");
  });

  test("at the epoch that adds oneself, and not at one that adds others", async () => {
    const cast = await makeCast("alice", "bob", "carol", "dave");
    const room = new Room(cast);
    await room.make("create", 1, [cast[0]!.line(1), cast[1]!.line(3)]);
    const add = await room.make("add", 1, [...room.lines(), cast[2]!.line(3)], { targets: [{ user: 3, role: 3, cause: zeros(32) }] });
    const [first] = room.epochs;
    const before = { record: first!.record, roster: first!.rosterBytes };
    const carol = await fresh(room, 3);
    await carol.join(before, add.record, add.roster, toldOf(add));
    expect(carol.newest?.epoch.n).toBe(2);
    expect(await verdictOf((await fresh(room, 2)).join(before, add.record, add.roster, null))).toBe("not_allowed");
    expect(await verdictOf((await fresh(room, 3)).join(null, add.record, add.roster, null))).toBe("not_allowed");
  });

  test("a group under the id of one's own conversation with a member is refused, also by who begins late", async () => {
    const room = await begin();
    expect(room.conversation).not.toEqual(deviceId("alice phone"));
    const { directId } = await import("../../protocol/epoch.ts");
    const squatted = new Room(room.cast, directId(SERVER, 1, 2));
    const made = await squatted.make("create", 1, room.cast.map((one, at) => one.line(at === 0 ? 1 : 3)));
    expect(await verdictOf((await fresh(squatted, 3)).take(made.record, made.roster, null))).toBe("wrong_place");
    const later = await squatted.rotate();
    const bob = await fresh(squatted, 2);
    expect(await verdictOf(bob.anchor(later.record, later.rosterBytes, later.hash, null))).toBe("wrong_place");
  });
});
