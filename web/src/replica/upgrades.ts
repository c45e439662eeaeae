// From older forms of the local copy to newer ones. Each runs in the browser's one transaction for it: a page that is killed meanwhile
// finds the copy as it was, and begins again.
import type { Transaction } from "dexie";

import { KIND_MESSAGE, KIND_PIN } from "../wire/contract.ts";
import type { ConversationRow, EntryRow, RangeRow, RecordRow } from "./database.ts";
import { describeRecord, isLine, isSealed, splitRow } from "./records.ts";

/** An entry up to form 3: one row with all of it. */
type OldRow = Omit<EntryRow, "plain" | "is_emptied"> & Omit<RecordRow, "record_hash"> & { record_hash?: string | null };
type OldConversation = Omit<ConversationRow, "last_entry"> & { last_entry: OldRow | null };

/** A record is at most 64 KiB: these are 32 MiB at most. */
const AT_ONCE = 500;
/** Those of form 1 that can be fetched again; pictures are named by their content. */
const FETCHED = ["entries", "ranges", "conversations", "members", "users", "friends", "requests", "blocked", "devices", "metas"];

/** Ranges without counts would have to be guessed at; all of this can be fetched again. */
export async function clearAll(upgrade: Transaction): Promise<void> {
  for (const name of FETCHED) await upgrade.table(name).clear();
}

/** Read in large pieces: a cursor would take a task for each. */
async function passThrough(upgrade: Transaction, take: (rows: OldRow[]) => Promise<void>): Promise<void> {
  const entries = upgrade.table<OldRow, [string, number]>("entries");
  for (let after: [string, number] = ["", 0]; ; ) {
    const rows = await entries.where(":id").above(after).limit(AT_ONCE).toArray();
    const last = rows.at(-1);
    if (last === undefined) return;
    await take(rows);
    after = [last.conversation, last.seq];
  }
}

/** Entries from before anything was opened wait for it. */
export async function markSealed(upgrade: Transaction): Promise<void> {
  await passThrough(upgrade, async (rows) => {
    const sealed = rows.filter((row) => isSealed(row.record));
    await upgrade.table("entries").bulkPut(sealed.map((row) => ({ ...row, waits: 1 })));
  });
  await upgrade.table<OldConversation>("conversations").toCollection().modify(({ last_entry }) => {
    if (last_entry && isSealed(last_entry.record)) last_entry.waits = 1;
  });
}

/** What a row of form 3 says of an entry stays as it is; what follows from its bytes alone is added. */
function readOld({ record_hash, ...row }: OldRow): [EntryRow, RecordRow] {
  const told = isSealed(row.record) ? {} : describeRecord(row.record);
  return splitRow({ ...row, ...told, ...(typeof record_hash === "string" ? { record_hash } : {}) });
}

/** Records get rows of their own. */
export async function moveRecords(upgrade: Transaction): Promise<void> {
  await passThrough(upgrade, async (rows) => {
    const pairs = rows.map(readOld);
    await upgrade.table("entries").bulkPut(pairs.map(([entry]) => entry));
    await upgrade.table("records").bulkPut(pairs.map(([, record]) => record));
  });
  await upgrade.table("conversations").toCollection().modify((row: OldConversation | ConversationRow) => {
    if (row.last_entry) row.last_entry = readOld(row.last_entry as OldRow)[0];
  });
}

/** Of counts from the first to the last the first is kept. */
export async function keepLowest(upgrade: Transaction): Promise<void> {
  await upgrade.table("ranges").toCollection().modify((row: Omit<RangeRow, "counts"> & { counts: Record<string, [number, number] | number> }) => {
    for (const [device, [first]] of Object.entries(row.counts as Record<string, [number, number]>)) row.counts[device] = first;
  });
}

/** What an entry is aimed at stands beside what it says, too. Edits and reactions are opened again: what they say was not read before. */
export async function takeAims(upgrade: Transaction): Promise<void> {
  const aimed = upgrade.table<RecordRow>("records").orderBy("[conversation+aims]");
  const [aims, keys] = [(await aimed.keys()) as unknown as [string, number][], await aimed.primaryKeys()];
  const entries = upgrade.table<EntryRow, [string, number]>("entries");
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const rows = await entries.bulkGet(keys.slice(at, at + AT_ONCE) as [string, number][]);
    const found = rows.flatMap((row, place) => (row === undefined ? [] : [{ ...row, aims: aims[at + place]![1] }]));
    await entries.bulkPut(found.map((row) => (row.kind === KIND_MESSAGE ? row : { ...row, waits: 1 })));
  }
}

/** Messages that name this person are marked. Whoever calls everybody may have had no right to: that is judged when they are opened again. */
export async function markCalls(upgrade: Transaction, me: number): Promise<void> {
  await passThrough(upgrade, async (rows) => {
    const called = rows.flatMap((row): OldRow[] => {
      const { content = null } = row.opened ?? {};
      if (row.kind !== KIND_MESSAGE || row.from_user === me || content?.type !== "text") return [];
      if (content.everyone) return [{ ...row, waits: 1 as const }];
      return content.mentions?.includes(me) ? [{ ...row, calls: 1 as const }] : [];
    });
    await upgrade.table("entries").bulkPut(called);
  });
}

/** What is shown as a line is opened again: what it says of a group was not told before. */
export async function markLines(upgrade: Transaction): Promise<void> {
  await passThrough(upgrade, async (rows) => {
    const lines = rows.filter((row) => isLine(row.kind));
    await upgrade.table("entries").bulkPut(lines.map((row) => ({ ...row, line: 1, waits: 1 })));
  });
}

/** What pins a message is opened again: it was not read before. */
export async function openPins(upgrade: Transaction): Promise<void> {
  await passThrough(upgrade, async (rows) => {
    const pins = rows.filter((row) => row.kind === KIND_PIN);
    await upgrade.table("entries").bulkPut(pins.map((row) => ({ ...row, waits: 1 })));
  });
}

/** What an older program could not read is opened again: polls and votes. */
export async function openUnknown(upgrade: Transaction): Promise<void> {
  await passThrough(upgrade, async (rows) => {
    const unknown = rows.filter((row) => row.opened?.content?.type === "unknown");
    await upgrade.table("entries").bulkPut(unknown.map((row) => ({ ...row, waits: 1 })));
  });
}
