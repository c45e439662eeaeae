// What happened to identities in an open conversation, asked anew with each epoch: only from one to the next somebody goes on with
// other keys. Without the keys' worker there is nothing to say.
import type { IdentityEvent } from "../crypto/conversations/conversation-facts.ts";
import type { Trust } from "../trust/trust.svelte.ts";
import type { Conversation } from "./conversation.svelte.ts";

export interface Events {
  readonly list: IdentityEvent[];
}

/** To be called while a component is made; ends with it. */
export function followEvents(trust: Pick<Trust, "lookAtConversation">, conversation: Conversation): Events {
  let list = $state.raw<IdentityEvent[]>([]);
  const epochs = $derived(conversation.current.row?.sealing?.n ?? 0);
  $effect(() => {
    if (epochs < 2) return;
    let isOver = false;
    trust.lookAtConversation(conversation.id).then((found) => isOver || (list = found.events), console.warn);
    return () => (isOver = true);
  });
  return {
    get list() {
      return list;
    },
  };
}
