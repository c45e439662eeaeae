// The keys' worker is told of the server's database before it is asked anything about it: of another one than before it sets aside what
// it knows and the server may have lost.
import { PATIENCE } from "../crypto/conversations/restored/patience.ts";
import { fromBase64 } from "../lib/bytes.ts";
import type { Replica, RestoreRow } from "../replica/database.ts";
import type { AskConversations } from "../sealing/ask.ts";
import { ProblemError } from "../wire/http.ts";
import { startOf } from "./partings.ts";

/** Milliseconds after which the worker is waited for no more: something else has its turn. */
const LONGEST = 60_000;

/** Throws a passing ProblemError when there is no answer for so long. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ProblemError({ code: "timeout", status: 0, title: "The keys' worker does not answer" })), LONGEST);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Conversations of which nothing was lost need not wait. An answer that comes late counts still. Throws KeysError; ProblemError. */
export const meetDatabase = (replica: Replica, ask: AskConversations): Promise<void> => inTime(meet(replica, ask));

async function meet(replica: Replica, ask: AskConversations): Promise<void> {
  const cursor = await replica.findMeta("cursor");
  if (cursor === undefined) return;
  const database = cursor.generation;
  const rows = (await replica.restores.toArray()).filter((row) => row.database === database);
  const partings = rows.map(({ conversation, parting: { seq, log_hash } }) => ({ conversation, seq, hash: fromBase64(log_hash) }));
  const { isNew, wasRestored, waiting } = await ask("meetDatabase", { database, partings });
  if (!isNew) return;
  const waits = new Set(waiting);
  // To a copy that is new here nobody has told it.
  if (wasRestored && (await replica.findMeta("restored")) === undefined) await replica.putMeta("restored", { database, isTold: false });
  await replica.transaction("rw", [replica.restores, replica.lost, replica.metas], async () => {
    // It came so late that the server's database is another one again.
    if ((await replica.findMeta("cursor"))?.generation !== database) return;
    for (const { conversation } of rows) {
      const count = await replica.lost.where("[conversation+seq]").between([conversation, 0], [conversation, Infinity]).count();
      if (count === 0 && !waits.has(conversation)) await replica.restores.delete(conversation);
    }
    const known = new Set(rows.map((row) => row.conversation));
    // The worker's store is older than this copy.
    const others = waiting.filter((conversation) => !known.has(conversation));
    await replica.restores.bulkPut(others.map((conversation) => makeRow(conversation, database)));
  });
}

const makeRow = (conversation: string, database: string): RestoreRow =>
  ({ conversation, database, parting: startOf(conversation), head: startOf(conversation), until: Date.now() + PATIENCE });
