// The keys' worker without the worker: carries out one ask after the other, each alone among all tabs of this browser.
import { fromHex, toHex } from "../../lib/bytes.ts";
import { changePassword, type NextPassword } from "../account/change-password.ts";
import { connect } from "../account/connect.ts";
import { enter } from "../account/enter.ts";
import { noteNews } from "../account/news.ts";
import { findVaultSaid } from "../account/open-vault.ts";
import { forgetUnasked, meetPast } from "../account/past.ts";
import { sayProfile } from "../account/profile.ts";
import { drawRecoveryKey, dropRecoveryKey, makeRecoveryKey, recover } from "../account/recovery.ts";
import { removeDevices, retire } from "../account/remove-devices.ts";
import { resetHere, resetWithout } from "../account/reset.ts";
import type { Account, Self } from "../account/self.ts";
import { type AccountServer, NoAnswer, Refusal } from "../account/server.ts";
import { addDevice, setUp } from "../account/set-up.ts";
import type { PasswordKeys } from "../derive.ts";
import { Moved, NotReady } from "../conversations/acting/act.ts";
import { Device } from "../conversations/device.ts";
import { setAside } from "../conversations/restored/restored.ts";
import type { ConversationServer } from "../conversations/server.ts";
import type { ConversationStore } from "../conversations/store.ts";
import { check, ProtocolError, zeros } from "../protocol/codec.ts";
import { NotFetched } from "../protocol/load-curve25519.ts";
import { wipe } from "../protocol/primitives.ts";
import { actOnConversations, type ConversationAsk, isConversationAsk } from "./conversation-acts.ts";
import { actOnGroups, type GroupAsk, isGroupAsk } from "./group-acts.ts";
import type { KeyStore } from "./key-store.ts";
import type { Acts, Answer, Ask, Chosen, Connection, Failure, Place } from "./messages.ts";
import { actOnPrivate, isPrivateAsk, type PrivateAsk } from "./private-acts.ts";
import { actOnTrust, isTrustAsk, type TrustAsk } from "./trust-acts.ts";

export interface Surroundings {
  /** The server as this user's session sees it; 0 and the name of the device that is to come for who is not signed in. */
  reach: (user: number, deviceName?: string) => AccountServer;
  openStore: (user: number) => KeyStore;
  reachConversations: (user: number) => ConversationServer;
  openConversations: (user: number) => ConversationStore;
  /** Missing where the browser withholds Web Locks: then tabs may get in each other's way, which the server notices. */
  locks: Pick<LockManager, "request"> | undefined;
  now: () => number;
  wait: (ms: number) => Promise<void>;
}

const LOCK = "hearth-keys";

/** They lie in the port before it is handed on; nobody waits for what is lost, with all other tabs behind it. */
const LONGEST_MS = 10_000;

/** The keys that the password's worker has put into a port. It waits to hear that they were taken. */
function readKeys(port: MessagePort): Promise<PasswordKeys> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no keys came")), LONGEST_MS);
    port.onmessage = ({ data }: MessageEvent<PasswordKeys>) => {
      port.postMessage("taken");
      port.close();
      resolve(data);
    };
  });
}

async function withKeys<T>(port: MessagePort, act: (keys: PasswordKeys) => Promise<T>): Promise<T> {
  const keys = await readKeys(port);
  try {
    return await act(keys);
  } finally {
    wipe(keys.authKey, keys.kek);
  }
}

const withChosen = <T>({ keys: port, salt, stretching }: Chosen, act: (next: NextPassword) => Promise<T>): Promise<T> =>
  withKeys(port, ({ authKey, kek }) => act({ password: { authKey, salt, stretching }, kek }));

const placeOf = ({ place, device }: Account): Place => ({ server: toHex(place.server), user: place.user, username: place.username, device: toHex(device) });

function accountOf({ reach, openStore, now, wait }: Surroundings, place: Place): Account {
  const { user, username } = place;
  const server = fromHex(place.server);
  return { place: { server, user, username }, device: fromHex(place.device), server: reach(user), store: openStore(user), now, wait };
}

