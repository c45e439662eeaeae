// What the page asks the keys' worker about people: what is known of their identities, and what the person decides. A decision
// names the fingerprint that the person was shown. To be asked by the tab that leads (web/src/keys/desk.ts).
import { fromHex } from "../../lib/bytes.ts";
import { type ConversationFacts, describeConversation } from "../conversations/conversation-facts.ts";
import type { Device } from "../conversations/device.ts";
import { acceptIdentity, type Acquaintance, confirmCompared, look, ownFingerprint, type PersonLook, refresh, takeComparisonBack, type TrustRow } from "../conversations/people/trusting.ts";
import type { Place } from "./messages.ts";

/** Fingerprints and conversations as hex. */
export interface TrustActs {
  /** Everybody, as they are now; to be asked at each connection and when something is told of somebody. */
  refreshTrust: { needs: { place: Place; people: Acquaintance[] }; gives: TrustRow };
  lookAtPerson: { needs: { place: Place; user: number; fingerprint: string | null }; gives: PersonLook };
  /** Numbers or codes were compared and are the same. */
  confirmCompared: { needs: { place: Place; user: number; fingerprint: string }; gives: null };
  takeComparisonBack: { needs: { place: Place; user: number }; gives: null };
  /** The person takes somebody's changed identity (9.2). */
  acceptIdentity: { needs: { place: Place; user: number; fingerprint: string }; gives: null };
  lookAtConversation: { needs: { place: Place; conversation: string }; gives: ConversationFacts };
}

export type TrustAsk = { [A in keyof TrustActs]: { id: number; act: A } & TrustActs[A]["needs"] }[keyof TrustActs];

const ACTS: ReadonlySet<string> = new Set<keyof TrustActs>([
  "refreshTrust", "lookAtPerson", "confirmCompared", "takeComparisonBack", "acceptIdentity", "lookAtConversation",
]);

export const isTrustAsk = (ask: { act: string }): ask is TrustAsk => ACTS.has(ask.act);

/** Throws ProtocolError, Refusal, NoAnswer. */
export async function actOnTrust(device: Device, ask: TrustAsk): Promise<TrustActs[TrustAsk["act"]]["gives"]> {
  switch (ask.act) {
    case "refreshTrust": {
      const people = await refresh(device, ask.people);
      return { own: ownFingerprint(device), people };
    }
    case "lookAtPerson":
      return look(device, ask);
    case "confirmCompared":
      return confirmCompared(device, ask.user, ask.fingerprint).then(() => null);
    case "takeComparisonBack":
      return takeComparisonBack(device, ask.user).then(() => null);
    case "acceptIdentity":
      return acceptIdentity(device, ask.user, ask.fingerprint).then(() => null);
    case "lookAtConversation":
      return describeConversation(device, await device.open(fromHex(ask.conversation)));
  }
}
