// Why an act of the keys' worker was not carried out.
import type { Failure } from "./messages.ts";

export class KeysError extends Error {
  constructor(readonly failure: Failure) {
    super(`${failure.kind}: ${failure.code}`);
    this.name = "KeysError";
  }
}
