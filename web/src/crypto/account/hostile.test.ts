// A server that lies about one's own keys. Each attack stands beside the same act with an honest server.
import { describe, expect, test } from "vitest";

import type { Bytes } from "../../lib/bytes.ts";
import { zeros } from "../protocol/codec.ts";
import { publicKeyOf, signWithSeed } from "../protocol/ed25519.ts";
import { kemPublicKey } from "../protocol/hpke.ts";
import { hashSet } from "../protocol/keyring.ts";
import { commitGeneration, GENERATION, makeGeneration, makeReceive, sealPredecessor, wrapGeneration } from "../protocol/own-keys.ts";
import { random } from "../protocol/primitives.ts";
import { hashStatement } from "../protocol/statements.ts";
import { makeUserStatement } from "../protocol/user-chain.ts";
import { deriveRecovery, readRecoveryKey, RECOVERY_KEY, sealVault, sealWay } from "../protocol/vault.ts";
import { changePassword } from "./change-password.ts";
import { connect } from "./connect.ts";
import { sealRows } from "./make-keys.ts";
import { makeRecoveryKey, recover } from "./recovery.ts";
import { removeDevices } from "./remove-devices.ts";
import { type Account, recall } from "./self.ts";
import type { AccountServer, RecoveryStart, StoredRow } from "./server.ts";
import { addDevice, setUp } from "./set-up.ts";
import { MemorySession } from "./testing/memory-session.ts";
import { MemoryStore } from "./testing/memory-store.ts";
import { asNext, DAY, makePassword, NO_AVATAR, ready, verdictOf, World } from "./testing/world.ts";

/** The account with a server that answers some questions otherwise. */
function lie(account: Account, lies: Partial<AccountServer>): Account {
  const server = new Proxy(account.server, {
    get: (object, name) => {
      const value: unknown = Reflect.get(lies, name) ?? Reflect.get(object, name, object);
      return typeof value === "function" ? value.bind(Reflect.has(lies, name) ? lies : object) : value;
    },
  });
  return { ...account, server };
}

const state = async (account: Account): Promise<string> => verdictOf(connect(account).then((one) => expect(one.state).toBe("ready")));

describe("the vault", () => {
  async function changed(): Promise<{ world: World; first: Account; old: Partial<AccountServer>; oldPassword: ReturnType<typeof makePassword> }> {
    const world = new World();
    const first = await world.begin();
    const [vault, chain] = [await first.server.getVault(), [...world.server.kept.statements]];
    const oldPassword = world.password;
    world.password = makePassword();
    await changePassword(first, oldPassword, asNext(world.password), { kept: [], isTheft: false });
    const readChain = (after: number): ReturnType<AccountServer["readChain"]> => Promise.resolve({ n: chain.length, statements: chain.slice(after) });
    return { world, first, oldPassword, old: { getVault: () => Promise.resolve(vault), readChain } };
  }

  test("an old one, to who still types the old password", async () => {
    const { world, old, oldPassword } = await changed();
    const account = world.signIn();
    expect(await verdictOf(addDevice(lie(account, { getVault: old.getVault! }), oldPassword))).toBe("rollback");
    expect(await verdictOf(addDevice(account, oldPassword))).toBe("wrong_password");
    expect(await verdictOf(addDevice(account, world.password))).toBe("accepted");
  });

  test("an old one with the chain of its time, to a browser that knew more", async () => {
    const { world, first, old, oldPassword } = await changed();
    const account = world.signIn(first.store);
    expect(await verdictOf(addDevice(lie(account, old), oldPassword))).toBe("rollback");
    expect(await verdictOf(addDevice(account, world.password))).toBe("accepted");
  });

  test("one of the server's making under the right password's wrap", async () => {
    const world = new World();
    await world.begin();
    const kept = world.server.kept.vault!;
    const sealed = await sealVault(random(32), { server: world.server.id, user: 1, version: 1 }, {
      version: 1, identitySeed: random(32), kemSeed: random(32), ownChain: { g: 0, hash: zeros(32), key: zeros(32) },
      userChain: { n: 2, hash: world.server.kept.states[1]!.hash }, ways: [], extensions: [],
    });
    const account = world.signIn();
    const getVault: AccountServer["getVault"] = () => Promise.resolve({ version: 1, isListed: false, sealed, passwordWrap: kept.passwordWrap });
    expect(await verdictOf(addDevice(lie(account, { getVault }), world.password))).toBe("cannot_open");
    expect(await verdictOf(addDevice(account, world.password))).toBe("accepted");
  });

  test("gone", async () => {
    const world = new World();
    await world.begin();
    const account = world.signIn();
    const getVault: AccountServer["getVault"] = () => Promise.resolve({ version: 0, isListed: false, sealed: null, passwordWrap: null });
    expect(await verdictOf(addDevice(lie(account, { getVault }), world.password))).toBe("rollback");
    expect(await verdictOf(addDevice(account, world.password))).toBe("accepted");
  });
});

