import { expect, test } from "vitest";

import { toBase64 } from "../lib/bytes.ts";
import { MAX_PICTURE, readState, typeOfPicture } from "./group-state.ts";

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
const NONE = { title: null, description: null, picture: null };

test("a field that is not there is empty, another one is passed over", () => {
  expect(readState({ type: "state" })).toEqual(NONE);
  expect(readState({ type: "state", title: "Walkers", later: 1 })).toEqual({ ...NONE, title: "Walkers" });
  expect(readState({ type: "state", description: "two\nlines", picture: toBase64(PNG) })).toEqual({ ...NONE, description: "two\nlines", picture: PNG });
});

test.each([
  ["another type", { type: "text", title: "x" }],
  ["an empty title", { type: "state", title: "" }],
  ["a title of two lines", { type: "state", title: "a\nb" }],
  ["a title that is too long", { type: "state", title: "x".repeat(101) }],
  ["a title that is no text", { type: "state", title: 5 }],
  ["a description that is too long", { type: "state", description: "😀".repeat(1001) }],
  ["a picture of another kind", { type: "state", picture: toBase64(new TextEncoder().encode("<svg xmlns>")) }],
  ["a picture that is too large", { type: "state", picture: toBase64(Uint8Array.from([...PNG, ...new Uint8Array(MAX_PICTURE)])) }],
  ["a picture that is no base64", { type: "state", picture: "§" }],
])("%s does not fit", (_name, body) => expect(readState(body)).toBeNull());

test("lengths are counted in code points", () => {
  expect(readState({ type: "state", title: "😀".repeat(100) })?.title).toHaveLength(200);
});

test("a picture is told by its first bytes", () => {
  expect(typeOfPicture(PNG)).toBe("image/png");
  expect(typeOfPicture(Uint8Array.from([0xff, 0xd8, 0xff, 0]))).toBe("image/jpeg");
  expect(typeOfPicture(new TextEncoder().encode("RIFF1234WEBP"))).toBe("image/webp");
  expect(typeOfPicture(new TextEncoder().encode("RIFF1234AVI "))).toBeNull();
});
