import { afterEach, describe, expect, test, vi } from "vitest";

import { get, post, ProblemError, readProblem, serverNow } from "./http.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function answer(status: number, body: string): ReturnType<typeof vi.fn> {
  const fetch = vi.fn(async () => new Response(body, { status }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

const codeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "no error",
    (error: unknown) => (error instanceof ProblemError ? error.problem.code : String(error)),
  );

test("a body goes out as JSON with our own cookies only, the answer comes back", async () => {
  const fetch = answer(200, '{"a":1}');
  expect(await post("/api/x", { b: "ä" })).toEqual({ a: 1 });
  expect(fetch).toHaveBeenCalledWith(
    "/api/x",
    expect.objectContaining({ method: "POST", body: '{"b":"ä"}', credentials: "same-origin", redirect: "error" }),
  );
});

test("a query is escaped", async () => {
  const fetch = answer(200, "{}");
  await get("/api/x", { username: "a&b=c ü" });
  expect(fetch).toHaveBeenCalledWith("/api/x?username=a%26b%3Dc+%C3%BC", expect.anything());
});

test("the server's clock is known from its answers, and not lost by what says nothing of it", async () => {
  vi.useFakeTimers({ now: Date.parse("2026-05-09T12:00:00Z") });
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response("{}", { headers: { date: "Fri, 01 May 2026 12:00:00 GMT" } }))));
  await get("/api/x");
  expect(new Date(serverNow()).toISOString()).toBe("2026-05-01T12:00:00.000Z");
  for (const headers of [{}, { date: "soon" }]) {
    vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response("{}", { headers }))));
    vi.advanceTimersByTime(1000);
    await get("/api/x");
  }
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502, headers: { date: "Tue, 01 May 2029 12:00:00 GMT" } }))));
  expect(await codeOf(get("/api/x"))).toBe("busy");
  expect(new Date(serverNow()).toISOString()).toBe("2026-05-01T12:00:02.000Z");
});

describe("failures", () => {
  test("the server's problem is kept whole", async () => {
    answer(409, '{"code":"username_taken","title":"x","status":409,"fields":{"username":"taken"}}');
    expect(await codeOf(get("/api/x"))).toBe("username_taken");
  });

  test("a proxy's page is a problem too", () => {
    expect(readProblem(502, undefined).code).toBe("busy");
    expect(readProblem(500, "<html>").code).toBe("unknown");
    expect(readProblem(400, { code: 7 }).code).toBe("unknown");
  });

  test("no connection", async () => {
    vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("failed")));
    expect(await codeOf(get("/api/x"))).toBe("network");
  });

  test("no answer in time", async () => {
    vi.useFakeTimers();
    const never = (_path: string, init: RequestInit): Promise<Response> =>
      new Promise((_resolve, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    vi.stubGlobal("fetch", never);
    const asked = codeOf(get("/api/x"));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await asked).toBe("timeout");
  });
});