describe("the user chain", () => {
  const chainOf = (statements: Bytes[]): AccountServer["readChain"] => (after) => Promise.resolve({ n: statements.length, statements: statements.slice(after) });

  test("another one, a shorter one, none of it, under the same user id, to a known and to a new device", async () => {
    const world = new World();
    const first = await world.begin();
    const forger = new World();
    forger.now += 1;
    await forger.begin();
    const readChain = chainOf(forger.server.kept.statements);
    expect(await state(lie(first, { readChain }))).toBe("wrong_link");
    const shorter = chainOf(world.server.kept.statements.slice(0, 3));
    expect(await state(lie(first, { readChain: shorter }))).toBe("rollback");
    const silent: AccountServer["readChain"] = () => Promise.resolve({ n: 5, statements: [] });
    expect(await state(lie(first, { readChain: silent }))).toBe("rollback");
    expect(await state(first)).toBe("accepted");
    const account = world.signIn();
    expect(await verdictOf(addDevice(lie(account, { readChain }), world.password))).toBe("fork");
    expect(await verdictOf(addDevice(account, world.password))).toBe("accepted");
  });

  test("a second statement for an n that is known", async () => {
    const world = new World();
    const first = await world.begin();
    const keys = (await first.store.readDevice(first.device))!;
    const [, , before] = world.server.kept.states;
    const other = await makeUserStatement({
      server: world.server.id, user: 1, n: 4, previous: before!.hash, body: { kind: "profile", displayName: "Mallory", avatar: zeros(32) }, time: 1,
      signer: keys.device, extensions: [],
    }, keys.sign);
    const statements = [...world.server.kept.statements.slice(0, 3), other];
    const readChain: AccountServer["readChain"] = () => Promise.resolve({ n: 4, statements });
    expect(await state(lie(first, { readChain }))).toBe("fork");
    expect(await state(first)).toBe("accepted");
  });

  test("of another person", async () => {
    const world = new World();
    const first = await world.begin();
    const account = world.signIn();
    const foreign = { ...account, place: { ...account.place, user: 2 } };
    expect(await verdictOf(addDevice(foreign, world.password))).toBe("wrong_place");
    expect(await state(first)).toBe("accepted");
  });

  test("a device that the server lists by itself", async () => {
    const world = new World();
    const first = await world.begin();
    const head = world.server.head!;
    const seed = random(32);
    const devices = [...head.devices, { device: new Uint8Array(16).fill(255), signKey: await publicKeyOf(seed), kemHash: random(32), formats: [1] }];
    const forged = await makeUserStatement({
      server: world.server.id, user: 1, n: head.n + 1, previous: head.hash, body: { kind: "devices", devices }, time: 1, signer: zeros(16), extensions: [],
    }, signWithSeed(seed));
    expect(await state(lie(first, { readChain: chainOf([...world.server.kept.statements, forged]) }))).toBe("bad_signature");
    expect(await state(first)).toBe("accepted");
  });
});

