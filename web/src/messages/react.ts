// Reactions, and taking things back. A reaction is taken back by deleting all of one's records that say it.
import { Overlay } from "../conversations/overlay.ts";
import { findTarget } from "../replica/targets.ts";
import { readLine, type Target } from "../replica/own-database.ts";
import type { Client } from "../sync/client.ts";
import { KIND_DELETION, KIND_REACTION } from "../wire/contract.ts";

type Acting = Pick<Client, "outbox" | "own" | "replica">;

/** Gives a message this emoji, or takes it back if one has given it. Resolves when that is on disk here. */
export async function toggleReaction(client: Acting, conversation: string, seq: number, emoji: string): Promise<void> {
  const { outbox, own, replica } = client;
  const line = await readLine(own, conversation);
  const overlay = new Overlay(line);
  const given = ((await replica.entries.get([conversation, seq]))?.marks?.reactions ?? []).filter((mark) => mark.user === replica.me && mark.emoji === emoji);
  const standing = given.filter((mark) => !overlay.isRemoved(mark.seq));
  const waiting = overlay.listWaiting(seq).filter(({ content }) => content.type === "reaction" && content.emoji === emoji);
  if (standing.length + waiting.length > 0) {
    for (const mark of standing) await remove(client, conversation, await findTarget(replica, conversation, mark.seq));
    for (const { client_id } of waiting) if (!(await outbox.withdraw(client_id))) await remove(client, conversation, { client_id });
    return;
  }
  let isBack = false;
  for (const { client_id } of overlay.listDeletions(given.map((mark) => mark.seq))) isBack = (await outbox.withdraw(client_id)) || isBack;
  const target = isBack ? undefined : await findTarget(replica, conversation, seq);
  if (target) await outbox.add(conversation, { type: "reaction", emoji }, { kind: KIND_REACTION, target });
}

/** Deletes a message for everybody. Resolves when that is on disk here. */
export async function deleteMessage(client: Acting, conversation: string, seq: number): Promise<void> {
  await remove(client, conversation, await findTarget(client.replica, conversation, seq));
}

async function remove({ outbox }: Pick<Client, "outbox">, conversation: string, target: Target | undefined): Promise<void> {
  if (target) await outbox.add(conversation, { type: "deletion" }, { kind: KIND_DELETION, target });
}
