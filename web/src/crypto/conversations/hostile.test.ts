// A server that lies about conversations, answers that are lost, devices that die. Each stands beside the same act with an honest server.
import { describe, expect, test } from "vitest";

import type { Bytes } from "../../lib/bytes.ts";
import type { Account } from "../account/self.ts";
import { NoAnswer } from "../account/server.ts";
import { Crash, type Crashes, dieEverywhere } from "../account/testing/crashes.ts";
import { DAY } from "../account/testing/world.ts";
import { commitSeed, wrapSeed } from "../protocol/epoch-keys.ts";
import { random } from "../protocol/primitives.ts";
import { act, begin, makeReady } from "./acting/act.ts";
import type { Device } from "./device.ts";
import { confirm } from "./fetching/fetch-epochs.ts";
import { PLAIN_SETTINGS } from "./acting/make-epoch.ts";
import type { ConversationServer } from "./server.ts";
import type { ConversationStore } from "./store.ts";
import { MemoryConversations } from "./testing/memory-conversations.ts";
import { catchUp, read, readAll, say } from "./testing/talk.ts";
import { Town } from "./testing/town.ts";

/** A server that answers some questions otherwise. */
function lie(honest: ConversationServer, lies: Partial<ConversationServer>): ConversationServer {
  return new Proxy(honest, {
    get: (object, name) => {
      const value: unknown = Reflect.get(lies, name) ?? Reflect.get(object, name, object);
      return typeof value === "function" ? (value as () => unknown).bind(Reflect.has(lies, name) ? lies : object) : value;
    },
  });
}

interface Scene {
  town: Town;
  alice: Device;
  bobAccount: Account;
  group: Bytes;
}

async function start(): Promise<Scene> {
  const town = new Town();
  const alice = await town.start(await town.move(1, "alice"));
  const bobAccount = await town.move(2, "bob");
  const group = await begin(alice, { kind: "group", members: [2], settings: PLAIN_SETTINGS });
  await say(town, alice, group, "one");
  return { town, alice, bobAccount, group };
}

const stateOf = async (device: Device, conversation: Bytes): Promise<string> => {
  const sealing = device.stateOf(await device.open(conversation));
  return sealing.state === "stopped" ? `stopped: ${sealing.verdict}` : sealing.state;
};

const LONG = { timeout: 120_000 };