describe("generations", () => {
  /** A generation after the newest, signed by `seed` as `device`, wrapped to `to`. */
  async function forge(world: World, seed: Bytes, device: Bytes, to: Account, changed: { head?: number; wrong?: boolean } = {}): Promise<AccountServer["listGenerations"]> {
    const { id, kept } = world.server;
    const [newest, keys] = [kept.generations.at(-1)!, (await to.store.readDevice(to.device))!];
    const [g, key, stated] = [newest.g + 1, random(32), kept.states[(changed.head ?? kept.states.length) - 1]!];
    const statement = await makeGeneration({
      server: id, user: 1, g, previous: newest.hash, chain: { n: stated.n, hash: stated.hash }, commitment: commitGeneration(id, 1, g, key),
      set: hashSet([]), time: world.now, device, extensions: [],
    }, signWithSeed(seed));
    const wrap = await wrapGeneration(keys.kemPublicKey, hashStatement(GENERATION, statement), to.device, changed.wrong === true ? random(32) : key);
    const predecessor = await sealPredecessor(key, id, 1, g, (await recall(to)).own.newest!.key);
    const forged = { statement, predecessor, wrap, vaultWrap: null };
    return async (before) => (before === null ? [forged, ...(await to.server.listGenerations(null))] : to.server.listGenerations(before));
  }

  test("by a device that is not in the list, by one that is with another key, with another key than it commits to", async () => {
    const world = new World();
    const first = await world.begin();
    expect(await state(lie(first, { listGenerations: await forge(world, random(32), random(16), first) }))).toBe("not_listed");
    expect(await state(lie(first, { listGenerations: await forge(world, random(32), first.device, first) }))).toBe("bad_signature");
    expect(await state(lie(first, { listGenerations: await forge(world, random(32), first.device, first, { wrong: true }) }))).toBe("bad_commitment");
    world.now += 31 * DAY;
    expect((await ready(first)).renewed).toBe("generation");
  });

  test("by a device that was removed, at the head when it was there", async () => {
    const world = new World();
    const [first, second] = [await world.begin(), await world.add()];
    const head = world.server.kept.states.length;
    await removeDevices(first, world.password, [second.device]);
    const keys = (await second.store.readDevice(second.device))!;
    const seedless = async (at?: number): Promise<string> => {
      const { id, kept } = world.server;
      const [newest, stated] = [kept.generations.at(-1)!, kept.states[(at ?? kept.states.length) - 1]!];
      const [g, key] = [newest.g + 1, random(32)];
      const statement = await makeGeneration({
        server: id, user: 1, g, previous: newest.hash, chain: { n: stated.n, hash: stated.hash }, commitment: commitGeneration(id, 1, g, key),
        set: hashSet([]), time: world.now, device: second.device, extensions: [],
      }, keys.sign);
      const own = (await first.store.readDevice(first.device))!;
      const wrap = await wrapGeneration(own.kemPublicKey, hashStatement(GENERATION, statement), first.device, key);
      const predecessor = await sealPredecessor(key, id, 1, g, (await recall(first)).own.newest!.key);
      const listGenerations: AccountServer["listGenerations"] = async (before) =>
        before === null ? [{ statement, predecessor, wrap, vaultWrap: null }, ...(await first.server.listGenerations(null))] : first.server.listGenerations(before);
      return state(lie(first, { listGenerations }));
    };
    expect(await seedless(head)).toBe("rollback");
    expect(await seedless()).toBe("not_listed");
    expect(await state(first)).toBe("accepted");
  });

  test("hidden, without a wrap, without what lies between", async () => {
    const world = new World();
    const [first, second] = [await world.begin(), await world.add()];
    for (let month = 0; month < 2; month += 1) {
      world.now += 31 * DAY;
      await ready(first);
    }
    const all = await first.server.listGenerations(null);
    const older: AccountServer["listGenerations"] = (before) => Promise.resolve(before === null ? all.slice(1) : []);
    expect(await state(lie(first, { listGenerations: older }))).toBe("rollback");
    const listed = await second.server.listGenerations(null);
    const wrapless: AccountServer["listGenerations"] = () => Promise.resolve(listed.map((one) => ({ ...one, wrap: null })));
    expect(await state(lie(second, { listGenerations: wrapless }))).toBe("cannot_open");
    const gap: AccountServer["listGenerations"] = () => Promise.resolve([listed[0]!, listed[2]!]);
    expect(await state(lie(second, { listGenerations: gap }))).toBe("wrong_link");
    expect(await state(second)).toBe("accepted");
  });

  test("a public key of the server's is sealed to by nobody: of a device, of the vault", async () => {
    const world = new World();
    const [first, second] = [await world.begin(), await world.add()];
    world.now += 31 * DAY;
    const evil = await kemPublicKey(random(32));
    for (const device of [second.device, zeros(16)]) {
      const listPublicKeys: AccountServer["listPublicKeys"] = async () =>
        (await first.server.listPublicKeys()).map((one) => (one.device.join() === device.join() ? { ...one, publicKey: evil } : one));
      expect(await state(lie(first, { listPublicKeys }))).toBe("bad_key");
    }
    expect(await state(first)).toBe("accepted");
  });
});

