import { expect, test, vi } from "vitest";

import { ProblemError } from "../wire/http.ts";
import { sayRefusal } from "./refusals.ts";

const problem = (code: string, rest: object = {}): ProblemError =>
  new ProblemError({ code, status: 409, title: "x", ...rest });

test("who declined may be asked again, and the day is said", () => {
  vi.stubGlobal("navigator", { languages: ["en-GB"] });
  const now = new Date(2026, 2, 1, 12);
  const said = sayRefusal(problem("asked_too_soon", { retry_after: 3 * 86_400 }), now);
  expect(said).toMatch(/ask again from Wednesday,? 4 March\.$/);
});

test.each([
  [problem("blocked_by_you"), /Unblock them first/],
  [problem("request_not_open"), /no longer open/],
  [problem("not_found"), /no longer exists/],
  [problem("limit_reached"), /as many friends or open requests/],
  [problem("network"), /needs a connection/],
  [problem("invalid_input", { fields: { username: "self" } }), /That is you/],
  [problem("too_many_requests", { retry_after: 12.2 }), /in 13 seconds/],
  [problem("too_many_requests", { retry_after: 400 }), /in 7 minutes/],
  [new Error("a bug"), /Something went wrong/],
])("%s", (error, words) => expect(sayRefusal(error)).toMatch(words));
