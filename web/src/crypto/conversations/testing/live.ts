// Conversations at a real server, for tests/clients/test_conversations.py, whose Python client's code takes part as one of bob's
// devices. Each method is one step that the test asks for; what it takes and gives is JSON.
import { fromBase64, fromHex, toBase64, toHex } from "../../../lib/bytes.ts";
import { ProblemError, readProblem } from "../../../wire/http.ts";
import { HttpAccountServer } from "../../account/http-server.ts";
import { removeDevices } from "../../account/remove-devices.ts";
import type { Account } from "../../account/self.ts";
import { addDevice, setUp } from "../../account/set-up.ts";
import { MemoryStore } from "../../account/testing/memory-store.ts";
import { ready } from "../../account/testing/world.ts";
import type { PasswordKeys } from "../../derive.ts";
import { zeros } from "../../protocol/codec.ts";
import { random } from "../../protocol/primitives.ts";
import { act, begin } from "../acting/act.ts";
import { Device } from "../device.ts";
import { confirm } from "../fetching/fetch-epochs.ts";
import { HttpConversationServer } from "../http-server.ts";
import { type Act, PLAIN_SETTINGS } from "../acting/make-epoch.ts";
import { answerRequest, listKeyless, makeRequest, takeAnswer } from "../fetching/rewrap.ts";
import { MESSAGE } from "../judging/roles.ts";
import { highestCounter, seal } from "../acting/seal.ts";
import { readSeeds, takeWraps, writeHeads } from "../fetching/seeds.ts";
import { MemoryConversations } from "./memory-conversations.ts";
import { readAll } from "./talk.ts";

/** What a registration answered, in hex. */
export interface Registered {
  server: string;
  user: number;
  username: string;
  device: string;
  token: string;
  authKey: string;
  kek: string;
}

