// Which entries stand (docs/protocol-encryption.md, 8.3, 8.5 and 8.6). Each refusal stands beside the same entry done right.
import { describe, expect, test } from "vitest";

import { toHex } from "../../../lib/bytes.ts";
import { verdictOf } from "../../account/testing/world.ts";
import { join, zeros } from "../../protocol/codec.ts";
import { directId } from "../../protocol/epoch.ts";
import { sha256 } from "../../protocol/primitives.ts";
import { encodeBody } from "../../protocol/record.ts";
import type { KnownConversation } from "./known-conversation.ts";
import type { Row } from "./log.ts";
import { DELETION, EDIT, LEAVE_ENTRY, REACTION, STATE, VOID } from "./roles.ts";
import { deviceId, meet, PeopleShown, seedOf, SERVER } from "../testing/cast.ts";
import { judgedAs, makeCast, rewrite, Room, SETTINGS, withBytes } from "../testing/room.ts";

const begin = async (): Promise<Room> => Room.begin(await makeCast("alice", "bob", "carol"));
const all = (known: KnownConversation): string[] => known.log.rows.map((row) => judgedAs(known, row.seq));
const withheld = (known: KnownConversation): number[] => known.judged.findings.filter((one) => one.isWithheld).map((one) => one.row.seq);

/** The room with one more row, judged. */
async function judge(room: Room, row: Row): Promise<string> {
  const copy = Object.assign(new Room(room.cast, room.conversation), { epochs: room.epochs, rows: [...room.rows], hashes: [...room.hashes] });
  copy.post(row);
  return judgedAs(await copy.open(), row.seq);
}

