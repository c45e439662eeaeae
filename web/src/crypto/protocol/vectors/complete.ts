// A vector with what this code makes of it.
import { ProtocolError } from "../codec.ts";
import type { Vector } from "./form.ts";
import { run } from "./ops.ts";

export async function complete(vector: Vector): Promise<Vector> {
  try {
    const out = await run(vector.op, vector.in);
    return { name: vector.name, op: vector.op, in: vector.in, out };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { name: vector.name, op: vector.op, in: vector.in, error: error.verdict };
  }
}
