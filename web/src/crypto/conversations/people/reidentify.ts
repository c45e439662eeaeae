// Carries accepted identities into conversations (docs/protocol-encryption.md, 7.4 and 9.2): who has reset takes part again from the
// `reidentify` on that somebody makes who has accepted them. Nobody is brought in whom this person has not accepted.
import { ProtocolError } from "../../protocol/codec.ts";
import { findMember } from "../../protocol/epoch-rules.ts";
import { isHeld } from "../../protocol/pins.ts";
import { NoAnswer, Refusal } from "../../account/server.ts";
import { act, Moved, NotReady } from "../acting/act.ts";
import type { Device, Live } from "../device.ts";
import { isResetSince } from "../sealing-state.ts";

const MOST_TRIES = 3;

/** Who has reset since the newest epoch, and was accepted: whom this device may bring in again. */
export function listAccepted({ people, pins, doubted, author }: Device, { known }: Live): number[] {
  const { newest } = known.epochs;
  if (newest === null || findMember(newest.roster, author.user) === undefined) return [];
  const reset = newest.roster.filter((member) => people.chain(member.user).state !== null && isResetSince(people, member)).map((one) => one.user);
  const isOwnReset = reset.includes(author.user);
  // A first sight of somebody is no acceptance of a change.
  const accepted = reset.filter((user) => user !== author.user && pins.has(user) && !doubted.has(user) && !isHeld(pins.get(user), people.chain(user)));
  if (newest.epoch.kind === "group") return isOwnReset ? [] : accepted;
  // Who has reset is brought in by the other, or by either if both have; in Notes there is nobody else.
  if (newest.epoch.kind === "self") return reset;
  return isOwnReset && accepted.length === 0 ? [] : [...accepted, ...(isOwnReset ? [author.user] : [])];
}

async function takeUp(device: Device, live: Live): Promise<void> {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const users = listAccepted(device, live);
    if (users.length === 0) return;
    try {
      return await act(device, live, { action: "reidentify", targets: users.map((user) => ({ user })) });
    } catch (error) {
      // Somebody was first: looked at again.
      if (!(error instanceof Moved)) throw error;
    }
  }
}

/**
 * In every conversation that is open. Where it may not be done (a role, what is pending, no connection) it stays held, and the
 * next connection tries again.
 */
export async function takeUpAccepted(device: Device): Promise<void> {
  for (const live of device.lives.values()) {
    try {
      await takeUp(device, live);
    } catch (error) {
      const isLater = error instanceof NotReady || error instanceof Refusal || error instanceof NoAnswer || error instanceof ProtocolError;
      if (!isLater) throw error;
    }
  }
}