describe("8.3", () => {
  test("what members write is read, in every epoch", async () => {
    const room = await begin();
    await room.send(1, "one");
    await room.send(3, "two", { by: "carol laptop" });
    await room.rotate(3);
    await room.send(1, "three");
    expect(all(await room.open())).toEqual(["stands", "one", "two", "stands", "three"]);
  });

  test("1: no record of format 1, not the length of one, an unknown kind", async () => {
    const room = await begin();
    const row = await room.seal(1);
    expect(await judge(room, row)).toBe("hi");
    expect(await judge(room, withBytes(row, join(Uint8Array.of(2), row.record.slice(1))))).toBe("unsupported");
    expect(await judge(room, withBytes(row, join(row.record, zeros(1))))).toBe("malformed");
    expect(await judge(room, withBytes(row, row.record.slice(0, 40)))).toBe("malformed");
    expect(await judge(room, { ...row, kind: 9 })).toBe("unsupported");
  });

  test("unsealed: below epoch 1 it is shown as such, above it not at all", async () => {
    const room = await begin();
    const plain = withBytes(await room.seal(1), join(Uint8Array.of(0), new TextEncoder().encode('{"type":"text","text":"x"}')));
    expect(await judge(room, { ...plain, epoch: 0 })).toBe("not_sealed");
    const later = new Room(room.cast);
    later.post({ ...plain, seq: 1, epoch: 0 });
    await later.make("create", 1, room.cast.map((one, at) => one.line(at === 0 ? 1 : 3)));
    const known = await later.open();
    expect([judgedAs(known, 1), known.judged.findings[0]!.isPlain]).toEqual(["stands", true]);
    for (let at = 0; at < 102; at += 1) await later.send(1, "hi", { counter: plain.counter + 1 + at });
    expect(withheld(await later.open())).toEqual([]);
  });

  test("2 and 3a: an epoch that is not known, a record below its epoch's entry", async () => {
    const room = await begin();
    await room.rotate();
    const row = await room.seal(1);
    expect(await judge(room, { ...row, epoch: 3 })).toBe("unproven");
    const moved = new Room(room.cast, room.conversation);
    moved.epochs.push(...room.epochs);
    moved.post(room.rows[0]!);
    moved.post({ ...row, seq: 2 });
    moved.post({ ...room.rows[1]!, seq: 3 });
    moved.epochs[1] = { ...moved.epochs[1]!, seq: 3 };
    expect(judgedAs(await moved.open(), 2)).toBe("out_of_place");
  });

  test("3b: late for its epoch, up to 100 entries and not after one's own later record", async () => {
    const room = await begin();
    const late = await room.seal(2, "late", { epoch: 1 });
    await room.rotate(1);
    expect(await judge(room, { ...late, seq: 3, counter: late.counter })).toBe("late");
    await room.send(2, "newer");
    const again = await room.seal(2, "too late", { epoch: 1 });
    expect(await judge(room, again)).toBe("out_of_place");
    expect(await judge(room, await room.seal(2, "in time"))).toBe("in time");
  });

  test("3b: 101 entries above the next epoch's is too late", async () => {
    const room = await begin();
    await room.rotate(1);
    for (let at = 0; at < 99; at += 1) await room.send(1, `${at}`);
    expect(await judge(room, await room.seal(2, "the last", { epoch: 1 }))).toBe("the last");
    await room.send(1);
    expect(await judge(room, await room.seal(2, "one more", { epoch: 1 }))).toBe("out_of_place");
  });

  test("3c: who was removed, or whose device was, writes no more under an older epoch", async () => {
    const room = await begin();
    const [mine, laptop] = [await room.seal(3, "x", { epoch: 1 }), await room.seal(2, "y", { by: "bob laptop", epoch: 1 })];
    await room.person(2).setDevices("bob phone");
    await room.remove(3);
    expect(await judge(room, { ...mine, seq: 3 })).toBe("out_of_place");
    expect(await judge(room, { ...laptop, seq: 3 })).toBe("out_of_place");
    expect(await judge(room, { ...(await room.seal(2, "z", { epoch: 1 })), seq: 3 })).toBe("z");
  });

  test("4: no member, no device of theirs", async () => {
    const room = await begin();
    await room.remove(3);
    const row = await room.seal(3);
    expect(await judge(room, row)).toBe("not_listed");
    expect(await judge(room, await room.seal(2, "x", { by: "bob tablet" }))).toBe("not_listed");
  });

  test("5 to 7: no key, a row that says something else, another's signature", async () => {
    const room = await begin();
    const row = await room.send(1);
    expect(judgedAs(await room.open(), 2)).toBe("hi");
    for (const changed of [{ counter: 2 }, { clientId: zeros(16) }, { targetSeq: 1 }, { kind: STATE }, { user: 3 }]) {
      const rewritten = await judge(room, rewrite({ ...row, seq: 3 }, changed));
      expect(["cannot_open", "not_listed"]).toContain(rewritten);
    }
    expect(await judge(room, await room.seal(1, "x", { signAs: "bob phone" }))).toBe("bad_signature");
  });

  test("a seed that comes later opens what waited", async () => {
    const room = await begin();
    await room.send(1);
    const seed = room.epochs[0]!.seed;
    room.epochs[0]!.seed = zeros(32);
    const known = await room.open();
    expect(judgedAs(known, 2)).toBe("keyless");
    expect(known.epochs.takeSeed(1, seed)).toBe(true);
    await known.learn();
    expect(judgedAs(known, 2)).toBe("hi");
  });

  test("9: a counter is used once, and 0 never", async () => {
    const room = await begin();
    await room.send(1, "first");
    expect(await judge(room, await room.seal(1, "again", { counter: 1 }))).toBe("repeated_counter");
    expect(await judge(room, await room.seal(1, "zero", { counter: 0 }))).toBe("repeated_counter");
    expect(await judge(room, await room.seal(1, "next", { counter: 2 }))).toBe("next");
    expect((await room.open()).judged.highestCounter.get(toHex(deviceId("alice phone")))).toBe(1);
  });

  test("10 and 11: who may edit, react and delete, and the target's own bytes", async () => {
    const room = await begin();
    const message = await room.send(2, "mine");
    const attempts: [number, number, string][] = [[2, EDIT, "hi"], [3, EDIT, "not_allowed"], [3, REACTION, "hi"], [3, DELETION, "not_allowed"], [1, DELETION, "hi"]];
    for (const [user, kind, verdict] of attempts) expect(await judge(room, await room.seal(user, "hi", { kind, target: message }))).toBe(verdict);
    expect(await judge(room, await room.seal(2, "hi", { kind: EDIT }))).toBe("not_allowed");
    expect(await judge(room, await room.seal(2, "hi", { kind: STATE }))).toBe("not_allowed");
    expect(await judge(room, await room.seal(1, "hi", { kind: STATE }))).toBe("hi");
    expect(await judge(room, await room.seal(2, "hi", { kind: EDIT, target: message, targetHash: seedOf("other") }))).toBe("wrong_target");
    expect(await judge(room, await room.seal(2, "hi", { kind: EDIT, targetSeq: 50, targetHash: seedOf("x") }))).toBe("malformed");
  });

  test("10: a message where only admins post", async () => {
    const room = await Room.begin(await makeCast("alice", "bob", "carol"), { settings: { ...SETTINGS, postBy: 2 } });
    expect(await judge(room, await room.seal(2))).toBe("not_allowed");
    expect(await judge(room, await room.seal(1))).toBe("hi");
  });

  test("12: a body that does not decode, a void that says something", async () => {
    const room = await begin();
    expect(await judge(room, await room.seal(1, "", { body: encodeBody([], []) }))).toBe("malformed");
    expect(await judge(room, await room.seal(1, "", { kind: VOID, body: encodeBody({ type: "text" }, []) }))).toBe("malformed");
    expect(await judge(room, await room.seal(1, "", { kind: VOID }))).toBe("stands");
    const critical = encodeBody({ type: "text" }, [{ id: 9, critical: true, bytes: zeros(1) }]);
    expect(await judge(room, await room.seal(1, "", { body: critical }))).toBe("unsupported");
  });

  test("the order in which entries come makes no difference", async () => {
    const room = await begin();
    await room.send(1, "a");
    await room.rotate();
    await room.send(2, "b");
    await room.send(2, "b again", { counter: 1 });
    const once = all(await room.open());
    const backwards = Object.assign(new Room(room.cast, room.conversation), { epochs: [], rows: room.rows, hashes: room.hashes });
    const other = await backwards.open();
    for (const made of room.epochs) {
      await other.takeEpoch(made);
      other.epochs.takeSeed(made.n, made.seed);
    }
    await other.learn();
    expect(all(other)).toEqual(once);
  });
});

