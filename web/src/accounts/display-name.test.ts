import { describe, expect, test } from "vitest";

import { sayUser } from "../conversations/title.ts";
import { drawName, findNameFault } from "./display-name.ts";

describe.each(["Lee \u2714", "Lee \u2705", "Lee \u2611\ufe0f", "\u2713 Lee", "Lee \u{1f6e1}\ufe0f", "L\u221aee", "\u{1f5f8}\u{1fbb1}Lee"])("%s", (name) => {
  test("is no display name", () => expect(findNameFault(name)).toMatch(/verified/));

  test("is drawn without what looks like the mark", () => {
    expect(drawName(name).replace(" ", "")).toBe("Lee");
    expect(sayUser({ id: 7, username: "lee", display_name: name, avatar_id: null, deleted: false })).not.toMatch(/[^Le ]/);
  });
});

test("who is called nothing else is said by the username", () => {
  expect(sayUser({ id: 7, username: "lee", display_name: "\u2705", avatar_id: null, deleted: false })).toBe("lee");
});

test.each(["Lee", "लीला  शर्मा", "ليلى", "❤️ us", "👩‍👩‍👧‍👦 family", "O'Brien-Łukasz (he/him)"])("%s is drawn as it is", (name) => {
  expect(drawName(name)).toBe(name);
  expect(findNameFault(name)).toBeNull();
});

test("a display name is counted as people count", () => {
  expect(findNameFault("👨‍👩‍👧‍👦".repeat(64))).toBeNull();
  expect(findNameFault("x".repeat(65))).toMatch(/64/);
});
