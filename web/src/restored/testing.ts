// A town whose server is backed up and restored, for tests: it takes back what the real one takes (docs/protocol-encryption.md, 11).
import type { Kept } from "../crypto/account/testing/memory-server.ts";
import { type Place, Town } from "../crypto/conversations/testing/town.ts";
import type { Browser } from "../crypto/keys/testing/browser.ts";
import { EPOCH, readEpoch, readRoster } from "../crypto/protocol/epoch.ts";
import { readRestored, RESTORED } from "../crypto/protocol/log-entries.ts";
import { hashStatement } from "../crypto/protocol/statements.ts";
import { fromBase64, fromHex, randomId, toBase64, toHex } from "../lib/bytes.ts";
import { makeError } from "../replica/testing.ts";
import { toEntry } from "../sealing/testing.ts";
import type { CommandName, Commands, EpochTaken, Offered, OfferedEntry, Page } from "../wire/contract.ts";
import type { Call } from "./offer.ts";

const EPOCH_ENTRY = 16;
const RESTORED_ENTRY = 18;

const copy = (kept: Kept): Kept => ({ ...structuredClone({ ...kept, states: [] }), states: [...kept.states] });

export class RestoredTown {
  generation = randomId();
  readonly commands: string[] = [];
  /** Called before each command; what it throws is the answer. */
  before: (name: CommandName) => void = () => undefined;
  /** It has no time for entries that come back. */
  delays = false;
  #backup = "";
  #accounts = new Map<number, Kept>();
  readonly #marked = new Set<string>();

  constructor(readonly town: Town) {}

  backUp(): void {
    this.#accounts = new Map([...this.town.worlds].map(([user, { server }]) => [user, copy(server.kept)]));
    this.#backup = JSON.stringify([...this.town.places].map(([id, place]) => [id, place.epochs.length, place.rows.length]));
  }

  restore(): void {
    for (const [user, { server }] of this.town.worlds) server.kept = copy(this.#accounts.get(user)!);
    const kept = new Map((JSON.parse(this.#backup) as [string, number, number][]).map(([id, epochs, rows]) => [id, { epochs, rows }]));
    for (const [id, place] of this.town.places) {
      const { epochs, rows } = kept.get(id) ?? { epochs: 0, rows: 0 };
      place.epochs.length = epochs;
      place.rows.length = rows;
      place.hashes.length = rows + 1;
      if (!kept.has(id)) this.town.places.delete(id);
    }
    this.generation = randomId();
    this.#marked.clear();
  }

  callOf = (_browser: Browser): Call =>
    (async (name: CommandName, input: unknown) => {
      this.commands.push(name);
      this.before(name);
      if (name === "epoch.offer") return this.#offerEpoch(input as Commands["epoch.offer"]["input"]);
      if (name === "epoch.restored") return this.#mark(input as Commands["epoch.restored"]["input"]);
      if (name === "message.offer") return this.#offer(input as Commands["message.offer"]["input"]);
      if (name === "message.history") return this.#page(input as Commands["message.history"]["input"]);
      throw makeError("invalid_input");
    }) as Call;

  #find(id: string): Place {
    const place = this.town.places.get(id);
    if (place === undefined) throw makeError("not_found");
    return place;
  }

  #offerEpoch({ record: given, roster }: Commands["epoch.offer"]["input"]): EpochTaken {
    const record = fromBase64(given);
    const epoch = readEpoch(record);
    const place = this.#find(toHex(epoch.conversation));
    const hash = hashStatement(EPOCH, record);
    const known = place.epochs.find((one) => toHex(one.hash) === toHex(hash));
    if (known === undefined && epoch.n !== place.epochs.length + 1) throw makeError("epoch_moved");
    const { n } = epoch;
    const seq = known?.seq ?? place.rows.length + 1;
    if (known === undefined) {
      const bytes = roster ? fromBase64(roster) : place.epochs.at(-1)!.roster;
      place.epochs.push({ n, record, roster: bytes, members: readRoster(bytes), hash, seq, time: this.town.now, wraps: new Map(), history: null });
      place.post({ kind: EPOCH_ENTRY, user: epoch.actor, device: epoch.device, clientId: hash.slice(0, 16), counter: 0, epoch: n, targetSeq: 0, time: this.town.now, record });
    }
    return { conversation_id: toHex(epoch.conversation), n, seq, timestamp: new Date(this.town.now).toISOString() } as EpochTaken;
  }

  #mark({ entry }: Commands["epoch.restored"]["input"]): Commands["epoch.restored"]["result"] {
    const record = fromBase64(entry);
    const { conversation, databaseGeneration, epoch, user, device } = readRestored(record);
    const place = this.#find(toHex(conversation));
    if (toHex(databaseGeneration) !== this.generation) throw makeError("not_accepted");
    const is_own = !this.#marked.has(toHex(conversation));
    if (is_own) {
      const clientId = hashStatement(RESTORED, record).slice(0, 16);
      place.post({ kind: RESTORED_ENTRY, user, device, clientId, counter: 0, epoch, targetSeq: 0, time: this.town.now, record });
    }
    this.#marked.add(toHex(conversation));
    return { conversation_id: toHex(conversation), seq: place.rows.length, is_own };
  }

  #offer({ conversation_id, entries }: Commands["message.offer"]["input"]): Offered {
    const place = this.#find(conversation_id);
    if (!this.#marked.has(conversation_id)) throw makeError("not_restored");
    if (this.delays) return { places: entries.map(() => ({ seq: 0, code: "busy" })) };
    return { places: entries.map((one) => ({ seq: this.#offerOne(place, one), code: null })) };
  }

  #offerOne(place: Place, one: OfferedEntry): number {
    const known = place.rows.find((row) => row.user === one.from_user && toHex(row.clientId) === one.client_id);
    if (known !== undefined) return known.seq;
    const { from_user: user, counter, kind, epoch, target_seq: targetSeq = 0 } = one;
    return place.post({
      kind, user, device: fromHex(one.from_device), clientId: fromHex(one.client_id), counter, epoch, targetSeq, time: this.town.now, record: fromBase64(one.record),
    }).seq;
  }

  #page({ conversation_id, seq, limit = 50 }: Commands["message.history"]["input"]): Page {
    const place = this.#find(conversation_id);
    const entries = place.rows.slice(seq, seq + limit).map((row) => toEntry(place, row));
    const last = { last_seq: place.rows.length, last_ordinal: 0, members: [], aimed: [], answered: [], left_out: [] };
    return { conversation_id, entries, hash_before: toBase64(place.hashes[seq]!), first_seq: 1, ...last };
  }
}
