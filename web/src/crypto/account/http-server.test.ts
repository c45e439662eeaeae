import { expect, test } from "vitest";

import { toBase64, toHex } from "../../lib/bytes.ts";
import { ProblemError } from "../../wire/http.ts";
import { HttpAccountServer } from "./http-server.ts";
import { NoAnswer, Refusal } from "./server.ts";

const asking = (answer: unknown): { server: HttpAccountServer; sent: { path: string; body: unknown }[] } => {
  const sent: { path: string; body: unknown }[] = [];
  const send = (path: string, body: object): Promise<unknown> => {
    sent.push({ path, body });
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { server: new HttpAccountServer(7, "phone", send), sent };
};

const bytes = (length: number, of: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(of);

test("a page of the chain", async () => {
  const { server, sent } = asking({ user_id: 7, n: 9, statements: [toBase64(bytes(70, 1)), toBase64(bytes(70, 2))] });
  expect(await server.readChain(3)).toEqual({ n: 9, statements: [bytes(70, 1), bytes(70, 2)] });
  expect(sent).toEqual([{ path: "/api/chain.read", body: { user_id: 7, after: 3 } }]);
});

test("what is asked for a new device, and what a vault is", async () => {
  const { server, sent } = asking({ version: 2, is_listed: false, sealed: toBase64(bytes(40, 3)), password_wrap: null, ways: [], generation: null, keyring_position: 0 });
  expect(await server.getVault()).toEqual({ version: 2, isListed: false, sealed: bytes(40, 3), passwordWrap: null });
  await server.addDevice(bytes(32, 1), { statement: bytes(80, 2), publicKey: bytes(4, 3), g: 5, wrap: bytes(4, 4) });
  expect(sent[1]).toEqual({
    path: "/api/chain.add_device",
    body: { auth_key: toBase64(bytes(32, 1)), statement: toBase64(bytes(80, 2)), device_key: toBase64(bytes(4, 3)), g: 5, wrap: toBase64(bytes(4, 4)) },
  });
});

test("ids are hex, the vault's recipient is zeros", async () => {
  const { server, sent } = asking({});
  const generation = { statement: bytes(70, 1), wraps: [{ recipient: bytes(16, 0), wrap: bytes(3, 2) }], predecessor: null };
  await server.renew({ generation, receive: null, rows: [{ g: 1, kind: 4, id: bytes(8, 1), sealed: bytes(40, 9) }] });
  expect(sent[0]).toMatchObject({ path: "/api/chain.renew", body: { generation: { wraps: [{ recipient: "0".repeat(32) }], predecessor: null }, receive: null } });
  expect(toHex(bytes(16, 0))).toBe("0".repeat(32));
});

test.each([
  ["no object", "hello"],
  ["no n", { statements: [] }],
  ["a negative n", { n: -1, statements: [] }],
  ["statements that are no list", { n: 1, statements: "AA==" }],
  ["a statement that is no base64", { n: 1, statements: ["!"] }],
  ["null", null],
])("an answer of another form is malformed: %s", async (_name, answer) => {
  await expect(asking(answer).server.readChain(0)).rejects.toMatchObject({ verdict: "malformed" });
});

test("a refusal is told from an answer that did not come", async () => {
  const problem = (code: string): ProblemError => new ProblemError({ code, status: 409, title: code });
  await expect(asking(problem("chain_moved")).server.retire(bytes(70, 1))).rejects.toEqual(new Refusal("chain_moved"));
  for (const code of ["network", "timeout", "busy"]) {
    await expect(asking(problem(code)).server.retire(bytes(70, 1))).rejects.toBeInstanceOf(NoAnswer);
  }
});
