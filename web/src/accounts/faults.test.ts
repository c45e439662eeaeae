import { expect, test } from "vitest";

import { WeakStretchingError } from "../crypto/stretching.ts";
import { ProblemError } from "../wire/http.ts";
import { checkNames, checkNewPassword, placeFaults } from "./faults.ts";

const problem = (code: string, fields?: Record<string, string>): ProblemError =>
  new ProblemError({ code, status: 400, title: "x", ...(fields && { fields }) });

test.each([
  ["", "username"],
  ["ab", "username"],
  ["x".repeat(33), "username"],
  ["a b c", "username"],
  ["ann.b-c_9", undefined],
  ["આશા", undefined],
])("username %j: fault at %s", (username, field) => {
  expect(Object.keys(checkNames(username, ""))[0]).toBe(field);
});

test("a display name is judged, too", () => {
  expect(checkNames("ann", "Ann")).toEqual({});
  expect(checkNames("ann", "Ann ✔")).toHaveProperty("displayName");
});

test("a new password is checked, then compared", () => {
  expect(checkNewPassword("short", "short")).toHaveProperty("password");
  expect(checkNewPassword("correct horse", "correct horsf")).toHaveProperty("confirm");
  expect(checkNewPassword("correct horse", "correct horse")).toEqual({});
});

test("the password one has is no new one, however it is typed", () => {
  expect(checkNewPassword("correct h\u00f6rse", "correct h\u00f6rse", "correct ho\u0308rse")).toHaveProperty("password");
  expect(checkNewPassword("correct\u00a0horse", "correct\u00a0horse", "correct horse")).toHaveProperty("password");
  expect(checkNewPassword("correct Horse", "correct Horse", "correct horse")).toEqual({});
});

test.each([
  [problem("password_unchanged", { password: "unchanged" }), "password"],
  [problem("username_taken"), "username"],
  [problem("username_refused", { username: "scripts" }), "username"],
  [problem("username_refused", { username: "a reason of a newer server" }), "username"],
  [problem("invalid_input", { display_name: "marks" }), "displayName"],
  [problem("invalid_input", { display_name: "verified" }), "displayName"],
  [problem("wrong_password"), "form"],
  [problem("link_invalid"), "form"],
  [problem("network"), "form"],
  [problem("a code of a newer server"), "form"],
  [new WeakStretchingError(), "form"],
])("%s is said at the %s", (error, field) => {
  const faults = placeFaults(error);
  expect(Object.keys(faults)).toEqual([field]);
  expect(Object.values(faults)[0]).toMatch(/\w+ \w+/);
});
