// Pictures of users as addresses for <img>: fetched once, kept in the local copy (they open offline), let go when nobody
// has them any more. A picture's id is the hash of its bytes, so a kept one is never out of date.
import { SvelteMap } from "svelte/reactivity";

import { typeOfPicture } from "../crypto/group-state.ts";
import type { Replica } from "../replica/database.ts";

type Fetch = (path: string) => Promise<Pick<Response, "ok" | "blob">>;

export class Avatars {
  readonly #replica: Replica;
  readonly #fetch: Fetch;
  readonly #urls = new SvelteMap<string, string>();
  readonly #asked: { [id: string]: boolean } = {};

  constructor(replica: Replica, fetchPicture: Fetch = (path) => fetch(path, { credentials: "same-origin" })) {
    this.#replica = replica;
    this.#fetch = fetchPicture;
    this.#prune().catch(console.error);
  }

  /** A blob: address; null without a picture and until it is here. Reading it again after that gives the address. */
  urlOf(id: string | null): string | null {
    if (id === null) return null;
    const url = this.#urls.get(id);
    if (url === undefined) this.#load(id).catch(() => (this.#asked[id] = false));
    return url ?? null;
  }

  /** Of a picture of a group. It came sealed: it is here, or nowhere. */
  urlOfGroup(id: string | null): string | null {
    if (id === null) return null;
    const url = this.#urls.get(`group ${id}`);
    if (url === undefined) this.#loadGroup(id).catch(() => (this.#asked[`group ${id}`] = false));
    return url ?? null;
  }

  stop(): void {
    for (const url of this.#urls.values()) URL.revokeObjectURL(url);
    this.#urls.clear();
  }

  async #load(id: string): Promise<void> {
    if (this.#asked[id]) return;
    this.#asked[id] = true;
    const kept = await this.#replica.avatars.get(id);
    const bytes = kept?.bytes ?? (await this.#download(id));
    this.#urls.set(id, URL.createObjectURL(bytes));
  }

  async #loadGroup(id: string): Promise<void> {
    const name = `group ${id}`;
    if (this.#asked[name]) return;
    this.#asked[name] = true;
    const bytes = (await this.#replica.pictures.get(id))?.bytes;
    const type = bytes && typeOfPicture(bytes);
    if (!bytes || !type) throw new Error("no such picture");
    this.#urls.set(name, URL.createObjectURL(new Blob([bytes], { type })));
  }

  async #download(id: string): Promise<Blob> {
    const response = await this.#fetch(`/api/avatars/${id}`);
    if (!response.ok) throw new Error("no such picture");
    const bytes = await response.blob();
    await this.#replica.avatars.put({ id, bytes });
    return bytes;
  }

  async #prune(): Promise<void> {
    const shown = (await this.#replica.users.toArray()).map((user) => user.avatar_id);
    const kept = await this.#replica.avatars.toCollection().primaryKeys();
    await this.#replica.avatars.bulkDelete(kept.filter((id) => !shown.includes(id)));
    const sealed = await this.#replica.pictures.toCollection().primaryKeys();
    const groups = (await this.#replica.conversations.toArray()).map((row) => row.state?.picture);
    await this.#replica.pictures.bulkDelete(sealed.filter((id) => !groups.includes(id)));
  }
}
