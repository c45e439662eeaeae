// Every parser of what others write: whatever bytes come, it takes them as exactly one value, or refuses them as `malformed` or
// `unsupported`. Bytes are good ones, changed by a generator with a fixed seed.
import { describe, expect, test } from "vitest";

import type { Bytes } from "../../../lib/bytes.ts";
import { compare, equal, join, ProtocolError, zeros } from "../../protocol/codec.ts";
import { encodeRoster, makeEpoch, readEpoch, readRoster } from "../../protocol/epoch.ts";
import { makeRewrapRequest, readRewrapRequest } from "../../protocol/epoch-keys.ts";
import { makeLeave, makeRestored, readLeave, readRestored } from "../../protocol/log-entries.ts";
import { makeReceive, readReceive } from "../../protocol/own-keys.ts";
import { encodeBody, encodeHeads, readBody, readHeads } from "../../protocol/record.ts";
import { makeUserStatement, readUserStatement } from "../../protocol/user-chain.ts";
import { deviceId, NOW, seedOf, SERVER, signAs } from "../testing/cast.ts";
import { generator } from "../testing/draw.ts";
import { makeCast, Room } from "../testing/room.ts";

function change(bytes: Bytes, draw: () => number): Bytes {
  const at = Math.floor(draw() * bytes.length);
  const changed = bytes.slice();
  switch (Math.floor(draw() * 6)) {
    case 0:
      changed[at] = Math.floor(draw() * 256);
      return changed;
    case 1:
      return bytes.slice(0, at);
    case 2:
      return join(bytes, zeros(1 + Math.floor(draw() * 4)));
    case 3:
      return join(bytes.subarray(0, at), zeros(1), bytes.subarray(at));
    case 4:
      changed[at] = draw() < 0.5 ? 0 : 255;
      return changed;
    default:
      return join(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + Math.floor(draw() * 9))));
  }
}

interface Format {
  good: Bytes;
  read: (bytes: Bytes) => unknown;
  /** What the value is written as again; a signature is left out. */
  write: (value: never) => Bytes | Promise<Bytes>;
  signed: boolean;
}

const nobody = (): Promise<Bytes> => Promise.resolve(zeros(64));

async function formats(): Promise<Record<string, Format>> {
  const room = await Room.begin(await makeCast("alice", "bob", "carol"), {
    settings: { addBy: 1, postBy: 2, settingsBy: 3, timer: 60, links: [{ publicKey: seedOf("link"), ends: NOW, limit: 3 }], pinBy: 3, everyoneBy: 1 },
  });
  const add = await room.make("add", 1, room.lines(), { targets: [{ user: 9, role: 3, cause: seedOf("link") }], extensions: [{ id: 9, critical: false, bytes: zeros(3) }] });
  const [alice] = room.cast;
  const who = { user: 1, device: deviceId("alice phone"), time: NOW, extensions: [] };
  const place = { server: SERVER, conversation: room.conversation, recordHash: add.hash };
  const seen = { seq: 3, hash: seedOf("seen") };
  const sign = signAs("alice phone");
  const heads = ["a", "b"].map((name) => ({ conversation: seedOf(name).slice(0, 16), epoch: 4, hash: seedOf("h").slice(0, 16) }));
  return {
    epoch: { good: add.record, read: readEpoch, write: (value) => makeEpoch(value, nobody), signed: true },
    roster: { good: add.rosterBytes, read: readRoster, write: (value) => encodeRoster(value), signed: false },
    leave: { good: await makeLeave({ ...place, ...who, epoch: 2, seen }, sign), read: readLeave, write: (value) => makeLeave(value, nobody), signed: true },
    restored: {
      good: await makeRestored({ ...place, ...who, epoch: 2, old: seen, databaseGeneration: zeros(16) }, sign), read: readRestored,
      write: (value) => makeRestored(value, nobody), signed: true,
    },
    "re-wrap request": {
      good: await makeRewrapRequest({ ...place, ...who, n: 2, receiveVersion: 1, receiveHash: seedOf("r") }, sign), read: readRewrapRequest,
      write: (value) => makeRewrapRequest(value, nobody), signed: true,
    },
    "user chain": { good: alice!.statements[1]!, read: readUserStatement, write: (value) => makeUserStatement(value, nobody), signed: true },
    receive: { good: alice!.receives[0]!.statement, read: readReceive, write: (value) => makeReceive(value, nobody), signed: true },
    heads: {
      good: encodeHeads(heads.sort((a, b) => compare(a.conversation, b.conversation))), read: (bytes) => readHeads(bytes), write: (value) => encodeHeads(value), signed: false,
    },
  };
}

const ROUNDS = 3000;

describe("whatever bytes come", async () => {
  test.each(Object.entries(await formats()))("%s", async (name, { good, read, write, signed }) => {
    const draw = generator(name.length);
    const unsigned = (bytes: Uint8Array): Uint8Array => (signed ? bytes.subarray(0, -64) : bytes);
    expect(equal(unsigned(await write(read(good) as never)), unsigned(good))).toBe(true);
    let taken = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const bytes = change(round % 3 === 0 ? change(good, draw) : good, draw);
      try {
        const value = read(bytes);
        taken += 1;
        expect(equal(unsigned(await write(value as never)), unsigned(bytes))).toBe(true);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        expect(["malformed", "unsupported"]).toContain(error.verdict);
      }
    }
    expect(taken).toBeGreaterThan(10);
    expect(taken).toBeLessThan(ROUNDS);
  });

  test("bodies", () => {
    const good = encodeBody({ type: "text", text: "hello", more: [1, { a: null }] }, [{ id: 4, critical: false, bytes: zeros(5) }]);
    const draw = generator(77);
    let taken = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      try {
        expect(typeof readBody(change(good, draw)).content.type).toBe("string");
        taken += 1;
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        expect(["malformed", "unsupported"]).toContain(error.verdict);
      }
    }
    expect(taken).toBeGreaterThan(10);
  });
});