describe("receive keys and rows", () => {
  test("an older receive statement, a second one, none", async () => {
    const world = new World();
    const first = await world.begin();
    const [old] = world.server.kept.receives;
    world.now += 31 * DAY;
    await ready(first);
    const keys = (await first.store.readDevice(first.device))!;
    const head = world.server.head!;
    const publicKey = await kemPublicKey(random(32));
    const second = await makeReceive({
      server: world.server.id, user: 1, version: 2, kemHash: random(32), chain: { n: head.n, hash: head.hash }, device: keys.device, time: 5, extensions: [],
    }, keys.sign);
    expect(await state(lie(first, { readReceive: () => Promise.resolve(old!) }))).toBe("rollback");
    expect(await state(lie(first, { readReceive: () => Promise.resolve(null) }))).toBe("rollback");
    expect(await state(lie(first, { readReceive: () => Promise.resolve({ statement: second, publicKey }) }))).toBe("fork");
    const newest = world.server.kept.receives.at(-1)!;
    expect(await state(lie(first, { readReceive: () => Promise.resolve({ ...newest, publicKey }) }))).toBe("bad_key");
    expect(await state(first)).toBe("accepted");
  });

  test("a row under a generation that is over does not count, one under the newest does", async () => {
    const world = new World();
    const first = await world.begin();
    const old = (await recall(first)).own.newest!;
    world.now += 31 * DAY;
    await ready(first);
    const pin = { kind: "pin", user: 2, username: "bob", identityKey: random(32), incarnation: 1, n: 1, hash: random(32), how: 3, by: 0, time: 1, takesBack: [] } as const;
    const names = async (key: Bytes, g: number): Promise<string[]> => {
      const [row] = await sealRows(first.place, { g, key }, [pin]);
      world.server.kept.rows.push({ ...row!, isOfSet: false, position: (world.server.kept.position += 1) });
      const { self } = await ready(first);
      return (await self.readRows()).filter((one) => one.kind === "pin").map((one) => (one.kind === "pin" ? one.username : ""));
    };
    expect(await names(old.key, 1)).toEqual([]);
    expect(await names((await recall(first)).own.newest!.key, 2)).toEqual(["bob"]);
  });
});

