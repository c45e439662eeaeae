// What a session does with the password while it has it (docs/protocol-encryption.md, 10.1 and 10.2): the first keys of an account
// that has none, whatever its age, else this device joins the others. Twice does no harm.
import type { Bytes } from "../../lib/bytes.ts";
import type { PasswordKeys } from "../derive.ts";
import { catchUpChain } from "./catch-up.ts";
import { type Account, recall } from "./self.ts";
import { isMoved } from "./server.ts";
import { addDevice, setUp } from "./set-up.ts";

/** `displayName` and `avatar` are said where there is no chain yet. Throws ProtocolError, Refusal, NoAnswer. */
export async function enter(account: Account, password: PasswordKeys, displayName: string, avatar: Bytes): Promise<void> {
  const self = await recall(account);
  await catchUpChain(self);
  if (self.chain.state === null) {
    try {
      return await setUp(account, password, displayName, avatar);
    } catch (error) {
      // Another device of the person was quicker.
      if (!isMoved(error)) throw error;
    }
  }
  await addDevice(account, password);
}