describe("lies", () => {
  test("an older epoch than is known, none at all, another hash", LONG, async () => {
    const { town, bobAccount, group } = await start();
    const honest = town.session(bobAccount);
    const [head] = await honest.listEpochHeads([group]);
    await town.start(bobAccount);
    const lies: [Partial<ConversationServer>, string][] = [
      [{ listEpochHeads: () => Promise.resolve([]) }, "stopped: rollback"],
      [{ listEpochHeads: () => Promise.resolve([{ ...head!, recordHash: random(32) }]) }, "stopped: fork"],
      [{ listEpochHeads: () => Promise.resolve([{ ...head!, n: 2 }]) }, "unconfirmed"],
      [{}, "ready"],
    ];
    for (const [answers, state] of lies) {
      const store = new MemoryConversations();
      await catchUp(await town.start(bobAccount, store), group);
      const bob = await town.start(bobAccount, store, lie(honest, answers));
      await confirm(bob, [group]);
      expect(await stateOf(bob, group)).toBe(state);
      expect(await read(bob, group)).toEqual(["one"]);
    }
  });

  test("a conversation that stopped stays so, also after a new start", LONG, async () => {
    const { town, bobAccount, group } = await start();
    const store = new MemoryConversations();
    const bob = await town.start(bobAccount, store);
    await catchUp(bob, group);
    (bob.around as { api: ConversationServer }).api = lie(town.session(bobAccount), { listEpochHeads: () => Promise.resolve([]) });
    await confirm(bob, [group]);
    const again = await town.start(bobAccount, store);
    await catchUp(again, group);
    expect(await stateOf(again, group)).toBe("stopped: rollback");
  });

  /** With epoch 2 as `change` makes it of its record. */
  const showOther = (honest: ConversationServer, change: (record: Bytes) => Bytes): ConversationServer =>
    lie(honest, {
      listEpochs: async (conversation, first) => {
        const page = await honest.listEpochs(conversation, first);
        return { ...page, epochs: page.epochs.map((one) => (one.n === 2 ? { ...one, record: change(one.record) } : one)) };
      },
    });

  test("an epoch of a later format stops it until a version that reads it, other bytes until the right ones come", LONG, async () => {
    const newer = (record: Bytes): Bytes => Uint8Array.from([2, ...record.slice(1)]);
    const unsigned = (record: Bytes): Bytes => Uint8Array.from([...record.slice(0, -1), record.at(-1)! ^ 1]);
    for (const [change, state] of [[newer, "stopped: unsupported"], [unsigned, "stopped: bad_signature"]] as const) {
      const { town, alice, bobAccount, group } = await start();
      const honest = town.session(bobAccount);
      await act(alice, await alice.open(group), { action: "rotate" });
      const store = new MemoryConversations();
      const bob = await town.start(bobAccount, store, showOther(honest, change));
      await confirm(bob, [group]);
      expect(await stateOf(bob, group)).toBe(state);
      const updated = await town.start(bobAccount, store);
      expect(await stateOf(updated, group)).toBe("unconfirmed");
      await catchUp(updated, group);
      expect(await stateOf(updated, group)).toBe("ready");
      (bob.around as { api: ConversationServer }).api = honest;
      await catchUp(bob, group);
      expect(await stateOf(bob, group)).toBe("ready");
      expect((await store.readConversation(group))!.stopped).toBeNull();
    }
  });

  test("an older state is not let go of over one that does not fit", LONG, async () => {
    const { town, alice, bobAccount, group } = await start();
    const bob = await town.start(bobAccount);
    await catchUp(bob, group);
    await act(alice, await alice.open(group), { action: "rotate" });
    const honest = town.session(bobAccount);
    for (const api of [lie(honest, { listEpochHeads: () => Promise.resolve([]) }), showOther(honest, () => random(100)), honest]) {
      (bob.around as { api: ConversationServer }).api = api;
      await confirm(bob, [group]);
      expect(await stateOf(bob, group)).toBe("stopped: rollback");
    }
  });

  test("another log than the one that was seen", LONG, async () => {
    const { town, bobAccount, group } = await start();
    const store = new MemoryConversations();
    const bob = await town.start(bobAccount, store);
    await catchUp(bob, group);
    await bob.remember(await bob.open(group));
    const { rows } = town.place(group);
    const again = await town.start(bobAccount, store);
    const other = rows.map((row) => (row.seq === 2 ? { ...row, kind: 3 } : row));
    const live = await again.open(group);
    await expect(live.known.takeRows(town.place(group).hashes[0]!, other)).rejects.toThrow("fork");
    await live.known.takeRows(town.place(group).hashes[0]!, rows);
  });

  test("a wrap of another seed, of nothing, and none: the epoch waits for its key", LONG, async () => {
    const { town, bobAccount, group } = await start();
    const place = town.place(group);
    const { hash } = place.epochs[0]!;
    const publicKey = town.worlds.get(2)!.server.kept.receives.at(-1)!.publicKey;
    const good = place.epochs[0]!.wraps.get(2)!;
    for (const wrap of [await wrapSeed(publicKey, hash, 2, random(32)), random(1168), await wrapSeed(publicKey, hash, 1, random(32))]) {
      place.epochs[0]!.wraps.set(2, wrap);
      const bob = await town.start(bobAccount);
      await catchUp(bob, group);
      expect([await stateOf(bob, group), await read(bob, group)]).toEqual(["keyless", ["[keyless]"]]);
      expect(place.epochs[0]!.wraps.has(2)).toBe(true);
    }
    place.epochs[0]!.wraps.set(2, good);
    const bob = await town.start(bobAccount);
    await catchUp(bob, group);
    expect([await stateOf(bob, group), await read(bob, group)]).toEqual(["ready", ["one"]]);
    expect(place.epochs[0]!.wraps.has(2)).toBe(false);
    expect(commitSeed(group, 1, random(32))).not.toEqual(bob.people.own.head.hash);
  });

  test("a member's chain that ends below what a roster states", LONG, async () => {
    const { town, bobAccount, group } = await start();
    const honest = town.session(bobAccount);
    const bob = await town.start(bobAccount, undefined, lie(honest, {
      readChain: async (user, after) => (user === 1 ? { n: 1, statements: (await honest.readChain(1, 0)).statements.slice(after, 1) } : honest.readChain(user, after)),
      listHeads: async (users) => (await honest.listHeads(users)).filter((one) => one.user !== 1),
    }));
    await confirm(bob, [group]);
    expect(await stateOf(bob, group)).toBe("unconfirmed");
    expect((await bob.open(group)).known.epochs.newest).toBeNull();
  });
});

