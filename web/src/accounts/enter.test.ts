import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { derivePassword } from "../crypto/derive-keys.ts";
import type { Failure } from "../crypto/keys/messages.ts";
import { WeakStretchingError } from "../crypto/stretching.ts";
import { register, signIn } from "./enter.ts";
import { toasts } from "../shell/toasts.svelte.ts";
import { session } from "./session.svelte.ts";

// The worker is the browser's; what it computes is held by crypto/derive.test.ts.
vi.mock("../crypto/derive-keys.ts", () => ({
  derivePassword: vi.fn(async () => ({ authKey: new Uint8Array(32).fill(7), keys: new MessageChannel().port2 })),
}));

// The keys' worker is held by crypto/keys/serve.test.ts.
const asked: { act: string; needs: Record<string, unknown> }[] = [];
let failure: Failure | null = null;
let isFirst = false;
vi.mock("../crypto/keys/keeper.ts", () => {
  class KeysError extends Error {
    constructor(readonly failure: Failure) {
      super();
    }
  }
  class Keeper {
    ask(act: string, needs: Record<string, unknown>): Promise<unknown> {
      asked.push({ act, needs });
      return failure ? Promise.reject(new KeysError(failure)) : Promise.resolve({ isFirst });
    }
  }
  return { Keeper, KeysError };
});

const user = { id: 5, username: "ann", display_name: "Ann", avatar_id: null, deleted: false };
const device = { id: "0".repeat(32), name: "x", created_at: "", last_seen: "" };
const strong = { salt: "AAECAwQFBgcICQoLDA0ODw==", memory: 65_536, iterations: 3, parallelism: 1 };

let sent: { path: string; body: Record<string, unknown> }[] = [];
let parameters = strong;
let isTest = false;

beforeEach(() => {
  sent = [];
  asked.length = 0;
  failure = null;
  isFirst = false;
  toasts.list = [];
  parameters = strong;
  isTest = false;
  const stored = new Map<string, string>();
  vi.stubGlobal("location", { hostname: "hearth.example" });
  vi.stubGlobal("navigator", { userAgent: "Firefox/128.0 (Windows NT 10.0)", languages: ["en"] });
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (init.method === "POST") sent.push({ path, body: JSON.parse(String(init.body)) as Record<string, unknown> });
    if (path === "/api/registration") {
      return Response.json({ mode: "open", has_users: true, insecure_test_kdf: isTest, server_id: "5e".repeat(16), generation: "da".repeat(16) });
    }
    if (path.startsWith("/api/sign-in/parameters")) return Response.json(parameters);
    return Response.json({ user, device, token: null });
  });
});

afterEach(() => {
  session.end();
  vi.unstubAllGlobals();
  vi.mocked(derivePassword).mockClear();
});

test("signing in sends the derived key and never the password", async () => {
  await signIn("ann", "correct horse battery");
  expect(sent).toHaveLength(1);
  expect(sent[0]!.body["device_name"]).toBe("Firefox on Windows");
  expect(JSON.stringify(sent)).not.toContain("horse");
  expect(session.user?.username).toBe("ann");
});

test("registering sends a fresh salt each time, at full cost", async () => {
  const form = { username: "ann", displayName: "Ann", password: "correct horse battery", invite: null };
  await register(form);
  await register(form);
  const [first, second] = sent.map(({ body }) => body["kdf"] as typeof strong);
  expect(first).toMatchObject({ memory: 65_536, iterations: 3, parallelism: 1 });
  expect(first!.salt).not.toBe(second!.salt);
  expect(sent[0]!.body).not.toHaveProperty("invite");
  expect(JSON.stringify(sent)).not.toContain("horse");
});

test("both end with this device's keys, in the same go, on the server that said which it is", async () => {
  await register({ username: "ann", displayName: "Ann", password: "correct horse battery", invite: null });
  await signIn("ann", "correct horse battery");
  expect(asked.map(({ act }) => act)).toEqual(["enter", "enter"]);
  const place = { server: "5e".repeat(16), user: 5, username: "ann", device: device.id };
  for (const { needs } of asked) {
    expect(needs).toMatchObject({ place, displayName: "Ann", avatar: null, database: "da".repeat(16), isAgreed: false });
    expect(needs["password"]).toBeInstanceOf(MessagePort);
  }
});

test("first keys are told of, and whoever signs in is to read it", async () => {
  await signIn("ann", "correct horse battery");
  expect(toasts.list).toEqual([]);
  isFirst = true;
  await register({ username: "ann", displayName: "Ann", password: "correct horse battery", invite: null });
  await signIn("ann", "correct horse battery");
  expect(toasts.list.map(({ text }) => text)).toEqual([
    "Your keys were made on this device just now.", expect.stringContaining("If you had some before, do not write to anybody"),
  ]);
});

test("a session without keys is a session: they are asked for later", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  failure = { kind: "no_answer", code: "no_answer" };
  await signIn("ann", "correct horse battery");
  expect(session.user?.username).toBe("ann");
});

test.each([
  ["a weak cost", false],
  ["a weak cost from a self-declared test server that is not this machine", true],
])("a server that asks for %s gets nothing", async (_name, saysTest) => {
  parameters = { ...strong, memory: 64, iterations: 1 };
  isTest = saysTest;
  await expect(signIn("ann", "correct horse battery")).rejects.toThrow(WeakStretchingError);
  expect(derivePassword).not.toHaveBeenCalled();
  expect(sent).toEqual([]);
  expect(session.current).toBeNull();
});
