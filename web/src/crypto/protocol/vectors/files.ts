// Which files there are.
import type { VectorFile } from "./form.ts";
import { makeEd25519, makeSeals } from "./make-basics.ts";
import { makeEpochs, makeRules } from "./make-epochs.ts";
import { makeKeyring, makeOwnKeys, makeUserChain, makeVault } from "./make-people.ts";
import { makePrivate } from "./make-private.ts";
import { makeFiles, makeLog, makeRecords, makeTrust } from "./make-records.ts";

export const FILES: Record<string, () => Promise<VectorFile>> = {
  ed25519: makeEd25519,
  seals: makeSeals,
  user_chain: makeUserChain,
  own_keys: makeOwnKeys,
  keyring: makeKeyring,
  private: makePrivate,
  vault: makeVault,
  epochs: makeEpochs,
  epoch_rules: makeRules,
  records: makeRecords,
  log: makeLog,
  files: makeFiles,
  trust: makeTrust,
};