describe("answers that are lost", () => {
  test("the same bytes go out again, and the epoch is there once", LONG, async () => {
    const { town, alice, group } = await start();
    town.pass(8 * DAY);
    const honest = alice.around.api;
    let lost = 0;
    const sent: Bytes[] = [];
    (alice.around as { api: ConversationServer }).api = lie(honest, {
      makeEpoch: async (request) => {
        sent.push(request.record);
        const taken = await honest.makeEpoch(request);
        if (lost < 2) {
          lost += 1;
          throw new NoAnswer();
        }
        return taken;
      },
    });
    await makeReady(alice, await alice.open(group));
    expect(town.place(group).epochs.length).toBe(2);
    expect(sent.length).toBe(3);
    expect(sent.every((one) => one.join() === sent[0]!.join())).toBe(true);
  });

  test("without any answer it stays pending over a new start, and nothing is sealed before the answer decides", LONG, async () => {
    const { town, bobAccount, group } = await start();
    const store = new MemoryConversations();
    const bob = await town.start(bobAccount, store);
    await catchUp(bob, group);
    town.pass(8 * DAY);
    (bob.around as { api: ConversationServer }).api = lie(town.session(bobAccount), { makeEpoch: () => Promise.reject(new NoAnswer()) });
    await expect(makeReady(bob, await bob.open(group))).rejects.toBeInstanceOf(NoAnswer);
    expect(await stateOf(bob, group)).toBe("rotating");
    const again = await town.start(bobAccount, store);
    await catchUp(again, group);
    expect(await stateOf(again, group)).toBe("rotating");
    const draft = (await again.open(group)).pending!;
    await makeReady(again, await again.open(group));
    expect(town.place(group).epochs[1]!.record).toEqual(draft.request.record);
    expect(await stateOf(again, group)).toBe("ready");
  });
});

interface Dying {
  town: Town;
  account: Account;
  store: MemoryConversations;
  group: Bytes;
}

async function startDying(crashes: Crashes | null, { town, account, store }: Dying): Promise<Device> {
  const session = town.session(account);
  if (crashes === null) return town.start(account, store, session);
  const wrapped = (target: object): object => new Proxy(target, {
    get: (object, name) => {
      const value: unknown = Reflect.get(object, name, object);
      // A clock is no step.
      if (typeof value !== "function" || name === "now") return value;
      return async (...given: unknown[]): Promise<unknown> => {
        const mine = crashes.calls;
        crashes.calls += 1;
        const result: unknown = await (value as (...all: unknown[]) => Promise<unknown>).apply(object, given);
        if (mine === (crashes as unknown as { at: number }).at) throw new Crash();
        return result;
      };
    },
  });
  return town.start(account, wrapped(store) as ConversationStore as MemoryConversations, wrapped(session) as ConversationServer);
}

test("a device that dies at any step of a removal and of what follows has all of it at its next start", { timeout: 240_000 }, async () => {
  const died = await dieEverywhere(
    async (): Promise<Dying> => {
      const { town, alice, group } = await start();
      const account = alice.self.account;
      const store = new MemoryConversations();
      await catchUp(await town.start(account, store), group);
      return { town, account, store, group };
    },
    async (dying, crashes) => {
      const alice = await startDying(crashes, dying);
      await catchUp(alice, dying.group);
      await act(alice, await alice.open(dying.group), { action: "remove", targets: [{ user: 2, cause: null }] });
      await say(dying.town, alice, dying.group, "alone");
    },
    async (dying) => {
      const { town, group } = dying;
      const alice = await startDying(null, dying);
      await catchUp(alice, group);
      await makeReady(alice, await alice.open(group));
      if ((await alice.open(group)).known.epochs.newest!.epoch.n === 1) {
        await act(alice, await alice.open(group), { action: "remove", targets: [{ user: 2, cause: null }] });
      }
      await say(town, alice, group, "afterwards");
      expect((await read(alice, group)).at(-1)).toBe("afterwards");
      expect(town.place(group).epochs.length).toBe(2);
      const tablet = await town.start(await town.worlds.get(1)!.add());
      await catchUp(tablet, group);
      expect((await read(tablet, group)).at(-1)).toBe("afterwards");
      await readAll(tablet, group);
    },
  );
  expect(died).toBeGreaterThan(10);
});
