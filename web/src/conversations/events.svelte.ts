// What happened in an open conversation beside its messages. Identities are asked for anew with each epoch: only from one to the next
// somebody goes on with other keys; without the keys' worker there is nothing to say of them. What happened to a group stands in the copy.
import { liveQuery } from "dexie";

import type { IdentityEvent } from "../crypto/conversations/conversation-facts.ts";
import type { EntryRow, Replica } from "../replica/database.ts";
import type { Trust } from "../trust/trust.svelte.ts";
import type { Conversation } from "./conversation.svelte.ts";
import type { GroupLine, Line } from "./lines.ts";

export interface Events {
  readonly list: Line[];
}

function toLine({ seq, from_user: user, timestamp, opened }: EntryRow): GroupLine[] {
  if (opened?.event) return [{ seq, user, timestamp, did: opened.event }];
  const state = opened?.verdict === null ? opened.state : undefined;
  return state && state.changes.length > 0 ? [{ seq, user, timestamp, did: { what: "state", state } }] : [];
}

async function readLines({ entries }: Replica, conversation: string, from: number): Promise<GroupLine[]> {
  const keys: [[string, number, number], [string, number, number]] = [[conversation, 1, from], [conversation, 1, Infinity]];
  return (await entries.where("[conversation+line+seq]").between(...keys).toArray()).flatMap(toLine);
}

/** To be called while a component is made; ends with it. */
export function followEvents(trust: Pick<Trust, "lookAtConversation">, replica: Replica, conversation: Conversation): Events {
  let identities = $state.raw<IdentityEvent[]>([]);
  let acts = $state.raw<GroupLine[]>([]);
  const epochs = $derived(conversation.current.row?.sealing?.n ?? 0);
  const isGroup = $derived(conversation.current.row?.kind === "group");
  const from = $derived(conversation.current.from);
  const list = $derived([...identities, ...acts].sort((one, other) => one.seq - other.seq));
  $effect(() => {
    if (epochs < 2) return;
    let isOver = false;
    trust.lookAtConversation(conversation.id).then((found) => isOver || (identities = found.events), console.warn);
    return () => (isOver = true);
  });
  $effect(() => {
    if (!isGroup) return;
    const first = from;
    const subscription = liveQuery(() => readLines(replica, conversation.id, first)).subscribe((found) => (acts = found));
    return () => subscription.unsubscribe();
  });
  return {
    get list() {
      return list;
    },
  };
}
