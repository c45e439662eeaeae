// What a restored log is judged by: places are other ones above the entry that says so (docs/protocol-encryption.md, 8.5 and 8.6).
import { expect, test } from "vitest";

import { toHex } from "../../../lib/bytes.ts";
import { makeRestored, RESTORED } from "../../protocol/log-entries.ts";
import { hashStatement } from "../../protocol/statements.ts";
import type { KnownConversation } from "./known-conversation.ts";
import { EDIT, RESTORED_ENTRY } from "./roles.ts";
import { deviceId, NOW, seedOf, SERVER, signAs } from "../testing/cast.ts";
import { judgedAs, makeCast, Room } from "../testing/room.ts";

const DATABASE = seedOf("database").slice(0, 16);

const begin = async (): Promise<Room> => Room.begin(await makeCast("alice", "bob"));
const all = (known: KnownConversation): string[] => known.log.rows.map((row) => judgedAs(known, row.seq));
const withheld = (known: KnownConversation): number[] => known.judged.findings.filter((one) => one.isWithheld).map((one) => one.row.seq);

async function postRestored(room: Room): Promise<void> {
  const device = deviceId("alice phone");
  const record = await makeRestored({
    server: SERVER, conversation: room.conversation, databaseGeneration: DATABASE, epoch: 1, recordHash: room.epochs[0]!.hash, old: { seq: 40, hash: seedOf("x") },
    user: 1, device, time: NOW, extensions: [],
  }, signAs("alice phone"));
  room.postSigned(RESTORED_ENTRY, 1, device, 1, record, hashStatement(RESTORED, record));
}

test("after a restore, told by the server, targets are found by hash and old places are not judged", async () => {
  const room = await begin();
  const message = await room.send(2, "before");
  await postRestored(room);
  await room.send(2, "edit", { kind: EDIT, targetSeq: 30, targetHash: message.recordHash, seen: { seq: 35, hash: seedOf("lost") } });
  await room.send(2, "after");
  await room.send(2, "wrong again", { seen: { seq: 5, hash: seedOf("lost") } });
  const known = await room.open(2, undefined, new Set([toHex(DATABASE)]));
  expect(all(known).slice(2)).toEqual(["stands", "edit", "after", "wrong again"]);
  expect(known.judged.findings[3]!.target).toBe(2);
  expect(withheld(known)).toEqual([6]);
  expect(all(await room.open()).slice(2, 4)).toEqual(["not_allowed", "malformed"]);
});

test("a target that is not at hand is wanted at its place; above a restored entry, where that is another's now, among those below", async () => {
  const room = await begin();
  await room.send(1, "before");
  await room.send(1, "new");
  await postRestored(room);
  const given = await room.send(2, "given back");
  await room.send(2, "between");
  for (const targetSeq of [3, 30]) await room.send(2, "edit", { kind: EDIT, targetSeq, targetHash: given.recordHash });
  const known = await room.open(2, undefined, new Set([toHex(DATABASE)]));
  const look = async (...missing: number[]): Promise<unknown> => {
    known.log.keepOnly((row) => !missing.includes(row.seq));
    await known.learn();
    return known.judged.findings.slice(-2).map(({ verdict, target, wants }) => [verdict, target, wants]);
  };
  expect(await look()).toEqual([[null, 5, []], [null, 5, []]]);
  expect(await look(5)).toEqual([[null, null, [5]], [null, null, [5]]]);
  expect(await look(3, 5)).toEqual([[null, null, [3]], [null, null, [5]]]);
});

test("what is missing before what was given back, or before the first that was written since, may be what the restore has lost", async () => {
  const room = await begin();
  await room.send(2, "one");
  await postRestored(room);
  await room.send(2, "given back", { counter: 4, seen: { seq: 90, hash: seedOf("lost") } });
  await room.send(2, "first since", { counter: 7 });
  await room.send(2, "second since", { counter: 10 });
  for (let at = 0; at < 101; at++) await room.send(1, "later");
  const known = await room.open(2, undefined, new Set([toHex(DATABASE)]));
  const said = known.judged.findings.filter((one) => one.isWithheld).map(({ row, isRestored }) => [judgedAs(known, row.seq), isRestored]);
  expect(said).toEqual([["given back", true], ["first since", true], ["second since", false]]);
});