type Send = (path: string, body: object) => Promise<unknown>;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function sendAs(url: string, token: string | null): Send {
  return async (path, body) => {
    const headers = { "content-type": "application/json", ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    if (!response.ok) throw new ProblemError(readProblem(response.status, answer));
    return answer;
  };
}

/** Entries that are on their way at a time. */
const AT_ONCE = 20;

interface Home {
  account: Account;
  send: Send;
  store: MemoryStore;
  device: Device;
}

export class Live {
  readonly #homes = new Map<string, Home>();

  constructor(readonly url: string, readonly people: Record<string, Registered>) {}

  #keys = (name: string): PasswordKeys => ({ authKey: fromHex(this.people[name]!.authKey), kek: fromHex(this.people[name]!.kek) });
  #home = (who: string): Home => this.#homes.get(who)!;

  async #move(who: string, name: string, device: string, send: Send, enter: (account: Account) => Promise<void>): Promise<void> {
    const { server, user, username } = this.people[name]!;
    const store = new MemoryStore();
    const account: Account = {
      place: { server: fromHex(server), user, username }, device: fromHex(device), server: new HttpAccountServer(user, "", send), store, now: () => Date.now(), wait,
    };
    await enter(account);
    this.#homes.set(who, { account, send, store, device: await this.#start(account, send) });
  }

  async #start(account: Account, send: Send): Promise<Device> {
    const { self } = await ready(account);
    return Device.start(self, { api: new HttpConversationServer(send), store: new MemoryConversations(), now: () => Date.now(), wait });
  }

  async setUp({ who }: { who: string }): Promise<null> {
    const { device, token } = this.people[who]!;
    await this.#move(who, who, device, sendAs(this.url, token), (account) => setUp(account, this.#keys(who), who, zeros(32)));
    return null;
  }

  async addDevice({ who, name }: { who: string; name: string }): Promise<null> {
    const keys = this.#keys(name);
    const body = { username: this.people[name]!.username, auth_key: toBase64(keys.authKey), device_name: who, session: "bearer" };
    const answer = (await sendAs(this.url, null)("/api/sign-in", body)) as { device: { id: string }; token: string };
    await this.#move(who, name, answer.device.id, sendAs(this.url, answer.token), (account) => addDevice(account, keys));
    return null;
  }

  /** `who` removes the device of another home of the same person, and starts anew. */
  async removeDevice({ who, removed }: { who: string; removed: string }): Promise<null> {
    const home = this.#home(who);
    await removeDevices(home.account, this.#keys(who), [this.#home(removed).account.device]);
    home.device = await this.#start(home.account, home.send);
    return null;
  }

  /** What lets another program go on as this device: its seed, its receive seeds by version. */
  secrets = ({ who }: { who: string }): Promise<{ device: string; signSeed: string; receive: Record<string, string> }> => {
    const { account, store, device } = this.#home(who);
    const receive = Object.fromEntries([...device.self.receiveSeeds].map(([version, seed]) => [String(version), toHex(seed)]));
    return Promise.resolve({ device: toHex(account.device), signSeed: toHex(store.signSeed()), receive });
  };

  async begin({ who, members }: { who: string; members: number[] }): Promise<string> {
    return toHex(await begin(this.#home(who).device, { kind: "group", members, settings: { ...PLAIN_SETTINGS, addBy: 2, settingsBy: 2 } }));
  }

  async beginDirect({ who, other }: { who: string; other: number }): Promise<string> {
    return toHex(await begin(this.#home(who).device, { kind: "direct", other }));
  }

  /** A connection: what is new, and the log; texts that stand, verdicts in brackets. */
  async read({ who, conversation }: { who: string; conversation: string }): Promise<{ texts: string[]; seq: number; hash: string; n: number; state: string }> {
    const { device } = this.#home(who);
    const id = fromHex(conversation);
    await readSeeds(device);
    await readAll(device, id);
    await confirm(device, [id]);
    await takeWraps(device);
    const live = await readAll(device, id);
    await writeHeads(device, [live]);
    const records = live.known.judged.findings.filter(({ row }) => row.kind < 16);
    const texts = records.map((one) => (one.verdict === null ? String((one.content as { text?: string } | null)?.text) : `[${one.verdict}]`));
    const { seq, hash } = live.known.log.head;
    return { texts, seq, hash: toHex(hash), n: live.known.epochs.newest?.epoch.n ?? 0, state: device.stateOf(live).state };
  }

  async say({ who, conversation, text }: { who: string; conversation: string; text: string }): Promise<null> {
    const { device, send } = this.#home(who);
    const live = await device.open(fromHex(conversation));
    const one = { clientId: random(16), counter: highestCounter(device, live) + 1, kind: MESSAGE, content: { type: "text", text }, target: null };
    const { record, epoch } = await seal(device, live, one);
    const place = { conversation_id: conversation, client_id: toHex(one.clientId), counter: one.counter, kind: MESSAGE, epoch, target_seq: 0 };
    await send("/api/message.send", { ...place, record: toBase64(record) });
    await readAll(device, fromHex(conversation));
    return null;
  }

  /** A long history, quickly: notes to oneself, some at a time, through as many epochs as it takes. Returns the conversation. */
  async writeNotes({ who, count }: { who: string; count: number }): Promise<string> {
    const { device, send } = this.#home(who);
    const id = await begin(device, { kind: "self" });
    const [live, conversation] = [await device.open(id), toHex(id)];
    for (let counter = 1; counter <= count;) {
      const sent: Promise<{ seq: number; log_hash: string }>[] = [];
      for (const end = Math.min(counter + AT_ONCE, count + 1); counter < end; counter += 1) {
        const one = { clientId: random(16), counter, kind: MESSAGE, content: { type: "text", text: `Note ${counter} of ${count}` }, target: null };
        const { record, epoch } = await seal(device, live, one);
        const place = { conversation_id: conversation, client_id: toHex(one.clientId), counter, kind: MESSAGE, epoch, target_seq: 0 };
        sent.push(send("/api/message.send", { ...place, record: toBase64(record) }) as Promise<{ seq: number; log_hash: string }>);
      }
      for (const { seq, log_hash } of await Promise.all(sent)) live.known.log.know({ seq, hash: fromBase64(log_hash) });
    }
    await readAll(device, id);
    await writeHeads(device, [live]);
    return conversation;
  }

  async act({ who, conversation, wanted }: { who: string; conversation: string; wanted: Act }): Promise<null> {
    const { device } = this.#home(who);
    await act(device, await device.open(fromHex(conversation)), wanted);
    return null;
  }

  /** Forgets the seed of an epoch, and says what co-members are asked. */
  async ask({ who, conversation, n }: { who: string; conversation: string; n: number }): Promise<string> {
    const { device } = this.#home(who);
    const live = await device.open(fromHex(conversation));
    live.known.epochs.find(n)!.seed = null;
    return toBase64(await makeRequest(device, listKeyless(device, live).find((one) => one.epoch.n === n)!));
  }

  async answer({ who, conversation, request }: { who: string; conversation: string; request: string }): Promise<string> {
    const { device } = this.#home(who);
    return toBase64(await answerRequest(device, await device.open(fromHex(conversation)), fromBase64(request)));
  }

  async takeAnswer({ who, conversation, n, answer }: { who: string; conversation: string; n: number; answer: string }): Promise<boolean> {
    const { device } = this.#home(who);
    return takeAnswer(device, await device.open(fromHex(conversation)), n, fromBase64(answer));
  }
}
