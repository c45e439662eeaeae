// A page in front of a browser's keys, and what people do in the town, for tests of what is opened.
import { PLAIN_SETTINGS } from "../crypto/conversations/acting/make-epoch.ts";
import { DELETION, MESSAGE } from "../crypto/conversations/judging/roles.ts";
import { Session, type Town } from "../crypto/conversations/testing/town.ts";
import { type Browser, openBrowsers } from "../crypto/keys/testing/browser.ts";
import { random } from "../crypto/protocol/primitives.ts";
import { readEntry } from "../conversations/items.ts";
import { fromHex } from "../lib/bytes.ts";
import { applyPage } from "../messages/apply.ts";
import { type ConversationRow, type EntryRow, Replica } from "../replica/database.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import type { WholeRow } from "../replica/records.ts";
import type { AskConversations } from "./ask.ts";
import { Opener } from "./opener.ts";
import { pageBelow, toEntry } from "./testing.ts";

/** Milliseconds that entries wait for the worker in tests that are not about waiting: as long as it takes. */
export const PATIENT = 600_000;

let count = 0;
const ends: (() => void)[] = [];

export const closePages = (): void => ends.splice(0).forEach((end) => end());
const signal = new AbortController().signal;

/** A page of somebody: its copy and its opener, in front of a browser's keys. */
export class Page {
  readonly replica = new Replica(1, `opener-${++count}`);
  readonly opener = new Opener(this.replica);
  #patience: number | undefined = PATIENT;

  constructor(readonly town: Town, readonly conversation: string, ask: AskConversations | undefined) {
    this.opener.ask = ask;
    ends.push(() => this.replica.close());
  }

  get place() {
    return this.town.place(fromHex(this.conversation));
  }

  /** The worker answers nothing for now, and pages are as impatient as they are for people. */
  hold(ask: AskConversations): Held {
    const held = new Held(ask);
    this.opener.ask = held.ask;
    this.#patience = undefined;
    return held;
  }

  open(rows: WholeRow[], hashBefore?: string): Promise<WholeRow[]> {
    return this.opener.open(rows, hashBefore, this.#patience);
  }

  async takeLive(...seqs: number[]): Promise<void> {
    const rows = seqs.map((seq) => toRow(toEntry(this.place, this.place.rows[seq - 1]!)));
    await applyEntries(this.replica, await this.open(rows));
  }

  /** All below the newest, page by page, as the filler does. */
  async fill(limit = 100): Promise<void> {
    for (let seq = this.place.rows.length + 1; seq > 1; seq -= limit) {
      const page = pageBelow(this.place, seq, limit);
      await applyPage(this.replica, page, seq, await this.open(page.entries.map(toRow), page.hash_before));
    }
  }

  sweep = (again = true): Promise<void> => this.opener.sweep(this.conversation, again, signal);

  rows = (): Promise<EntryRow[]> => this.replica.entries.orderBy("[conversation+seq]").toArray();

  async read(): Promise<string[]> {
    const rows = (await this.rows()).filter((row) => row.kind === MESSAGE);
    return rows.map(({ opened }) => opened?.verdict ?? (opened?.content?.type === "text" ? opened.content.text : "closed"));
  }
}

/** Alice and bob in a group, each having said something. */
export async function begin(): Promise<{ town: Town; alice: Browser; bob: Browser; group: string }> {
  const { town, browsers } = await openBrowsers("alice", "bob");
  const [alice, bob] = browsers as [Browser, Browser];
  const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2], settings: PLAIN_SETTINGS } });
  await alice.say(group, 1, "one");
  await bob.ask("confirm", { conversations: [group], databases: [] });
  await bob.read(group);
  await bob.say(group, 1, "two");
  return { town, alice, bob, group };
}

/** Somebody aims a record of this kind at an entry, as a device does; the server looks at nothing. */
export async function aims(town: Town, author: Browser, group: string, seq: number, counter: number, kind: number, content: object): Promise<void> {
  const target = { seq, recordHash: town.place(fromHex(group)).rows[seq - 1]!.recordHash };
  const unsealed = { clientId: random(16), counter, kind, content, target };
  const { record, epoch } = await author.ask("seal", { conversation: group, unsealed });
  new Session(town, author.place.user, fromHex(author.place.device)).send(fromHex(group), { ...unsealed, record, epoch, targetSeq: seq });
}

/** Somebody says something, as a body of any form. */
export async function says(town: Town, author: Browser, group: string, counter: number, content: object): Promise<void> {
  const unsealed = { clientId: random(16), counter, kind: MESSAGE, content, target: null };
  const { record, epoch } = await author.ask("seal", { conversation: group, unsealed });
  new Session(town, author.place.user, fromHex(author.place.device)).send(fromHex(group), { ...unsealed, record, epoch, targetSeq: 0 });
}

/** Somebody deletes a message, and the server empties it. */
export async function deletes(town: Town, author: Browser, group: string, seq: number, counter: number): Promise<void> {
  await aims(town, author, group, seq, counter, DELETION, { type: "deletion" });
  empties(town, group, seq);
}

export async function addConversation({ replica, conversation }: Page): Promise<void> {
  const row: ConversationRow = {
    id: conversation, kind: "group", open: true, created_at: "", users: [1, 2], last_seq: 0, last_ordinal: 0, log_hash: "", last_entry: null, read_ordinal: 0,
    first_seq: 1, active_at: "", flaw: null, is_stale: false,
  };
  await replica.conversations.put(row);
}

export function empties(town: Town, group: string, seq: number): void {
  const { rows } = town.place(fromHex(group));
  rows[seq - 1] = { ...rows[seq - 1]!, record: new Uint8Array(0) };
}

export const shows = async (page: Page, seq: number): Promise<unknown> => readEntry((await page.replica.entries.get([page.conversation, seq]))!, undefined);

/** The worker starts anew, with nothing of the log at hand. */
export async function restart(browser: Browser, group: string): Promise<void> {
  browser.restart();
  await browser.ask("confirm", { conversations: [group], databases: [] });
}

/** Somebody answers an entry; `text` is what they say. */
export const answers = (town: Town, author: Browser, group: string, seq: number, counter: number, text: string): Promise<void> =>
  aims(town, author, group, seq, counter, MESSAGE, { type: "text", text });

/** A worker that answers nothing until it is let go, one question after the other then. */
export class Held {
  asked = 0;
  letGo: () => void = () => undefined;
  #last: Promise<unknown> = new Promise<void>((resolve) => (this.letGo = resolve));

  constructor(readonly around: AskConversations) {}

  readonly ask: AskConversations = (act, needs) => {
    this.asked += 1;
    const answer = this.#last.then(() => this.around(act, needs));
    this.#last = answer.catch(() => undefined);
    return answer;
  };
}
