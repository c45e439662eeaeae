// What the rows of the list of conversations show, read from the local copy and the outbox.
import { DELETED, judgeProgress, type Progress, readNow } from "../conversations/items.ts";
import { Overlay } from "../conversations/overlay.ts";
import { findOther, type GroupLook, lookAtGroup } from "../conversations/title.ts";
import { type Content, isContent } from "../crypto/content.ts";
import { type Fields, PRIVATE_DRAFT, PRIVATE_HIDDEN, PRIVATE_KEEPING } from "../crypto/private-change.ts";
import { findNewest } from "../mentions/read.ts";
import { type Keeping, readKeeping } from "../private/keeping.ts";
import { findMarkedIn } from "../private/marks.ts";
import { readKinds } from "../private/private.ts";
import type { ConversationRow, Flaw, MemberRow, Replica } from "../replica/database.ts";
import { findDraft } from "../replica/drafts.ts";
import type { OutboxRow, OwnDatabase } from "../replica/own-database.ts";
import { KIND_MESSAGE, type Kind, type UserCard } from "../wire/contract.ts";

export interface InboxRow {
  id: string;
  kind: Kind;
  /** Whether something can be sent. */
  open: boolean;
  /** The other person of a direct conversation, else null. */
  other: UserCard | null;
  group: GroupLook | null;
  /** `author` is who wrote it, of a group, unless it was oneself. */
  last: { /** 0 of what waits to be sent. */ seq: number; from_user: number; author?: UserCard | null; content: Content; timestamp: string; progress?: Progress } | null;
  unread: number;
  /** Unread messages that mention oneself. */
  mentions: number;
  draft: string;
  active_at: string;
  flaw: Flaw | null;
  keeping: Keeping;
}

/** All rows: what is pinned, the newest pin first, then by newest activity. */
export async function readInbox(replica: Replica, own: OwnDatabase): Promise<InboxRow[]> {
  const { drafts, waiting, aimed } = await readUnsent(own);
  const [kept, begun, hidden] = await readKinds(replica, own, [PRIVATE_KEEPING, PRIVATE_DRAFT, PRIVATE_HIDDEN]);
  const { rows, members, users, mentions, hiddenLasts } = await readStored(replica, hidden!);
  const { me } = replica;
  const shown = rows.map((row) => {
    const others = (members.get(row.id) ?? []).filter((member) => member.user_id !== me);
    const group = lookAtGroup(row, members.get(row.id) ?? [], users, me);
    const last = readLast(row, waiting.get(row.id), new Overlay(aimed.get(row.id) ?? []), hiddenLasts.has(row.id), others, me);
    if (group && last && last.from_user !== me) last.author = users.get(last.from_user) ?? null;
    return {
      ...{ id: row.id, kind: row.kind, open: row.open, flaw: row.flaw, last, draft: findDraft(row.id, drafts.get(row.id), begun?.get(row.id))?.text ?? "" },
      ...{ other: findOther(row, users, me), group },
      ...{ unread: countUnread(row), mentions: mentions.get(row.id) ?? 0 },
      keeping: readKeeping(kept?.get(row.id)),
      active_at: last && last.timestamp > row.active_at ? last.timestamp : row.active_at,
    };
  });
  return shown.sort((one, other) => other.keeping.pinnedAt - one.keeping.pinnedAt || other.active_at.localeCompare(one.active_at) || one.id.localeCompare(other.id));
}

/** Of what is lost nothing can be read any more. */
const countUnread = (row: ConversationRow): number => (row.last_entry?.opened?.is_lost ? 0 : Math.max(0, row.last_ordinal - row.read_ordinal));

/** `hidden` are the marks of what one has deleted for oneself, by conversation. */
async function readStored(replica: Replica, hidden: ReadonlyMap<string, Fields>) {
  const { conversations, members, users, entries, records, me } = replica;
  return replica.transaction("r", [conversations, members, users, entries, records], async () => {
    const [rows, all, cards, called] = await Promise.all([conversations.toArray(), members.toArray(), users.toArray(), findNewest(replica)]);
    const read = new Map(all.filter(({ user_id }) => user_id === me).map(({ conversation, read_seq }) => [conversation, read_seq]));
    const withUnread = new Set(rows.filter((row) => countUnread(row) > 0).map(({ id }) => id));
    const unread = called.filter(([id, seq]) => withUnread.has(id) && seq > (read.get(id) ?? 0));
    const lasts = rows.flatMap(({ id, last_entry }): [string, number][] => (last_entry ? [[id, last_entry.seq]] : []));
    const gone = await findMarkedIn(replica, hidden, [...unread, ...lasts]);
    const mentions = new Map<string, number>();
    for (const [id, seq] of unread) if (!gone.get(id)?.has(seq)) mentions.set(id, (mentions.get(id) ?? 0) + 1);
    const hiddenLasts = new Set(lasts.filter(([id, seq]) => gone.get(id)?.has(seq)).map(([id]) => id));
    return { rows, members: groupByConversation(all), users: new Map(cards.map((user) => [user.id, user])), mentions, hiddenLasts };
  });
}

/** The drafts, the last message that waits, and what waits and is aimed at messages, by conversation. */
async function readUnsent(own: OwnDatabase) {
  return own.transaction("r", [own.drafts, own.outbox], async () => {
    const [drafts, sent] = await Promise.all([own.drafts.toArray(), own.outbox.orderBy("[conversation+counter]").toArray()]);
    const waiting = new Map(sent.filter(({ kind }) => kind === KIND_MESSAGE).map((row) => [row.conversation, row]));
    const aimed = groupByConversation(sent.filter(({ kind }) => kind !== KIND_MESSAGE));
    return { drafts: new Map(drafts.map((draft) => [draft.conversation, draft])), waiting, aimed };
  });
}

/** What was said last: by anybody, or by oneself and still on its way. */
function readLast(row: ConversationRow, waiting: OutboxRow | undefined, overlay: Overlay, isHidden: boolean, others: MemberRow[], me: number): InboxRow["last"] {
  const isStored = row.last_entry?.from_user === me && row.last_entry.client_id === waiting?.client_id;
  if (waiting && !isStored && isContent(waiting.content)) {
    const progress = waiting.state === "failed" ? "failed" : "pending";
    return { seq: 0, from_user: me, content: waiting.content, timestamp: waiting.created_at, progress };
  }
  const entry = row.last_entry;
  if (!entry) return null;
  const { from_user, timestamp } = entry;
  const said = overlay.isRemoved(entry.seq) || isHidden ? DELETED : readNow(entry, row.sealed_from);
  const isUnopened = said.type === "closed" && said.why === null;
  const written = isUnopened && isStored && waiting && isContent(waiting.content) ? waiting.content : said;
  const content = (written.type !== "deleted" && from_user === me && overlay.findEdit(entry.seq)?.content) || written;
  const progress = from_user === me && !entry.opened?.is_lost ? { progress: judgeProgress(entry.seq, others) } : {};
  return { seq: entry.seq, from_user, timestamp, content, ...progress };
}

function groupByConversation<R extends { conversation: string }>(rows: R[]): Map<string, R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const group = groups.get(row.conversation);
    if (group) group.push(row);
    else groups.set(row.conversation, [row]);
  }
  return groups;
}
