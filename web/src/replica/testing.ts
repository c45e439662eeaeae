// A server for tests of the local copy: keeps logs as the real one does, seals nothing, and can be told to fail.
import { makeDirectId } from "../conversations/bond.ts";
import { writePlain } from "../crypto/testing.ts";
import { fromBase64, randomId, toBase64 } from "../lib/bytes.ts";
import type { AskConversations } from "../sealing/ask.ts";
import type * as contract from "../wire/contract.ts";
import { KIND_PIN, KIND_STATE } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import type { Replica } from "./database.ts";
import type { Sealer } from "./outbox.ts";
import type { Written } from "./own-database.ts";
import { chainHash, startHash } from "./log-hash.ts";

/** Keys for tests of everything but sealing: what is written goes out as it was before encryption. */
export const plainKeys = (async (act: string, needs: { conversations?: string[]; unsealed?: { content: Written } }) => {
  if (act === "heal") return { healed: [], isMissing: false };
  if (act === "meetDatabase") return { isNew: false, waiting: [] };
  if (act === "takeBack") return { epochs: [], newest: 0, parted: null, isAwaiting: false };
  if (act === "seal") return { record: writePlain(needs.unsealed!.content), epoch: 0 };
  return act === "confirm" ? needs.conversations!.map((conversation) => ({ conversation, sealing: { state: "ready" }, n: 0, keys: 0, counter: 0, claims: [] })) : null;
}) as unknown as AskConversations;

export const plainSealer: Sealer = {
  seal: async ({ content }) => ({ record: writePlain(content), epoch: 0 }),
  renew: async () => undefined,
  open: async (row) => row,
  noteWaiting: () => undefined,
};

export const TIME = "2026-05-01T12:00:00.000Z";

export function makeCard(id: number, name = `user${id}`): contract.UserCard {
  return { id, username: name, display_name: name, avatar_id: null, deleted: false };
}

export function makeError(code: string, retry_after?: number): ProblemError {
  return new ProblemError({ code, status: 400, title: code, ...(retry_after === undefined ? {} : { retry_after }) });
}

interface Log {
  conversation: contract.Conversation;
  entries: contract.Entry[];
  cursors: Map<number, { delivered_seq: number; read_seq: number }>;
}

export class TestServer {
  readonly logs = new Map<string, Log>();
  readonly userLog: contract.LogEntry[] = [];
  readonly friends = new Map<number, contract.Friend>();
  readonly me = 1;
  device = randomId();
  generation = randomId();
  restored: contract.Restore | null = null;
  server_id = randomId();
  /** How many entries of the user's log are still there. */
  keeps = Infinity;
  /** How many friends fit into one part of the snapshot. */
  friendsAtOnce = Infinity;
  headsAtOnce = Infinity;
  calls: string[] = [];
  emit: (name: string, payload: unknown) => void = () => undefined;

  addConversation(users = [1, 2]): string {
    const [one, other, ...more] = users;
    const direct = other === undefined || more.length > 0 ? "" : makeDirectId(this.server_id, one!, other);
    // Two people have one direct conversation: another one of them is a group.
    const [id, kind] = direct === "" || this.logs.has(direct) ? [randomId(), "group" as const] : [direct, "direct" as const];
    const conversation = { id, kind, open: true, users: users.map((user) => makeCard(user)) };
    const cursors = new Map(users.map((user) => [user, { delivered_seq: 0, read_seq: 0 }]));
    this.logs.set(id, { conversation: { ...conversation, created_at: TIME }, entries: [], cursors });
    this.log("conversation.changed", { conversation: this.logs.get(id)!.conversation });
    return id;
  }

  /** A copy that has been here before. */
  async meet(replica: Replica): Promise<void> {
    const { server_id, generation, me: user_id, device: device_id } = this;
    await replica.putMeta("cursor", { server_id, generation, log_seq: 0, user_id, device_id });
  }

  addFriend(id: number, about: string): void {
    const profile = { user: makeCard(id), about, created_at: TIME };
    this.friends.set(id, { profile, since: TIME });
    this.log("friend.added", { friend: this.friends.get(id)! });
  }

  removeFriend(id: number): void {
    this.friends.delete(id);
    this.log("friend.removed", { user_id: id });
  }

  log<K extends keyof contract.LogEvents>(kind: K, payload: contract.LogEvents[K]): void {
    this.userLog.push({ seq: this.userLog.length + 1, kind, payload, timestamp: TIME });
    this.emit("log", this.userLog.at(-1));
  }