describe("8.5", () => {
  test("a known place of the log never changes", async () => {
    const room = await begin();
    await room.send(1, "a");
    await room.send(1, "b");
    const known = await room.open();
    const [, second, third] = room.rows;
    expect(await verdictOf(known.takeRows(room.hashes[1]!, [withBytes(second!, third!.record)]))).toBe("fork");
    expect(await verdictOf(known.takeRows(seedOf("x"), [{ ...third!, seq: 4 }]))).toBe("fork");
    expect(await verdictOf(known.takeRows(room.hashes[1]!, [second!, { ...third!, seq: 4 }]))).toBe("malformed");
    expect(await verdictOf(known.takeRows(room.hashes[1]!, [{ ...second!, recordHash: seedOf("x") }]))).toBe("malformed");
    expect(judgedAs(known, 2)).toBe("a");
  });

  test("what an author had seen is checked", async () => {
    const room = await begin();
    await room.send(1, "right");
    await room.send(1, "wrong hash", { seen: { seq: 1, hash: seedOf("x") } });
    await room.send(1, "from above", { seen: { seq: 9, hash: seedOf("x") } });
    const known = await room.open();
    expect([all(known).slice(1), withheld(known)]).toEqual([["right", "wrong hash", "from above"], [3, 4]]);
  });

  test("a gap in the counters shows when 100 entries stand above", async () => {
    const room = await begin();
    await room.send(1, "one");
    await room.send(1, "three", { counter: 3 });
    for (let at = 0; at < 99; at += 1) await room.send(2, `${at}`);
    expect(withheld(await room.open())).toEqual([]);
    await room.send(2);
    expect(withheld(await room.open())).toEqual([3]);
  });

  test("a number beside bytes that do not open is no gap", async () => {
    const room = await begin();
    const first = await room.send(1, "one");
    const garbled = Uint8Array.from(first.record, (byte, at) => (at === first.record.length - 1 ? byte ^ 1 : byte));
    for (const record of [garbled, zeros(0)]) {
      room.post(withBytes(rewrite(first, { seq: room.rows.length + 1, counter: 2 ** 53 - 1 }), record));
    }
    await room.send(1, "two");
    for (let at = 0; at < 101; at += 1) await room.send(2, `${at}`);
    expect(withheld(await room.open())).toEqual([]);
  });

  test("emptied entries need a deletion; bytes that are known stay", async () => {
    const room = await begin();
    const message = await room.send(2, "gone");
    const reaction = await room.send(3, "like", { kind: REACTION, target: message });
    const other = await room.send(2, "kept");
    await room.send(1, "", { kind: DELETION, target: message });
    const before = await room.open();
    for (const row of [message, reaction, other]) room.rows[row.seq - 1] = { ...row, record: zeros(0) };
    expect(all(await room.open()).slice(1, 4)).toEqual(["stands", "stands", "withheld"]);
    await before.takeRows(room.hashes[0]!, room.rows);
    expect(judgedAs(before, 2)).toBe("gone");
    room.post(rewrite(message, { seq: room.rows.length + 1 }));
    expect(judgedAs(await room.open(), room.rows.length)).toBe("repeated_counter");
  });
});

