// Which files there are.
import type { VectorFile } from "./form.ts";
import { makeEd25519, makeSeals } from "./make-basics.ts";

export const FILES: Record<string, () => Promise<VectorFile>> = {
  ed25519: makeEd25519,
  seals: makeSeals,
};