/** Account acts, which know whose they are. */
async function actFor(account: Account, ask: Exclude<Ask, ConversationAsk | GroupAsk | PrivateAsk | TrustAsk | { act: "connect" | "drawRecoveryKey" | "retire" | "forget" | "recover" | "resetWithout" }>): Promise<Acts[Ask["act"]]["gives"]> {
  switch (ask.act) {
    case "enter":
      await meetPast(account.store, ask.database);
      return withKeys(ask.password, (keys) => enter(account, keys, ask.displayName, ask.avatar ?? zeros(32), ask.isAgreed));
    case "setUp":
      return withKeys(ask.password, (keys) => setUp(account, keys, ask.displayName, ask.avatar ?? zeros(32))).then(() => null);
    case "addDevice":
      return withKeys(ask.password, (keys) => addDevice(account, keys)).then(() => null);
    case "removeDevices":
      return withKeys(ask.password, (keys) => removeDevices(account, keys, ask.devices.map(fromHex))).then(() => null);
    case "changePassword": {
      const options = { kept: ask.kept.map(fromHex), isTheft: ask.isTheft };
      return withKeys(ask.password, (old) => withChosen(ask.next, (next) => changePassword(account, old, next, options))).then(() => null);
    }
    case "makeRecoveryKey":
      return withKeys(ask.password, (keys) => makeRecoveryKey(account, keys, ask.drawn)).then(() => null);
    case "dropRecoveryKey":
      return withKeys(ask.password, (keys) => dropRecoveryKey(account, keys)).then(() => null);
    case "resetHere":
      return withChosen(ask.next, (next) => resetHere(account, ask.token, next)).then(() => null);
    case "sayProfile":
      return sayProfile(account, { displayName: ask.displayName, avatar: ask.avatar }).then(() => null);
    case "noteNews":
      return noteNews(account, ask.n).then(() => null);
  }
}

/** Devices whose conversations are in use. What the account's flows change is not in them, but for a look: they are started anew then. */
const devices = new WeakMap<Surroundings, Started>();

/** Devices that have gone: what was asked for them meanwhile must not make their storage anew. */
const gone = new WeakMap<Surroundings, Set<string>>();

async function leave(around: Surroundings, ask: Extract<Ask, { act: "retire" | "forget" }>): Promise<null> {
  const account = accountOf(around, ask.place);
  if (ask.act === "retire") await retire(account);
  else if (ask.isAsked) await account.store.forget(null);
  else await forgetUnasked(account.store, await around.openConversations(ask.place.user).readDatabase());
  gone.set(around, (gone.get(around) ?? new Set()).add(nameOf(ask.place)));
  return null;
}

interface Started {
  /** The database generation that they are about. */
  database: string | null;
  devices: Map<string, Device>;
  /** What a look has found, for the device that starts next. */
  looked: Map<string, Self>;
}

function startedOf(around: Surroundings): Started {
  const started = devices.get(around) ?? { database: null, devices: new Map(), looked: new Map() };
  devices.set(around, started);
  return started;
}

/** Whatever tab heard of another database first: what is in use of the one before is nothing to go on with. */
async function leaveOldDatabase(around: Surroundings, { user }: Place): Promise<void> {
  const database = await around.openConversations(user).readDatabase();
  const started = startedOf(around);
  if (started.database !== database) devices.set(around, { database, devices: new Map(), looked: new Map() });
}

async function meetDatabase(around: Surroundings, { place, database, partings }: Extract<ConversationAsk, { act: "meetDatabase" }>): Promise<Acts["meetDatabase"]["gives"]> {
  const store = around.openConversations(place.user);
  const before = await store.readDatabase();
  if (before === database) return { isNew: false, wasRestored: false, waiting: [] };
  const keys = around.openStore(place.user);
  await meetPast(keys, database);
  const waiting = before === null && partings.length === 0 ? [] : await setAside(accountOf(around, place), around.reachConversations(place.user), store, partings);
  await store.writeDatabase(database);
  return { isNew: true, wasRestored: before !== null || (await keys.readPast())?.isReleased === true, waiting };
}

const nameOf = ({ user, device }: Place): string => `${user} ${device}`;

async function findSelf(around: Surroundings, place: Place): Promise<Self> {
  const looked = startedOf(around).looked.get(nameOf(place));
  if (looked !== undefined) return looked;
  const found = await connect(accountOf(around, place));
  check(found.state === "ready", "not_listed", "this device is not in the list");
  return found.self;
}

