import { expect, test } from "vitest";

import { readKeeping } from "../private/keeping.ts";
import { levelNow, readLevel } from "./level.ts";

test.each<[unknown, string]>([["all", "all"], ["mentions", "mentions"], ["none", "none"], [undefined, "all"], ["loud", "all"], [{ toString: () => "none" }, "all"]])(
  "%j is the level %s",
  (value, level) => expect(readLevel(value)).toBe(level),
);

test("what is muted or archived is quiet", () => {
  expect(levelNow(readKeeping({ notify: "mentions" }), 1000)).toBe("mentions");
  expect(levelNow(readKeeping({ muted: 1001 }), 1000)).toBe("none");
  expect(levelNow(readKeeping({ muted: 1000 }), 1000)).toBe("all");
  expect(levelNow(readKeeping({ notify: "mentions", archived: true }), 1000)).toBe("none");
});
