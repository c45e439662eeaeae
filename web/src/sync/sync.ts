// Keeps the local copy up to date: `sync.open` on every connection, then live events, which are only hints. Whatever
// shows a gap makes it fetch what is missing; whatever arrives while it catches up waits and is applied after.
import { applyItem } from "../inbox/apply.ts";
import { applyReceipts } from "../messages/apply.ts";
import type { Cursor, Replica } from "../replica/database.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import { applyLog, applySnapshot } from "../replica/user-log.ts";
import { hearOldRestore } from "../restored/notice.ts";
import { Partings } from "../restored/partings.ts";
import { setAside } from "../restored/set-aside.ts";
import type { Opener } from "../sealing/opener.ts";
import type * as contract from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import type { Socket } from "../wire/socket.ts";
import { listUnstated, noteStated } from "./states.ts";

/** As many as the server takes and gives at a time. */
const MOST_HEADS = 2000;
const ITEMS_PER_PAGE = 50;
const LOG_PAGE = 500;

/** What is here is another server's: it is shown to no other one, and kept. */
export class OtherServerError extends Error {
  constructor() {
    super("another server answers at this address");
    this.name = "OtherServerError";
  }
}

export interface SyncHooks {
  /** The copy is up to date with the head of everything; also after every reconnection. */
  opened(answer: contract.Opened): void;
  /** It is another server, or its database another one: what goes on is about the one before. */
  moved?(): void;
  /** The cookie is another user's now (they signed in elsewhere in this browser). */
  foreign(): void;
  /** A live event could not be kept here. */
  failed?(error: unknown): void;
}

export class Sync {
  readonly #replica: Replica;
  readonly #call: Socket["call"];
  readonly #hooks: SyncHooks;
  readonly #opener: Pick<Opener, "open" | "noteWaiting" | "forget"> | undefined;
  #held: (() => Promise<void>)[] | null = null;
  /** Live entries that wait to be applied: a burst of them is written in one go. */
  #arrived: contract.Entry[] = [];
  #chain: Promise<void> = Promise.resolve();
  /** How often the copy was begun anew: what came before is nothing to it. */
  #age = 0;
  readonly #partings: Partings;

  constructor(replica: Replica, call: Socket["call"], hooks: SyncHooks, opener?: Pick<Opener, "open" | "noteWaiting" | "forget">) {
    this.#replica = replica;
    this.#call = call;
    this.#hooks = hooks;
    this.#opener = opener;
    this.#partings = new Partings(replica, call);
  }

