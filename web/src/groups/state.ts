// What a group is called and about, as it is said: one record with all of it (docs/protocol-encryption.md, 8.10).
import type { State } from "../crypto/content.ts";
import { type Bytes, toBase64 } from "../lib/bytes.ts";
import type { GroupState } from "../crypto/group-state.ts";
import type { Replica } from "../replica/database.ts";
import type { Client } from "../sync/client.ts";
import { KIND_STATE } from "../wire/contract.ts";

export interface Stated {
  title: string | null;
  description: string | null;
  picture: Bytes | null;
}

/** With the picture, if it is here. */
export async function readStated(replica: Replica, { title, description, picture }: GroupState): Promise<Stated> {
  const kept = picture === null ? undefined : await replica.pictures.get(picture);
  return { title, description, picture: kept?.bytes ?? null };
}

/** Resolves when it is on disk here; it goes out like a message. */
export async function sayState(client: Pick<Client, "outbox">, conversation: string, { title, description, picture }: Stated): Promise<void> {
  const content: State = { type: "state" };
  if (title !== null) content.title = title;
  if (description !== null) content.description = description;
  if (picture !== null) content.picture = toBase64(picture);
  await client.outbox.add(conversation, content, { kind: KIND_STATE, target: null });
}
