// Vectors with edits in what others wrote: an operation says a value or a verdict, and no other error. `scripts/fuzz --compare` brings
// cases that the Python implementation has judged, and this one must say the same.
import { readdirSync, readFileSync } from "node:fs";

import fc from "fast-check";
import { expect, test } from "vitest";

import { fromHex, toHex } from "../../../lib/bytes.ts";
import { ProtocolError } from "../codec.ts";
import type { Vector } from "./form.ts";
import { run } from "./ops.ts";

const FOLDER = new URL("../../../../../tests/vectors/", import.meta.url);
/** The inputs that come from others; the same as in tests/security/formats.py. */
const HOSTILE = new Set(
  "statement statements record roster request entry wrap list sealed way body heads stored box signature public typed after rows".split(" "),
);
const ROUNDS = 400;

function loadVectors(): Vector[] {
  const names = readdirSync(FOLDER).filter((name) => name !== "derive.json");
  const all = names.flatMap((name) => (JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as { vectors: Vector[] }).vectors);
  return all.filter((vector) => Object.keys(vector.in).some((name) => HOSTILE.has(name)));
}

/** A number from 0 up to, and not with, `below`. */
type Dice = (below: number) => number;

function editHex(hex: string, dice: Dice): string {
  const bytes = [...fromHex(hex)];
  const at = dice(bytes.length + 1);
  const byte = [0, 1, 255, dice(256)][dice(4)]!;
  const kind = dice(4);
  if (kind === 0 && at < bytes.length) bytes[at]! ^= byte || 1;
  else if (kind === 1) bytes.splice(at, 0, byte);
  else if (kind === 2) bytes.splice(at, 1 + dice(8));
  else bytes.splice(at, 0, ...bytes.slice(at, at + 1 + dice(256)));
  return toHex(Uint8Array.from(bytes));
}

function edit(value: unknown, dice: Dice): unknown {
  if (Array.isArray(value)) return value.length === 0 ? value : [...(value.slice(0, -1) as unknown[]), edit(value.at(-1), dice)];
  if (typeof value === "object" && value !== null) {
    const names = Object.keys(value);
    const name = names[dice(names.length)]!;
    return { ...value, [name]: edit((value as Record<string, unknown>)[name], dice) };
  }
  if (typeof value !== "string") return value;
  return /^([0-9a-f]{2})*$/.test(value) ? editHex(value, dice) : `${value}${String.fromCharCode(dice(0x3000))}`;
}

function editVector(vector: Vector, dice: Dice): Vector {
  const names = Object.keys(vector.in).filter((name) => HOSTILE.has(name));
  const given = { ...vector.in };
  const name = names[dice(names.length)]!;
  for (let times = 1 + dice(3); times > 0; times -= 1) given[name] = edit(given[name], dice);
  return { name: vector.name, op: vector.op, in: given };
}

/** What an operation gives; throws whatever is no verdict, with the case. */
async function judge({ name, op, in: given }: Vector): Promise<{ out: unknown } | { error: string }> {
  try {
    return { out: await run(op, given) };
  } catch (error) {
    if (error instanceof ProtocolError) return { error: error.verdict };
    throw new Error(`${op}, "${name}", edited: ${JSON.stringify(given)}`, { cause: error });
  }
}

test("edited vectors give values and verdicts", { timeout: 120_000 }, async () => {
  const all = loadVectors();
  let refused = 0;
  const isJudged = fc.asyncProperty(fc.gen(), async (draw) => {
    const dice: Dice = (below) => draw(fc.nat, { max: below - 1 });
    if ("error" in (await judge(editVector(all[dice(all.length)]!, dice)))) refused += 1;
  });
  // What fails is made smaller, and said with the seed and path that bring it back.
  await fc.assert(isJudged, { numRuns: ROUNDS });
  expect(refused).toBeGreaterThan(ROUNDS / 3);
});

test.runIf(process.env["HEARTH_CASES"])("the other implementation says the same", { timeout: 3_600_000 }, async () => {
  for (const line of readFileSync(process.env["HEARTH_CASES"]!, "utf8").trim().split("\n")) {
    const { out, error, ...given } = JSON.parse(line) as Vector;
    const said = await judge(given);
    expect(said, `${given.op}, "${given.name}", edited: ${JSON.stringify(given.in)}`).toEqual(error === undefined ? { out } : { error });
  }
});