async function findDevice(around: Surroundings, place: Place): Promise<Device> {
  const started = startedOf(around);
  const there = started.devices.get(nameOf(place));
  if (there?.isCurrent === true) return there;
  const { reachConversations, openConversations, now, wait } = around;
  const self = await findSelf(around, place);
  const device = await Device.start(self, { api: reachConversations(place.user), store: openConversations(place.user), now, wait });
  started.devices.set(nameOf(place), device);
  return device;
}

/** A look at everything that one's own keys rest on. Conversations in use stay so, as long as nothing goes wrong. */
async function look(around: Surroundings, place: Place): Promise<Connection> {
  const { devices: inUses, looked } = startedOf(around);
  const name = nameOf(place);
  const inUse = inUses.get(name);
  inUses.delete(name);
  looked.delete(name);
  const found = await connect(accountOf(around, place), inUse?.self);
  if (found.state !== "ready") return { state: found.state, news: null, devices: [], renewed: null, vault: null };
  looked.set(name, found.self);
  if (found.self === inUse?.self) {
    await inUse.readPins();
    inUses.set(name, inUse);
  }
  const { self: { chain }, news, renewed } = found;
  return { state: "ready", news, devices: chain.head.devices.map((one) => toHex(one.device)), renewed, vault: findVaultSaid(chain) };
}

async function act(around: Surroundings, ask: Ask): Promise<Acts[Ask["act"]]["gives"]> {
  if ("place" in ask && ask.act !== "forget") check(!gone.get(around)?.has(nameOf(ask.place)), "not_listed", "this device has gone");
  if (isConversationAsk(ask) && ask.act === "meetDatabase") return meetDatabase(around, ask);
  if (isConversationAsk(ask) || isGroupAsk(ask) || isPrivateAsk(ask) || isTrustAsk(ask) || ask.act === "connect") await leaveOldDatabase(around, ask.place);
  if (isConversationAsk(ask)) return actOnConversations(await findDevice(around, ask.place), ask);
  if (isGroupAsk(ask)) return actOnGroups(await findDevice(around, ask.place), ask);
  if (isPrivateAsk(ask)) return actOnPrivate((await findDevice(around, ask.place)).self, ask);
  if (isTrustAsk(ask)) return actOnTrust(await findDevice(around, ask.place), ask);
  if (ask.act === "connect") return look(around, ask.place);
  if (ask.act === "drawRecoveryKey") return drawRecoveryKey();
  devices.delete(around);
  if (ask.act === "retire" || ask.act === "forget") return leave(around, ask);
  const begin = async (start: { server: Uint8Array; user: number; device: Uint8Array }, username: string, database: string): Promise<Account> => {
    const account = accountOf(around, { server: toHex(start.server), user: start.user, username, device: toHex(start.device) });
    await meetPast(account.store, database);
    return account;
  };
  switch (ask.act) {
    case "recover":
      return withChosen(ask.next, (next) => recover(around.reach(0, ask.deviceName), ask.username, ask.recoveryKey, next, ask.isTheft, (start) => begin(start, ask.username, ask.database))).then(placeOf);
    case "resetWithout":
      return withChosen(ask.next, (next) => resetWithout(around.reach(0, ask.deviceName), ask.token, next, (start) => begin(start, start.username, ask.database))).then(placeOf);
    default:
      return actFor(accountOf(around, ask.place), ask);
  }
}

function explain(error: unknown): Failure {
  if (error instanceof ProtocolError) return { kind: "verdict", code: error.verdict };
  if (error instanceof Refusal) return { kind: "refused", code: error.code };
  if (error instanceof NotReady) return { kind: "not_ready", code: error.sealing.state };
  if (error instanceof Moved) return { kind: "moved", code: error.code };
  if (error instanceof NoAnswer || error instanceof NotFetched) return { kind: "no_answer", code: "no_answer" };
  return { kind: "broken", code: error instanceof Error ? error.name : "unknown" };
}

/** Never throws: what goes wrong is the answer. */
export async function serve(around: Surroundings, ask: Ask): Promise<Answer> {
  const work = async (): Promise<Answer> => ({ id: ask.id, ok: await act(around, ask) });
  try {
    return await (around.locks === undefined ? work() : around.locks.request(LOCK, work));
  } catch (error) {
    return { id: ask.id, failed: explain(error) };
  }
}
