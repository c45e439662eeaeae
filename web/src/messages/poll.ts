// Polls: asking, choosing, taking no more votes (docs/protocol-encryption.md, 8.10). They are not secret: votes are signed.
import type { Poll } from "../crypto/content.ts";
import { readLine } from "../replica/own-database.ts";
import { findTarget, isPlaced } from "../replica/targets.ts";
import type { Client } from "../sync/client.ts";
import { KIND_EDIT, KIND_MESSAGE, KIND_REACTION } from "../wire/contract.ts";

type Acting = Pick<Client, "outbox" | "own" | "replica">;

/** What is chosen once one option is pressed: another one instead, one more, or none of it. */
export function choose(chosen: readonly number[], option: number, { several }: Pick<Poll, "several">): number[] {
  if (chosen.includes(option)) return chosen.filter((one) => one !== option);
  return several ? [...chosen, option].sort((one, other) => one - other) : [option];
}

/** All of these resolve when it is on disk here. */
export async function sendPoll({ outbox }: Pick<Acting, "outbox">, conversation: string, poll: Poll): Promise<void> {
  await outbox.add(conversation, poll, { kind: KIND_MESSAGE, target: null });
}

/** What has not left yet is withdrawn. */
export async function vote({ outbox, own, replica }: Acting, conversation: string, seq: number, options: number[]): Promise<void> {
  const line = await readLine(own, conversation);
  const before = line.filter((row) => row.content.type === "vote" && row.state === "waiting" && isPlaced(row.target) && row.target.seq === seq);
  for (const { client_id } of before) await outbox.withdraw(client_id);
  const target = await findTarget(replica, conversation, seq);
  if (target) await outbox.add(conversation, { type: "vote", options }, { kind: KIND_REACTION, target });
}

export async function closePoll({ outbox, replica }: Acting, conversation: string, seq: number, poll: Poll): Promise<void> {
  const target = await findTarget(replica, conversation, seq);
  if (target) await outbox.add(conversation, { ...poll, closed: true }, { kind: KIND_EDIT, target });
}
