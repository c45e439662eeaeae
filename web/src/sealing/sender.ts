// Seals what waits in the outbox, by the keys' worker: it makes the conversation ready first, which may take a first or a next epoch.
import { listMisnamed, writeNames } from "../accounts/names.ts";
import { bind, findServer } from "../conversations/bond.ts";
import type { Standing } from "../crypto/keys/conversation-acts.ts";
import { KeysError } from "../crypto/keys/failure.ts";
import { fromBase64, fromHex } from "../lib/bytes.ts";
import type { ConversationRow, Replica } from "../replica/database.ts";
import { findHeld } from "../replica/held-back.ts";
import { type Sealer, SealingWaits, type Unsealed } from "../replica/outbox.ts";
import type { SealedBytes } from "../replica/own-database.ts";
import type { WholeRow } from "../replica/records.ts";
import { ProblemError } from "../wire/http.ts";
import type { AskConversations } from "./ask.ts";
import type { Opener } from "./opener.ts";

/** Somebody else's epoch may be first so many times in a row. */
const MOST_TRIES = 4;

const makeProblem = (code: string, detail: string): ProblemError => new ProblemError({ code, status: 0, title: "It could not be sealed", detail });

/** Another try may succeed. */
const later = (detail: string): ProblemError => makeProblem("busy", detail);

export interface Noting {
  /** Writes down how conversations stand. */
  note(standings: Standing[]): Promise<void>;
  /** Somebody in it has no keys yet. */
  noteWaiting(conversation: string, users: number[]): Promise<void>;
}

export class Sender implements Sealer {
  readonly #replica: Replica;
  readonly #ask: AskConversations;
  readonly #noting: Noting;
  readonly #opener: Opener;

  constructor(replica: Replica, ask: AskConversations, noting: Noting, opener: Opener) {
    this.#replica = replica;
    this.#ask = ask;
    this.#noting = noting;
    this.#opener = opener;
  }

  async seal({ client_id, conversation, kind, content, target, number }: Unsealed): Promise<SealedBytes> {
    const aim = target === null ? null : { seq: target.seq, recordHash: fromBase64(target.record_hash) };
    await this.#requireBond(conversation);
    await this.#requireName(conversation);
    const unsealed = { clientId: fromHex(client_id), counter: number, kind, content, target: aim };
    return this.#try(conversation, () => this.#ask("seal", { conversation, unsealed }));
  }

  /** What is sealed goes to whom the page shows, which its epochs prove, and before the first its id. Throws SealingWaits. */
  async #requireBond(id: string): Promise<void> {
    let row = await this.#findRow(id);
    // Of a group the id proves nothing.
    if (row.bond === undefined && row.kind === "group") {
      await this.#confirm(id);
      row = await this.#findRow(id);
    }
    const bound = row.bond === undefined ? bind(row, row, await findServer(this.#replica), this.#replica.me) : row;
    if (!bound.is_strange) return;
    if (!row.is_strange) await this.#replica.conversations.update(id, { kind: bound.kind, users: bound.users, is_strange: true });
    throw new SealingWaits();
  }

  /** Nothing is sealed to one person before their own devices have said who they are, nor while the server says otherwise. Throws SealingWaits. */
  async #requireName(id: string): Promise<void> {
    const { kind, users } = await this.#findRow(id);
    const other = kind === "direct" ? users.find((user) => user !== this.#replica.me) : undefined;
    if (other === undefined) return;
    if ((await this.#replica.names.get(other)) === undefined) {
      const name = await this.#askKeys(id, () => this.#ask("nameOf", { user: other }));
      if (name !== null) await writeNames(this.#replica, [name]);
    }
    if ((await listMisnamed(this.#replica, [other])).size > 0) throw new SealingWaits();
  }

  async #findRow(id: string): Promise<ConversationRow> {
    const row = await this.#replica.conversations.get(id);
    if (row === undefined) throw later("a conversation that is not known yet");
    return row;
  }

  /** Where the server has no later epoch than the one it refuses, this device makes it. */
  async renew(conversation: string, epoch: number): Promise<void> {
    await this.#try(conversation, async () => {
      const standing = await this.#confirm(conversation);
      if (standing.n !== epoch || standing.sealing.state !== "ready") return;
      await this.#noting.note([await this.#ask("actOn", { conversation, wanted: { action: "rotate" } })]);
    });
  }

  async open(row: WholeRow): Promise<WholeRow> {
    return (await this.#opener.open([row]))[0]!;
  }

  noteWaiting(): void {
    this.#opener.noteWaiting();
  }

  async #try<T>(conversation: string, act: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof KeysError)) throw error;
        const { kind, code } = error.failure;
        if (kind === "not_ready") await this.#makeReady(conversation, code);
        else if (kind !== "moved") throw await this.#explain(conversation, error);
        if (tries === MOST_TRIES) throw later(`not ready after ${tries} tries: ${code}`);
      }
    }
  }

  async #explain(conversation: string, { failure: { kind, code } }: KeysError): Promise<Error> {
    if (kind === "no_answer") return makeProblem("network", code);
    if (kind === "refused") return makeProblem(code, "refused");
    if (kind === "broken" && code === "RangeError") return makeProblem("too_large", code);
    return this.#waitOrLater(conversation, code);
  }

  async #waitOrLater(conversation: string, detail: string): Promise<Error> {
    const held = await findHeld(this.#replica, [conversation]);
    return held.has(conversation) ? new SealingWaits() : later(detail);
  }

  /** Something stood against sealing. Returns if it may not any more. */
  async #makeReady(conversation: string, state: string): Promise<void> {
    const { n, sealing } = await this.#confirm(conversation);
    if (n === 0) return this.#begin(conversation);
    if (sealing.state === "ready" || sealing.state === "rotating") return;
    throw await this.#waitOrLater(conversation, sealing.state === "unconfirmed" ? state : sealing.state);
  }

  async #confirm(conversation: string): Promise<Standing> {
    const [standing] = await this.#askKeys(conversation, () => this.#ask("confirm", { conversations: [conversation], databases: [] }));
    await this.#noting.note([standing!]);
    return standing!;
  }

  async #askKeys<T>(conversation: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw error instanceof KeysError ? await this.#explain(conversation, error) : error;
    }
  }

  /** Makes the first epoch. A friend without keys cannot be given any: it waits for them. */
  async #begin(conversation: string): Promise<void> {
    const row = await this.#replica.conversations.get(conversation);
    const other = row?.users.find((user) => user !== this.#replica.me);
    const isKnown = row?.kind === "self" || (row?.kind === "direct" && other !== undefined);
    if (!isKnown) throw later("a conversation that is not known yet");
    try {
      const begun = await this.#ask("beginConversation", { beginning: row.kind === "self" ? { kind: "self" } : { kind: "direct", other: other! } });
      if (begun !== conversation) throw later("a conversation under another id than its people have");
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      await this.#judgeBeginning(row!, other, error);
    }
  }

  async #judgeBeginning({ id }: ConversationRow, other: number | undefined, error: KeysError): Promise<void> {
    const { kind, code } = error.failure;
    // Somebody else's was first.
    if (kind === "moved") return;
    if (kind !== "verdict" || code !== "unproven" || other === undefined) throw await this.#explain(id, error);
    await this.#noting.noteWaiting(id, [other]);
    throw new SealingWaits();
  }
}