  append(id: string, from_user: number, text: string | Uint8Array, draft: Partial<contract.Entry> = {}): contract.Entry {
    const log = this.logs.get(id)!;
    const record = typeof text === "string" ? new TextEncoder().encode(`\0{"type":"text","text":"${text}"}`) : text;
    const seq = log.entries.length + 1;
    const kind = draft.kind ?? 1;
    const last = log.entries.at(-1);
    const before = last ? fromBase64(last.log_hash) : startHash(id);
    const log_hash = toBase64(chainHash(before, { seq, kind, from_user, record })!);
    const minute = new Date(Date.parse(TIME) + seq * 60_000).toISOString();
    const mine = log.entries.filter((entry) => entry.from_user === from_user);
    const author = { from_user, from_device: `${from_user}`.padStart(32, "0"), client_id: randomId() };
    const place = { conversation_id: id, seq, ordinal: (last?.ordinal ?? 0) + (kind === 1 ? 1 : 0), kind };
    const entry = { ...place, ...author, counter: mine.length + 1, epoch: 0, target_seq: 0, ...draft };
    log.entries.push({ ...entry, record: toBase64(record), log_hash, timestamp: minute });
    log.cursors.set(from_user, { delivered_seq: seq, read_seq: seq });
    this.emit("message.sent", { entry: log.entries.at(-1)! });
    return log.entries.at(-1)!;
  }

  call = async <N extends contract.CommandName>(
    name: N,
    input: contract.Commands[N]["input"],
  ): Promise<contract.Commands[N]["result"]> => {
    this.calls.push(name);
    const answers: { [K in contract.CommandName]?: (input: never) => unknown } = {
      "message.send": (command: contract.SendMessage) => this.#send(command),
      "message.history": (command: contract.ReadHistory) => this.#page(command),
      "inbox.get": (command: contract.GetInboxItems) => ({ items: command.conversations.map((id) => this.item(id)) }),
      "message.states": ({ conversations }: contract.ReadStates) => ({
        entries: conversations.flatMap((id) => this.logs.get(id)!.entries.filter(({ kind }) => kind === KIND_STATE).slice(-3)), left_out: [],
      }),
      "message.pins": ({ conversation_id }: contract.ReadPins) => {
        const { entries } = this.logs.get(conversation_id)!;
        const pins = entries.filter(({ kind }) => kind === KIND_PIN);
        return { entries: pins, pinned: entries.filter(({ seq }) => pins.some(({ target_seq }) => target_seq === seq)), left_out: false };
      },
      "sync.open": (command: contract.OpenSync) => this.#open(command),
      "sync.rest": ({ after }: contract.ReadRest) => this.#friendsAfter(after),
      "sync.heads": (input: contract.ReadHeads) => this.#heads(input),
      "sync.log": (command: contract.ReadLog) => this.#readLog(command),
      "receipt.mark": (command: contract.MarkReceived) => this.#mark(command),
    };
    const answer = answers[name];
    if (!answer) throw makeError("not_found");
    return structuredClone(answer(input as never)) as contract.Commands[N]["result"];
  };

  item(id: string): contract.InboxItem {
    const log = this.logs.get(id)!;
    const last = log.entries.at(-1);
    const own = log.cursors.get(this.me)!;
    const read = log.entries[own.read_seq - 1]?.ordinal ?? 0;
    return {
      conversation: log.conversation,
      members: this.#members(log),
      last_seq: log.entries.length,
      last_ordinal: last?.ordinal ?? 0,
      log_hash: last?.log_hash ?? toBase64(startHash(id)),
      last_entry: log.entries.findLast((entry) => entry.kind === 1) ?? null,
      unread: (last?.ordinal ?? 0) - read,
      state_seq: log.entries.findLast(({ kind }) => kind === 6)?.seq ?? 0,
      pin_seq: log.entries.findLast(({ kind }) => kind === 7)?.seq ?? 0,
    };
  }