describe("the set of the newest generation", () => {
  /** A second device comes to a server that has told it other rows; what the first knows already is not asked for again. */
  const meet = async (change: (rows: StoredRow[]) => StoredRow[]): Promise<string> => {
    const world = new World();
    const first = await world.begin();
    world.now += 31 * DAY;
    await ready(first);
    const second = world.signIn();
    await addDevice(second, world.password);
    world.server.kept.rows = change(world.server.kept.rows);
    return verdictOf(ready(second));
  };

  test("as it was written", async () => {
    expect(await meet((rows) => rows)).toBe("accepted");
  });

  test.each<[string, (rows: StoredRow[]) => StoredRow[]]>([
    ["a row is missing", (rows) => rows.slice(0, -1)],
    ["a row is said to have come later", (rows) => rows.map((row, at) => ({ ...row, isOfSet: at < rows.length - 1 }))],
    ["a row is there twice", (rows) => [...rows, { ...rows.at(-1)!, position: rows.at(-1)!.position + 1 }]],
    ["a row does not open", (rows) => [...rows.slice(0, -1), { ...rows.at(-1)!, sealed: new Uint8Array(120) }]],
  ])("%s", async (_, change) => {
    expect(await meet(change)).toBe("withheld");
  });
});

describe("the recovery key", () => {
  const start = (world: World, shown: string, change: (honest: RecoveryStart) => Promise<RecoveryStart> | RecoveryStart): Promise<string> => {
    const session = new MemorySession(world.server, new Uint8Array(16));
    const askRecovery: AccountServer["askRecovery"] = async (...given) => change(await session.askRecovery(...given));
    const lying = lie(world.accountOf(zeros(16), new MemoryStore(), session), { askRecovery }).server;
    return verdictOf(recover(lying, "alice", shown, asNext(makePassword()), false, (begun) => Promise.resolve(world.accountOf(begun.device, new MemoryStore()))));
  };

  test("a way in and a vault of the server's making", async () => {
    const world = new World();
    const shown = await makeRecoveryKey(await world.begin(), world.password);
    const vaultKey = random(32);
    expect(await start(world, shown, async (honest) => {
      const way = { kind: RECOVERY_KEY, id: honest.id, publicKey: await kemPublicKey(random(32)), tagKey: random(32) };
      return { ...honest, wayIn: await sealWay(way, { server: honest.server, user: 1, version: honest.version }, vaultKey) };
    })).toBe("cannot_open");
    expect(await start(world, shown, (honest) => honest)).toBe("accepted");
  });

  test("the vault of an earlier version, with the chain of today", async () => {
    const world = new World();
    const first = await world.begin();
    const shown = await makeRecoveryKey(first, world.password);
    const session = new MemorySession(world.server, new Uint8Array(16));
    const earlier = await session.askRecovery("alice", deriveRecovery(readRecoveryKey(shown)).proof, 0);
    const next = makePassword();
    await changePassword(first, world.password, asNext(next), { kept: [], isTheft: false });
    const { version, sealed, wayIn } = earlier;
    expect(await start(world, shown, (honest) => ({ ...honest, version, sealed, wayIn }))).toBe("rollback");
    expect(await start(world, shown, (honest) => honest)).toBe("accepted");
  });

  test("a generation older than the vault names, a chain cut short", async () => {
    const world = new World();
    const first = await world.begin();
    world.now += 31 * DAY;
    await ready(first);
    const shown = await makeRecoveryKey(first, world.password);
    const [one] = world.server.kept.generations;
    const old = { statement: one!.statement, predecessor: null, wrap: null, vaultWrap: one!.wraps[0]!.wrap };
    expect(await start(world, shown, (honest) => ({ ...honest, generation: old }))).toBe("rollback");
    expect(await start(world, shown, (honest) => ({ ...honest, chain: { ...honest.chain, statements: [] } }))).toBe("rollback");
    expect(await start(world, shown, (honest) => honest)).toBe("accepted");
  });
});

test("a set-up that somebody else was quicker with is not done over it", async () => {
  const world = new World();
  await world.begin();
  expect(await verdictOf(setUp(world.signIn(), world.password, "Alice", NO_AVATAR))).toBe("chain_moved");
});