  /** Catches up after connecting. Throws what the server or the connection threw; the next connection tries again. */
  async open(): Promise<void> {
    const held: (() => Promise<void>)[] = [];
    this.#held = held;
    this.#arrived = [];
    const before = await this.#prepare();
    const opened = await this.#call("sync.open", before);
    if (opened.user_id !== this.#replica.me) return this.#hooks.foreign();
    await this.#takeGeneration(opened);
    const age = this.#age;
    await this.#takeLog(opened, before.log_seq ?? 0);
    for (const item of opened.items) await this.#takeItem(item, age, this.#headSent(before, opened, item));
    for (const known of opened.receipts) await applyReceipts(this.#replica, known);
    // Another connection has begun meanwhile: what is held waits for that.
    if (this.#held !== held) return;
    this.#held = null;
    for (const action of held) this.#enqueue(action);
    await this.#chain;
    this.#hooks.opened(opened);
    await this.#fetchItems(await this.#listDiffering(opened, before));
    await this.#fetchStates(opened.items);
    await this.refreshStale();
  }

  /** Takes a live event. Events that are not about the local copy are not for here. */
  take(name: string, payload: unknown): void {
    const action = this.#choose(name, payload);
    if (!action) return;
    if (this.#held) this.#held.push(action);
    else this.#enqueue(action);
  }

  /** Resolves when everything taken so far is applied. */
  settle(): Promise<void> {
    return this.#chain;
  }

  /** Fetches the rows of conversations of which the copy knows too little, or was told what cannot be. */
  async refreshStale(): Promise<void> {
    // Read whole: a cursor would take a task of the browser for each row.
    const rows = await this.#replica.conversations.toArray();
    await this.#fetchItems(rows.filter((row) => row.is_stale || row.is_strange).map((row) => row.id));
  }

  #enqueue(action: () => Promise<void>): void {
    const age = this.#age;
    this.#chain = this.#chain.then(() => (age === this.#age ? action() : undefined)).catch((error: unknown) => {
      // The event was a hint: what it told is fetched at the next gap or connection.
      console.warn("a live event could not be applied", error);
      if (!(error instanceof ProblemError)) this.#hooks.failed?.(error);
    });
  }

  #choose(name: string, payload: unknown): (() => Promise<void>) | undefined {
    switch (name) {
      case "log":
        return () => this.#takeLive(payload as contract.LogEntry);
      case "message.sent":
        // Whoever comes while one waits is taken along with it.
        if (this.#arrived.push((payload as contract.MessageSent).entry) > 1) return undefined;
        return () => this.#takeEntries();
      case "receipts.advanced":
        return async () => {
          if (await applyReceipts(this.#replica, payload as contract.ReceiptsAdvanced)) await this.refreshStale();
        };
      default:
        return undefined;
    }
  }

  async #takeLive(entry: contract.LogEntry): Promise<void> {
    if ((await applyLog(this.#replica, [entry])) === "gap") await this.#readLog();
    await this.refreshStale();
  }

  async #takeEntries(): Promise<void> {
    const arrived = this.#arrived;
    this.#arrived = [];
    await this.#fetchItems(await this.#put(arrived));
  }

  /** Opens entries and writes them down. Resolves to the conversations that are not here. */
  async #put(arrived: contract.Entry[]): Promise<string[]> {
    const age = this.#age;
    const unknown: string[] = [];
    for (const [id, entries] of groupByConversation(arrived)) {
      const rows = entries.map(toRow);
      const judged = (await this.#opener?.open(rows)) ?? rows;
      if (age !== this.#age) return [];
      const { isKnown, isWaiting } = await applyEntries(this.#replica, judged);
      if (!isKnown) unknown.push(id);
      if (isWaiting) this.#opener?.noteWaiting();
    }
    return unknown;
  }

  async #prepare(): Promise<contract.OpenSync> {
    const cursor = await this.#replica.findMeta("cursor");
    if (cursor?.isOver) return { generation: null, log_seq: 0, conversations: {} };
    const rows = await this.#replica.conversations.orderBy("active_at").reverse().limit(MOST_HEADS).toArray();
    const conversations = Object.fromEntries(rows.map((row) => [row.id, row.last_seq]));
    return { generation: cursor?.generation ?? null, log_seq: cursor?.log_seq ?? 0, conversations };
  }

  /** Another generation: what it may have lost is set aside. Throws OtherServerError: no server clears by its name what it has not. */
  async #takeGeneration({ server_id, generation, restored }: contract.Opened): Promise<void> {
    const cursor = await this.#replica.findMeta("cursor");
    if (!cursor) return hearOldRestore(this.#replica, generation, restored);
    if (cursor.server_id === server_id && cursor.generation === generation) {
      if (cursor.isOver) await this.#replica.clearCopy();
      return;
    }
    this.#hooks.moved?.();
    if (cursor.server_id !== server_id) throw new OtherServerError();
    const partings = await this.#partings.find(generation, await this.#readHeads());
    this.#age += 1;
    await setAside(this.#replica, generation, partings, restored);
    this.#opener?.forget();
  }

  async #takeLog(opened: contract.Opened, sent: number): Promise<void> {
    const { server_id, generation, log_seq, user_id, device_id } = opened;
    if (opened.snapshot) {
      await this.#completeSnapshot(opened.snapshot);
      const cursor: Cursor = { server_id, generation, log_seq, user_id, device_id };
      const known = (await this.#replica.findMeta("cursor"))?.log_seq ?? 0;
      // Another tab may have come further than this answer; a server that went back has the last word.
      if (known <= log_seq || log_seq < sent) await applySnapshot(this.#replica, cursor, opened.snapshot);
      return;
    }
    const outcome = await applyLog(this.#replica, opened.log);
    const cursor = await this.#replica.findMeta("cursor");
    if (cursor && cursor.device_id !== device_id) await this.#replica.putMeta("cursor", { ...cursor, device_id });
    if (opened.more || outcome === "gap") await this.#readLog();
  }

  /** Fetches what did not fit into one answer. What the log tells after the snapshot is applied over it all. */
  async #completeSnapshot(snapshot: contract.Snapshot): Promise<void> {
    for (let where = snapshot.rest.pop(); where; where = snapshot.rest.pop()) {
      const part = await this.#call("sync.rest", where);
      snapshot.friends.push(...part.friends);
      snapshot.requests.push(...part.requests);
      snapshot.blocked.push(...part.blocked);
      snapshot.rest.push(...part.rest);
    }
  }

  /** Fetches the user's log from where the copy stands to its end. */
  async #readLog(): Promise<void> {
    for (;;) {
      const cursor = await this.#replica.findMeta("cursor");
      if (!cursor) return;
      const page = await this.#call("sync.log", { after: cursor.log_seq, limit: LOG_PAGE });
      if (page.gone) return this.#startAnew(cursor);
      await applyLog(this.#replica, page.entries);
      if (!page.more) return;
    }
  }

  /** The log no longer reaches back to where the copy stands. */
  async #startAnew(cursor: Cursor): Promise<void> {
    const before = { ...(await this.#prepare()), generation: cursor.generation, log_seq: 0 };
    const opened = await this.#call("sync.open", before);
    // To be met as at a connection.
    if (opened.generation !== cursor.generation) throw new Error("the server's database has become another one");
    const age = this.#age;
    await this.#takeLog(opened, cursor.log_seq);
    for (const item of opened.items) await this.#takeItem(item, age);
    await this.#fetchItems(await this.#listDiffering(opened, before));
  }

  /** Of the conversations whose rows did not come with the answer, those that stood elsewhere here. */
  async #listDiffering(opened: contract.Opened, before: contract.OpenSync): Promise<string[]> {
    const heads = opened.more_heads ? await this.#readHeads() : opened.heads;
    const given = new Set(opened.items.map((item) => item.conversation.id));
    const ids = Object.keys(heads).filter((id) => !given.has(id));
    // With a snapshot, more than the head may have been missed.
    if (opened.snapshot) return ids;
    const rows = await this.#replica.conversations.bulkGet(ids);
    return ids.filter((id, at) => (before.conversations?.[id] ?? rows[at]?.last_seq) !== heads[id]);
  }

  /** The heads of all there are. */
  async #readHeads(): Promise<contract.HeadsPage["heads"]> {
    const heads: contract.HeadsPage["heads"] = {};
    for (let after: string | null = null; ; ) {
      const page: contract.HeadsPage = await this.#call("sync.heads", { after });
      Object.assign(heads, page.heads);
      if (!page.more) return heads;
      after = Object.keys(page.heads).sort().at(-1) ?? null;
    }
  }

  async #fetchItems(ids: string[]): Promise<void> {
    const age = this.#age;
    for (let at = 0; at < ids.length; at += ITEMS_PER_PAGE) {
      const asked = ids.slice(at, at + ITEMS_PER_PAGE);
      const { items } = await this.#call("inbox.get", { conversations: asked });
      for (const item of items) await this.#takeItem(item, age);
      if (age !== this.#age) return;
      await this.#fetchStates(items);
      const found = new Set(items.map((item) => item.conversation.id));
      for (const id of asked) if (!found.has(id)) await this.#close(id);
    }
  }

  /** What groups are called, where not everything that says it is here. */
  async #fetchStates(items: contract.InboxItem[]): Promise<void> {
    let unstated = await listUnstated(this.#replica, items);
    while (unstated.length > 0) {
      const age = this.#age;
      const page = unstated.slice(0, ITEMS_PER_PAGE);
      const { entries, left_out } = await this.#call("message.states", { conversations: page.map((item) => item.conversation.id) });
      if (age !== this.#age) return;
      await this.#put(entries);
      const again = page.filter((item) => left_out.includes(item.conversation.id));
      await noteStated(this.#replica, page.filter((item) => !again.includes(item)));
      // One that does not fit alone is not asked for again and again.
      unstated = [...(again.length < page.length ? again : []), ...unstated.slice(ITEMS_PER_PAGE)];
    }
  }

  /** The last entry may come this way before it comes live. */
  async #takeItem(item: contract.InboxItem, age: number, sent = 0): Promise<void> {
    const rows = item.last_entry ? [toRow(item.last_entry)] : [];
    const [last = null] = (await this.#opener?.open(rows)) ?? rows;
    if (age === this.#age && (await applyItem(this.#replica, item, sent, last))) this.#opener?.noteWaiting();
  }

  /** One is no member any more: what was received stays readable. */
  async #close(id: string): Promise<void> {
    await this.#replica.conversations.update(id, { is_stale: false, open: false });
  }

  /** The head this device had, as the server was told: within one generation no head goes back. */
  #headSent(before: contract.OpenSync, opened: contract.Opened, item: contract.InboxItem): number {
    return before.generation === opened.generation ? (before.conversations?.[item.conversation.id] ?? 0) : 0;
  }
}

function groupByConversation(entries: contract.Entry[]): Map<string, contract.Entry[]> {
  const groups = new Map<string, contract.Entry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.conversation_id);
    if (group) group.push(entry);
    else groups.set(entry.conversation_id, [entry]);
  }
  return groups;
}
