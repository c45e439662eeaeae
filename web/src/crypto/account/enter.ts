// What a session does with the password while it has it (docs/protocol-encryption.md, 10.1 and 10.2): the first keys of an account
// that has none, whatever its age, else this device joins the others. Twice does no harm.
import type { Bytes } from "../../lib/bytes.ts";
import type { PasswordKeys } from "../derive.ts";
import { check } from "../protocol/codec.ts";
import { catchUpChain } from "./catch-up.ts";
import { type Account, recall } from "./self.ts";
import { isMoved } from "./server.ts";
import { addDevice, setUp } from "./set-up.ts";

/** Whether the account's first keys were made here, which its person is told. */
export interface Entered {
  isFirst: boolean;
}

/**
 * `displayName` and `avatar` are said where there is no chain yet. Where this device knew one and the server tells of a restore that has none, the
 * person has to have agreed. Throws ProtocolError (`rollback`, `fork` against what was known here before), Refusal, NoAnswer.
 */
export async function enter(account: Account, password: PasswordKeys, displayName: string, avatar: Bytes, isAgreed = false): Promise<Entered> {
  const self = await recall(account);
  await catchUpChain(self);
  if (self.chain.state === null) {
    check(self.past === null || isAgreed, "rollback", "there was a chain, and the restored server has none");
    try {
      await setUp(account, password, displayName, avatar);
      return { isFirst: true };
    } catch (error) {
      // Another device of the person was quicker.
      if (!isMoved(error)) throw error;
    }
  }
  await addDevice(account, password);
  return { isFirst: false };
}
