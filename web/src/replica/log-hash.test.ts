import { createHash } from "node:crypto";

import { expect, test } from "vitest";

import { toBase64, toHex } from "../lib/bytes.ts";
import { chainHash, startHash } from "./log-hash.ts";
import { sha256 } from "../lib/sha256.ts";

test("our SHA-256 is SHA-256, at every length around the block borders", () => {
  for (const length of [0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000, 65536]) {
    const message = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 255);
    expect(toHex(sha256(message))).toBe(createHash("sha256").update(message).digest("hex"));
  }
});

test("the chain begins with the conversation and takes in seq, kind, author and record", () => {
  const id = "00112233445566778899aabbccddeeff";
  const start = createHash("sha256")
    .update(Buffer.concat([Buffer.from("hearth log v1\0"), Buffer.from(id, "hex")]))
    .digest();
  expect(toHex(startHash(id))).toBe(start.toString("hex"));
  const record = new TextEncoder().encode("hello");
  const fields = Buffer.from("0000000000000001" + "0001" + "0000000000000007", "hex");
  const expected = createHash("sha256")
    .update(Buffer.concat([start, fields, createHash("sha256").update(record).digest()]))
    .digest("hex");
  expect(toHex(chainHash(startHash(id), { seq: 1, kind: 1, from_user: 7, record })!)).toBe(expected);
});

test("of an emptied entry the hash of what it had tells, and without that nothing can be told", () => {
  const entry = { seq: 1, kind: 1, from_user: 7, record: new Uint8Array(0) };
  expect(chainHash(new Uint8Array(32), entry)).toBeUndefined();
  const record = new TextEncoder().encode("hello");
  const emptied = { ...entry, record_hash: toBase64(sha256(record)) };
  expect(chainHash(new Uint8Array(32), emptied)).toEqual(chainHash(new Uint8Array(32), { ...entry, record }));
});
