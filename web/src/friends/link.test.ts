import { expect, test } from "vitest";

import { readFriendFragment, writeFriendLink } from "./link.ts";

const FINGERPRINT = "00112233445566778899aabbccddeeff";

test("a link is read as it was written, dots and letters of any script in the name", () => {
  for (const username of ["bob", "bob.builder", "ब-1", "o'neil_2"]) {
    const written = writeFriendLink({ username, fingerprint: FINGERPRINT });
    expect(written).toMatch(/^\/#friend=[^#]+\.[A-Za-z0-9_-]{22}$/);
    expect(readFriendFragment(`https://hearth.test${written}`)).toEqual({ username, fingerprint: FINGERPRINT });
  }
});

test("without a fingerprint the older form is written", () => {
  expect(writeFriendLink({ username: "ब.1", fingerprint: null })).toBe("/add/%E0%A4%AC.1");
});

test("what is no link is none", () => {
  const print = "ABEiM0RVZneImaq7zN3u_w";
  expect(readFriendFragment(`#friend=bob.${print}`)).toEqual({ username: "bob", fingerprint: FINGERPRINT });
  for (const bad of [
    `#friend=.${print}`, `#friend=bob.${print}x`, `#friend=bob.${print.slice(1)}`, `#friend=bob${print}`, `friend=bob.${print}`, `#friend=bo%ZZb.${print}`,
    `#friend=a%2Fb.${print}`, `#friend=a%0Ab.${print}`, `#friend=${"x".repeat(65)}.${print}`, `#friend=bob.${print.slice(0, -1)}x`, `#friend=bob#x.${print}`, "",
    `#friend=${"%41".repeat(400)}.${print}`,
  ]) expect(readFriendFragment(bad), bad).toBeNull();
});
