// How the tab that leads asks the keys' worker about conversations.
import type { ConversationActs } from "../crypto/keys/conversation-acts.ts";

type Needs<A extends keyof ConversationActs> = Omit<ConversationActs[A]["needs"], "place">;

/** One after the other, in the order of asking. Throws KeysError; ProblemError while it is not known whose keys are meant. */
export type AskConversations = <A extends keyof ConversationActs>(act: A, needs: Needs<A>) => Promise<ConversationActs[A]["gives"]>;
