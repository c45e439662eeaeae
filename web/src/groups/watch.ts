// Whoever may add people sees to it that newcomers learn what a group is called: who added them says it again, and if that does not come,
// somebody else does (docs/protocol-encryption.md, 8.10). In the tab that leads.
import { liveQuery } from "dexie";

import type { ConversationRow, EntryRow, Replica } from "../replica/database.ts";
import type { OwnDatabase } from "../replica/own-database.ts";
import { pace } from "../replica/waiting.ts";
import type { Client } from "../sync/client.ts";
import { KIND_STATE } from "../wire/contract.ts";
import { rankIn } from "./closing.ts";
import type { Groups } from "./groups.ts";

/** Milliseconds in which who added somebody says it; then, by chance, how long others wait for each other. */
const PATIENCE = 10_000;
const APART = 5_000;
/** Milliseconds in which changes are looked at together. */
const TOGETHER = 2_000;
/** The last things that happened to a group, among which somebody may have been added. */
const LOOKED_AT = 30;

const mayAdd = ({ kind, open, group, state }: ConversationRow, me: number): boolean =>
  kind === "group" && open && state !== undefined && group !== undefined && !group.left.includes(me) && rankIn(group.members, me) <= group.rights.addBy;

/** Whether people were added since a state was said last. */
export function isUnsaid(lines: readonly Pick<EntryRow, "seq" | "kind" | "opened">[]): boolean {
  const added = Math.max(0, ...lines.filter(({ opened }) => opened?.event?.what === "added").map((one) => one.seq));
  const said = Math.max(0, ...lines.filter(({ kind, opened }) => kind === KIND_STATE && (opened?.verdict ?? null) === null).map((one) => one.seq));
  return added > said;
}

/** Groups in which one may add people and newcomers were told nothing. What waits to be sent counts as said. */
export async function listUnsaid(replica: Replica, own: OwnDatabase): Promise<string[]> {
  const rows = (await replica.conversations.toArray()).filter((row) => mayAdd(row, replica.me));
  const unsaid: string[] = [];
  for (const { id } of rows) {
    const keys: [[string, number, number], [string, number, number]] = [[id, 1, 0], [id, 1, Infinity]];
    if (isUnsaid(await replica.entries.where("[conversation+line+seq]").between(...keys).reverse().limit(LOOKED_AT).toArray())) unsaid.push(id);
  }
  if (unsaid.length === 0) return [];
  const waiting = new Set((await own.outbox.filter((row) => row.kind === KIND_STATE).toArray()).map((row) => row.conversation));
  return unsaid.filter((id) => !waiting.has(id));
}

export class StateWatch {
  readonly #groups: Pick<Groups, "repeatState">;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(groups: Pick<Groups, "repeatState">) {
    this.#groups = groups;
  }

  start({ replica, own, tabs }: Pick<Client, "replica" | "own"> & { tabs: Pick<Client["tabs"], "isLeading"> }): () => void {
    const list = (): Promise<string[]> => listUnsaid(replica, own);
    const say = async (id: string): Promise<void> => {
      this.#timers.delete(id);
      if (tabs.isLeading && (await list()).includes(id)) await this.#groups.repeatState(id);
    };
    const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TOGETHER));
    const subscription = liveQuery(pace(list, rest)).subscribe({
      next: (found = []) => {
        for (const id of found) {
          if (this.#timers.has(id)) continue;
          this.#timers.set(id, setTimeout(() => void say(id).catch(console.warn), PATIENCE + Math.random() * APART));
        }
      },
      error: console.warn,
    });
    return () => {
      subscription.unsubscribe();
      for (const timer of this.#timers.values()) clearTimeout(timer);
    };
  }
}
