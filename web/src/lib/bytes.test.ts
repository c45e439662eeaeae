import { expect, test } from "vitest";

import { fromBase64, fromHex, randomId, toBase64, toHex } from "./bytes.ts";

const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);

test("hex and base64 give back what they took, for every byte and for long input", () => {
  expect(fromHex(toHex(every))).toEqual(every);
  expect(fromBase64(toBase64(every))).toEqual(every);
  const long = new Uint8Array(100_000).fill(7);
  expect(fromBase64(toBase64(long))).toEqual(long);
});

test.each(["abc", "zz", " 00", "0x00"])("%j is not hex", (text) => expect(() => fromHex(text)).toThrow(RangeError));

test.each(["YQ", "YWJj-_8=", "Y Q==", "YQ=", "="])("%j is not base64", (text) =>
  expect(() => fromBase64(text)).toThrow(RangeError),
);

test("ids are 32 lower-case hex digits and differ", () => {
  expect(randomId()).toMatch(/^[0-9a-f]{32}$/);
  expect(randomId()).not.toBe(randomId());
});
