// Saying display name and picture in the user chain, where no server can change them (docs/protocol-encryption.md, 5).
import type { Bytes } from "../../lib/bytes.ts";
import { equal, zeros } from "../protocol/codec.ts";
import { catchUpChain } from "./catch-up.ts";
import { retryMoved } from "./connect.ts";
import { Draft } from "./draft.ts";
import { type Account, recall } from "./self.ts";
import { sendAgain } from "./server.ts";

/** Null stays as it was said last. `avatar` is SHA-256 of the picture, or zeros. */
export interface ProfileChange {
  displayName: string | null;
  avatar: Bytes | null;
}

/** Twice does no harm. Throws ProtocolError (`not_listed` without keys), Refusal, NoAnswer. */
export const sayProfile = (account: Account, change: ProfileChange): Promise<void> =>
  retryMoved(async () => {
    const self = await recall(account);
    await catchUpChain(self);
    const keys = await self.requireKeys();
    const { displayName: name, avatar: picture } = self.chain.head;
    const displayName = change.displayName ?? name ?? account.place.username;
    const avatar = change.avatar ?? picture ?? zeros(32);
    if (displayName === name && picture !== null && equal(avatar, picture)) return;
    const draft = new Draft(account.place, self.chain.head, account.now());
    await draft.addByDevice({ kind: "profile", displayName, avatar }, keys);
    await sendAgain(() => account.server.setProfile(draft.statements[0]!), account.wait);
    await self.takeOwn(draft.statements);
    await self.remember();
  });
