import { expect, test } from "vitest";

import { isOwnMachine } from "./links.ts";

test.each([
  ["localhost", true],
  ["chat.localhost", true],
  ["127.0.0.1", true],
  ["127.9.8.7", true],
  ["[::1]", true],
  ["192.168.1.20", false],
  ["localhost.example.org", false],
  ["127.0.0.1.example.org", false],
])("%s is this machine's own: %s", (hostname, expected) => {
  expect(isOwnMachine(hostname)).toBe(expected);
});
