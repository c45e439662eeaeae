// Every flow of section 10 at a real server, for tests/clients/test_account_flows.py, which opens with the Python client's code
// what is left behind. It makes people's devices: each has a session of its own and speaks HTTP as the web client does.
import { fromHex, toBase64, toHex } from "../../../lib/bytes.ts";
import { ProblemError, readProblem } from "../../../wire/http.ts";
import type { PasswordKeys } from "../../derive.ts";
import { zeros } from "../../protocol/codec.ts";
import type { Pin } from "../../protocol/pins.ts";
import { random } from "../../protocol/primitives.ts";
import { changePassword } from "../change-password.ts";
import { connect } from "../connect.ts";
import { HttpAccountServer } from "../http-server.ts";
import { sealRows } from "../make-keys.ts";
import { makeRecoveryKey, recover } from "../recovery.ts";
import { removeDevices, retire } from "../remove-devices.ts";
import { resetHere, resetWithout } from "../reset.ts";
import { type Account, recall } from "../self.ts";
import { addDevice, setUp } from "../set-up.ts";
import { MemoryStore } from "./memory-store.ts";
import { asNext, makePassword, ready } from "./world.ts";

/** What a registration answered; `link` is an administrator's one-time token. */
export interface Person {
  server: string;
  user: number;
  username: string;
  device: string;
  token: string;
  authKey: string;
  link?: string;
}

/** What opens a person's vault at the end, and with what session to ask. */
export interface Left {
  kek: string;
  token: string;
  /** The recovery key as it was shown, if one still opens the vault. */
  recoveryKey?: string;
  pins: number;
}

interface Session {
  token: string | null;
}

const waitMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function same(found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
}

/** A program's requests: by token, and whoever is signed in by one has it from then on. */
function sendAs(url: string, session: Session) {
  return async (path: string, body: object): Promise<unknown> => {
    const begins = /^\/api\/(recovery|reset)\/finish$/.test(path);
    const response = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...(session.token === null ? {} : { authorization: `Bearer ${session.token}` }) },
      body: JSON.stringify(begins ? { ...body, session: "bearer" } : body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new ProblemError(readProblem(response.status, answer));
    if (begins) session.token = answer["token"] as string;
    return answer;
  };
}

class Home {
  readonly sessions = new Map<Account, Session>();

  constructor(readonly url: string, readonly person: Person) {}

  #account(device: string, session: Session): Account {
    const { server, user, username } = this.person;
    const account: Account = {
      place: { server: fromHex(server), user, username }, device: fromHex(device), server: new HttpAccountServer(user, "", sendAs(this.url, session)),
      store: new MemoryStore(), now: () => Date.now(), wait: waitMs,
    };
    this.sessions.set(account, session);
    return account;
  }

  first = (): Account => this.#account(this.person.device, { token: this.person.token });

  async signIn({ authKey }: PasswordKeys): Promise<Account> {
    const session: Session = { token: null };
    const body = { username: this.person.username, auth_key: toBase64(authKey), device_name: "Laptop", session: "bearer" };
    const answer = (await sendAs(this.url, session)("/api/sign-in", body)) as { device: { id: string }; token: string };
    session.token = answer.token;
    return this.#account(answer.device.id, session);
  }

  /** A browser without a session, for what begins one. */
  stranger(): { server: HttpAccountServer; become: (device: string) => Account } {
    const session: Session = { token: null };
    return { server: new HttpAccountServer(0, "Found again", sendAs(this.url, session)), become: (device) => this.#account(device, session) };
  }

  tokenOf = (account: Account): string => this.sessions.get(account)!.token!;
}

const makePin = (user: number): Pin => ({
  kind: "pin", user, username: `friend${user}`, identityKey: random(32), incarnation: 1, n: 4, hash: random(32), how: 2, by: 0, time: Date.now(), takesBack: [],
});

