// The server of conversations over HTTP, as hearth/epochs, hearth/directory and hearth/messages speak (docs/protocol.md). An answer of
// another form is `malformed`, whoever wrote it.
import { type Bytes, toBase64, toHex } from "../../lib/bytes.ts";
import type { CommandName, Commands } from "../../wire/contract.ts";
import { post, serverNow } from "../../wire/http.ts";
import { makeAsk, type Said, type Send } from "../account/said.ts";
import type { ChainPage, NewReceive } from "../account/server.ts";
import type { StoredEpoch } from "./judging/epochs.ts";
import { hashOf, type Row } from "./judging/log.ts";
import type { PersonHead } from "./people/people.ts";
import type { ConversationServer, EpochHead, EpochRequest, EpochTaken, MemberWrap, OpenRewrap, OwnWrap, RewrapAnswer, WrapName } from "./server.ts";

const MOST_MESSAGES = 100;
const MOST_REWRAPS = 100;

/** Throws Refusal, NoAnswer. */
type Ask = <N extends CommandName>(name: N, input: Commands[N]["input"]) => Promise<Said>;
type SaidWrap = NonNullable<Commands["epoch.make"]["input"]["wraps"]>[number];

const sayWraps = (wraps: readonly MemberWrap[]): SaidWrap[] => wraps.map(({ user, wrap }) => ({ user_id: user, wrap: toBase64(wrap) }));
const sayName = ({ conversation, n }: WrapName): Commands["epoch.history"]["input"] => ({ conversation_id: toHex(conversation), n });

const readTaken = (said: Said): EpochTaken => ({ n: said.number("n"), seq: said.number("seq"), time: said.time("timestamp") });

const readEpoch = (said: Said): StoredEpoch => ({ ...readTaken(said), record: said.bytes("record"), roster: said.optional("roster") });

function readRow(said: Said): Row {
  const record = said.bytes("record");
  return {
    seq: said.number("seq"), kind: said.number("kind"), user: said.number("from_user"), device: said.id("from_device"), clientId: said.id("client_id"),
    counter: said.number("counter"), epoch: said.number("epoch"), targetSeq: said.number("target_seq"), time: said.time("timestamp"), record,
    recordHash: hashOf(record, said.optional("record_hash")),
  };
}

export class HttpConversationServer implements ConversationServer {
  readonly #ask: Ask;

  constructor(send: Send = post) {
    this.#ask = makeAsk(send);
  }

  now = serverNow;

  async readChain(user: number, after: number): Promise<ChainPage> {
    const said = await this.#ask("chain.read", { user_id: user, after });
    return { n: said.number("n"), statements: said.many("statements") };
  }

  async listHeads(users: readonly number[]): Promise<PersonHead[]> {
    const said = await this.#ask("chain.heads", { user_ids: [...users] });
    return said.list("heads", (one) => ({
      user: one.number("user_id"), n: one.number("n"), hash: one.bytes("hash"), receiveVersion: one.number("receive_version"),
    }));
  }

  async readReceive(user: number, hashes: readonly Bytes[]): Promise<NewReceive[]> {
    const said = await this.#ask("chain.receive", { user_id: user, hashes: hashes.map(toBase64) });
    return said.list("statements", (one) => ({ statement: one.bytes("statement"), publicKey: one.bytes("public_key") }));
  }

  async makeEpoch({ record, roster, wraps, history }: EpochRequest): Promise<EpochTaken> {
    const given = history === null ? null : { sealed: toBase64(history.sealed), wraps: sayWraps(history.wraps) };
    const body = { record: toBase64(record), roster: roster === null ? null : toBase64(roster), wraps: sayWraps(wraps), history: given };
    return readTaken(await this.#ask("epoch.make", body));
  }

  async listEpochs(conversation: Bytes, first: number): Promise<{ n: number; epochs: StoredEpoch[] }> {
    const said = await this.#ask("epoch.list", { conversation_id: toHex(conversation), first });
    return { n: said.number("n"), epochs: said.list("epochs", readEpoch) };
  }

  async listEpochHeads(conversations: readonly Bytes[]): Promise<EpochHead[]> {
    const said = await this.#ask("epoch.heads", { conversation_ids: conversations.map(toHex) });
    return said.list("heads", (one) => ({ ...readTaken(one), conversation: one.id("conversation_id"), recordHash: one.bytes("record_hash") }));
  }

  async listWraps(after: WrapName | null): Promise<{ wraps: OwnWrap[]; more: boolean }> {
    const said = await this.#ask("epoch.wraps", after === null ? {} : { after: sayName(after) });
    const wraps = said.list("wraps", (one) => ({
      conversation: one.id("conversation_id"), n: one.number("n"), recordHash: one.bytes("record_hash"), wrap: one.bytes("wrap"), hasHistory: one.is("has_history"),
    }));
    return { wraps, more: said.is("more") };
  }

  async dropWraps(names: readonly WrapName[]): Promise<void> {
    await this.#ask("epoch.drop_wraps", { wraps: names.map(sayName) });
  }

  async readHistory(name: WrapName): Promise<{ wrap: Bytes; sealed: Bytes }> {
    const said = await this.#ask("epoch.history", sayName(name));
    return { wrap: said.bytes("wrap"), sealed: said.bytes("sealed") };
  }

  async askRewrap(request: Bytes): Promise<void> {
    await this.#ask("rewrap.ask", { request: toBase64(request) });
  }

  async listRewraps(): Promise<{ answers: RewrapAnswer[]; requests: OpenRewrap[] }> {
    const said = await this.#ask("rewrap.list", { limit: MOST_REWRAPS });
    const nameOf = (one: Said): WrapName => ({ conversation: one.id("conversation_id"), n: one.number("n") });
    return {
      answers: said.list("answers", (one) => ({ ...nameOf(one), answer: one.bytes("answer") })),
      requests: said.list("requests", (one) => ({ ...nameOf(one), request: one.bytes("request") })),
    };
  }

  async answerRewrap(name: WrapName, user: number, receiveHash: Bytes, answer: Bytes): Promise<void> {
    await this.#ask("rewrap.answer", { ...sayName(name), user_id: user, receive_hash: toBase64(receiveHash), answer: toBase64(answer) });
  }

  async readLog(conversation: Bytes, after: number): Promise<{ before: Bytes; rows: Row[] }> {
    const said = await this.#ask("message.history", { conversation_id: toHex(conversation), seq: after, direction: "after", limit: MOST_MESSAGES });
    return { before: said.bytes("hash_before"), rows: said.list("entries", readRow) };
  }

  async readEntry(conversation: Bytes, seq: number): Promise<{ before: Bytes; row: Row } | null> {
    const said = await this.#ask("message.history", { conversation_id: toHex(conversation), seq: seq - 1, direction: "after", limit: 1 });
    const [row] = said.list("entries", readRow);
    return row?.seq === seq ? { before: said.bytes("hash_before"), row } : null;
  }

  async offerChain({ statements, receives, publicKeys, listing }: Parameters<ConversationServer["offerChain"]>[0]): Promise<void> {
    await this.#ask("chain.offer", {
      statements: statements.map(toBase64),
      receives: receives.map((one) => ({ statement: toBase64(one.statement), public_key: toBase64(one.publicKey) })),
      device_keys: publicKeys.map((one) => ({ device_id: toHex(one.device), public_key: toBase64(one.publicKey) })),
      listing: listing && toBase64(listing),
    });
  }

  async leave(record: Bytes): Promise<void> {
    await this.#ask("epoch.leave", { entry: toBase64(record) });
  }
}