  #members(log: Log): contract.Member[] {
    return [...log.cursors].map(([user_id, cursor]) => ({ user_id, role: "member", joined_seq: 0, ...cursor }));
  }

  #send(command: contract.SendMessage): contract.Sent {
    const log = this.logs.get(command.conversation_id);
    if (!log) throw makeError("not_found");
    const known = log.entries.find((entry) => entry.client_id === command.client_id);
    if (!known && !log.conversation.open) throw makeError("not_friends");
    const { client_id, counter, kind = 1 } = command;
    const draft = { client_id, counter, kind, from_device: this.device };
    const entry = known ?? this.append(command.conversation_id, this.me, fromBase64(command.record), draft);
    return { seq: entry.seq, ordinal: entry.ordinal, log_hash: entry.log_hash, timestamp: entry.timestamp };
  }

  #page({ conversation_id, seq, direction = "before", limit = 50 }: contract.ReadHistory): contract.Page {
    const log = this.logs.get(conversation_id)!;
    const end = seq === 0 ? log.entries.length + 1 : seq;
    const entries =
      direction === "before"
        ? log.entries.slice(findStart(log.entries, end - 1, limit), end - 1)
        : log.entries.slice(Math.max(0, direction === "after" ? seq : seq - limit / 2 - 1)).slice(0, limit);
    const before = log.entries[(entries[0]?.seq ?? 1) - 2];
    return {
      conversation_id,
      entries,
      aimed: [],
      answered: [],
      left_out: [],
      hash_before: before?.log_hash ?? toBase64(startHash(conversation_id)),
      first_seq: 1,
      last_seq: log.entries.length,
      last_ordinal: log.entries.at(-1)?.ordinal ?? 0,
      members: this.#members(log),
    };
  }

  #open({ generation, log_seq = 0, conversations = {} }: contract.OpenSync): contract.Opened {
    const isKnown = generation === this.generation && log_seq > this.userLog.length - this.keeps && log_seq > 0;
    const differing = [...this.logs.keys()].filter((id) => conversations[id] !== this.logs.get(id)!.entries.length);
    const heads = differing.slice(50, 50 + this.headsAtOnce).map((id) => [id, this.logs.get(id)!.entries.length]);
    return {
      ...{ server_id: this.server_id, generation: this.generation, contract: 1, user_id: this.me },
      ...{ device_id: this.device, now: TIME, log_seq: this.userLog.length },
      log: isKnown ? this.userLog.slice(log_seq, log_seq + 3) : [],
      more: isKnown && this.userLog.length > log_seq + 3,
      snapshot: isKnown ? null : this.#snapshot(),
      items: differing.slice(0, 50).map((id) => this.item(id)),
      heads: Object.fromEntries(heads) as { [id: string]: number },
      more_heads: differing.length > 50 + this.headsAtOnce,
      private_position: 0,
      receipts: [...this.logs.keys()]
        .filter((id) => !differing.includes(id))
        .map((id) => ({ conversation_id: id, cursors: this.#cursors(id) })),
      presence: [],
      restored: this.restored,
    };
  }

  #heads({ after = null }: contract.ReadHeads): contract.HeadsPage {
    const ids = [...this.logs.keys()].sort().filter((id) => id > (after ?? ""));
    const shown = ids.slice(0, this.headsAtOnce).map((id) => [id, this.logs.get(id)!.entries.length]);
    return { heads: Object.fromEntries(shown) as { [id: string]: number }, more: ids.length > shown.length };
  }

  #cursors(id: string): contract.Cursor[] {
    return [...this.logs.get(id)!.cursors].map(([user_id, cursor]) => ({ user_id, ...cursor }));
  }

  #snapshot(): contract.Snapshot {
    const own = { user: makeCard(this.me), about: "", settings: { share_presence: true }, is_admin: false };
    return { profile: { ...own, created_at: TIME }, devices: [], ...this.#friendsAfter(0) };
  }

  #friendsAfter(after: number): contract.SnapshotPart {
    const all = [...this.friends].filter(([id]) => id > after).sort(([one], [other]) => one - other);
    const shown = all.slice(0, this.friendsAtOnce);
    const rest = shown.length < all.length ? [{ part: "friends" as const, after: shown.at(-1)![0] }] : [];
    return { friends: shown.map(([, friend]) => friend), requests: [], blocked: [], rest };
  }

  #readLog({ after, limit = 200 }: contract.ReadLog): contract.LogPage {
    if (after < this.userLog.length - this.keeps) return { entries: [], more: false, gone: true };
    const entries = this.userLog.slice(after, after + limit);
    return { entries, more: after + limit < this.userLog.length, gone: false };
  }

  #mark({ conversation_id, delivered_seq = 0, read_seq = 0 }: contract.MarkReceived): contract.Nothing {
    const log = this.logs.get(conversation_id)!;
    const own = log.cursors.get(this.me)!;
    own.read_seq = Math.max(own.read_seq, read_seq);
    own.delivered_seq = Math.max(own.delivered_seq, delivered_seq, read_seq);
    this.emit("receipts.advanced", { conversation_id, cursors: [{ user_id: this.me, ...own }] });
    return {};
  }
}

/** Where a page of so many messages below `end` begins; what lies between messages comes with them. */
function findStart(entries: contract.Entry[], end: number, messages: number): number {
  let start = end;
  for (let left = messages; start > 0; start -= 1) if (entries[start - 1]!.kind === 1 && left-- === 0) break;
  return start;
}