async function writePins(account: Account, count: number): Promise<void> {
  const { statement, key } = (await recall(account)).own.newest!;
  const pins = Array.from({ length: count }, (_, at) => makePin(at + 10));
  await account.server.appendRows(await sealRows(account.place, { g: statement.g, key }, pins));
}

async function countPins(account: Account): Promise<number> {
  return (await (await ready(account)).self.readRows()).filter((row) => row.kind === "pin").length;
}

const stateOf = async (account: Account): Promise<string> => (await connect(account)).state;

/** Set up, a second device, a new password, a recovery key, a recovery, a theft. */
export async function liveAlice(url: string, person: Person, kek: string): Promise<Left> {
  const home = new Home(url, person);
  const phone = home.first();
  const old: PasswordKeys = { authKey: fromHex(person.authKey), kek: fromHex(kek) };
  same(await stateOf(phone), "none");
  await setUp(phone, old, "Alice", zeros(32));
  same((await ready(phone)).renewed, null);
  const laptop = await home.signIn(old);
  same(await stateOf(laptop), "unlisted");
  await addDevice(laptop, old);
  await ready(laptop);
  await writePins(phone, 20);
  same(await countPins(laptop), 20);

  const next = makePassword();
  await changePassword(phone, old, asNext(next), { kept: [laptop.device], isTheft: false });
  same([await countPins(laptop), (await ready(phone)).self.own.newest!.statement.g], [20, 2]);
  const recoveryKey = await makeRecoveryKey(laptop, next);

  const found = makePassword();
  const { server, become } = home.stranger();
  const account = await recover(server, person.username, recoveryKey, asNext(found), false, (start) => Promise.resolve(become(toHex(start.device))));
  same([await countPins(account), (await ready(account)).self.chain.head.devices.length], [20, 1]);

  const last = makePassword();
  await changePassword(account, found, asNext(last), { kept: [], isTheft: true });
  same((await ready(account)).self.chain.head.incarnation, 1);
  return { kek: toHex(last.kek), token: home.tokenOf(account), pins: 20 };
}

/** A device that signs out, one that is removed, a reset on the one that is left. */
export async function liveBob(url: string, person: Person, kek: string): Promise<Left> {
  const home = new Home(url, person);
  const phone = home.first();
  const password: PasswordKeys = { authKey: fromHex(person.authKey), kek: fromHex(kek) };
  await setUp(phone, password, "Bob", zeros(32));
  await writePins(phone, 3);
  const [laptop, tablet] = [await home.signIn(password), await home.signIn(password)];
  for (const device of [laptop, tablet]) {
    await addDevice(device, password);
    await ready(device);
  }
  await retire(laptop);
  same((await ready(phone)).renewed, "generation");
  await removeDevices(phone, password, [tablet.device]);
  const { self } = await ready(phone);
  same([self.own.newest!.statement.g, self.chain.head.devices.map((one) => toHex(one.device))], [3, [toHex(phone.device)]]);
  same(await countPins(phone), 3);

  const next = makePassword();
  await resetHere(phone, person.link!, asNext(next));
  same([await countPins(phone), (await ready(phone)).self.chain.head.incarnation], [3, 2]);
  return { kek: toHex(next.kek), token: home.tokenOf(phone), pins: 3 };
}

/** A forgotten password and no device: everything begins anew. */
export async function liveCarol(url: string, person: Person, kek: string): Promise<Left> {
  const home = new Home(url, person);
  await setUp(home.first(), { authKey: fromHex(person.authKey), kek: fromHex(kek) }, "Carol", zeros(32));
  const next = makePassword();
  const { server, become } = home.stranger();
  const account = await resetWithout(server, person.link!, asNext(next), (start) => Promise.resolve(become(toHex(start.device))));
  same((await ready(account)).self.chain.head.incarnation, 2);
  const recoveryKey = await makeRecoveryKey(account, next);
  return { kek: toHex(next.kek), token: home.tokenOf(account), recoveryKey, pins: 0 };
}