describe("8.6", () => {
  test("who left is out until the next epoch, and everybody may remove them then", async () => {
    const room = await begin();
    const leave = await room.leave(3);
    expect(await judge(room, await room.seal(3))).toBe("out_of_place");
    await room.remove(3, 2, leave.recordHash);
    const known = await room.open();
    expect([all(known), known.epochs.newest?.roster.length]).toEqual([["stands", "stands", "stands"], 2]);
  });

  test("after a leave nobody writes under that epoch, nor under an older one, whose key who left has, too", async () => {
    const room = await begin();
    await room.rotate();
    const [late, old] = [await room.seal(2, "late", { epoch: 1 }), await room.seal(3, "x", { epoch: 1 })];
    expect(await judge(room, late)).toBe("late");
    await room.leave(3);
    for (const row of [late, old, await room.seal(1)]) expect(await judge(room, { ...row, seq: 4 })).toBe("out_of_place");
    await room.remove(3, 1, room.rows[2]!.recordHash);
    expect(await judge(room, await room.seal(2, "new"))).toBe("new");
  });

  test("a removal of who did not leave is refused, and waits while the log is not at hand", async () => {
    const room = await begin();
    await room.send(1);
    await room.remove(3, 2, seedOf("no leave"));
    expect(await verdictOf(room.open())).toBe("not_allowed");
    const known = await Object.assign(new Room(room.cast, room.conversation), { epochs: room.epochs.slice(0, 1), rows: room.rows.slice(0, 1), hashes: room.hashes }).open();
    expect(await verdictOf(known.takeEpoch(room.epochs[1]!))).toBe("unproven");
  });

  test("the last owner stays, a leave counts once, and only in its epoch's time", async () => {
    const room = await begin();
    await room.leave(1);
    await room.leave(3);
    await room.leave(3, "carol laptop");
    await room.leave(2, "bob tablet");
    await room.rotate(2);
    room.post({ ...room.rows[2]!, seq: room.rows.length + 1 });
    expect(all(await room.open())).toEqual(["stands", "not_allowed", "stands", "not_allowed", "not_listed", "stands", "out_of_place"]);
  });

  test("a row that says something else than the statement", async () => {
    const room = await begin();
    const leave = await room.leave(3);
    room.rows.pop();
    room.hashes.pop();
    for (const changed of [{ user: 2 }, { counter: 1 }, { clientId: zeros(16) }, { epoch: 2 }, { targetSeq: 1 }, { device: zeros(16) }]) {
      expect(await judge(room, rewrite(leave, changed))).toBe("wrong_place");
    }
    const forged = leave.record.slice();
    forged[forged.length - 1]! ^= 1;
    expect(await judge(room, withBytes(leave, forged))).toBe("bad_signature");
    expect(await judge(room, leave)).toBe("stands");
    expect(leave.kind).toBe(LEAVE_ENTRY);
  });

  test("a second entry of an epoch, one of another epoch", async () => {
    const room = await begin();
    room.post({ ...room.rows[0]!, seq: 2 });
    expect(all(await room.open())).toEqual(["stands", "out_of_place"]);
    const other = await Room.begin(room.cast, { minimumFormat: 0 });
    expect(await judge(await begin(), { ...other.rows[0]!, seq: 2 })).toBe("fork");
  });

  test("nobody leaves a direct conversation", async () => {
    const cast = await makeCast("alice", "bob");
    const room = new Room(cast, directId(SERVER, 1, 2));
    const settings = { ...SETTINGS, addBy: 3, settingsBy: 3 };
    await room.make("create", 1, cast.map((one) => one.line(3)), { kind: "direct", settings });
    await room.leave(2);
    expect(all(await room.open())).toEqual(["stands", "not_allowed"]);
  });

  test("while a device's chain is not shown nothing of it is judged, and then all is", async () => {
    const room = await begin();
    await room.person(3).setDevices("carol phone", "carol laptop", "carol tablet");
    await room.send(3, "new here", { by: "carol tablet" });
    const shown = new PeopleShown(room.cast);
    shown.shown.set(3, 2);
    const people = await meet(room.cast, 2, shown);
    const known = await room.open(2, people);
    expect(judgedAs(known, 2)).toBe("not_listed");
    shown.shown.clear();
    await people.catchUp([1, 2, 3]);
    await known.learn();
    expect(judgedAs(known, 2)).toBe("new here");
    expect(sha256(room.rows[1]!.record)).toEqual(room.rows[1]!.recordHash);
  });
});
