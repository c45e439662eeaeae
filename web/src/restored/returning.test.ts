// What a browser has and a restored server lost comes back, once, whatever dies or is refused meanwhile.
import "fake-indexeddb/auto";

import { afterEach, expect, test, vi } from "vitest";

import { PATIENCE } from "../crypto/conversations/restored/patience.ts";
import { randomId } from "../lib/bytes.ts";
import { findReturning } from "../replica/held-back.ts";
import { makeError } from "../replica/testing.ts";
import type { AskConversations } from "../sealing/ask.ts";
import { ProblemError } from "../wire/http.ts";
import { meetDatabase } from "./meet.ts";
import type { Call } from "./offer.ts";
import { startOf } from "./partings.ts";
import { Returning } from "./returning.ts";
import { setAside } from "./set-aside.ts";
import { ends, Scene } from "./scene.ts";

afterEach(() => {
  vi.restoreAllMocks();
  ends.splice(0).forEach((end) => end());
});

/** The page's clock goes on by so many milliseconds. */
function pass(milliseconds: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => now() + milliseconds);
}

const ALL = ["one", "two", "three", "four"];

test("epochs and entries come back as they stood, and the conversation goes on", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  expect(scene.place.rows).toHaveLength(2);
  expect(await findReturning(scene.replica, [scene.group])).toEqual(new Set([scene.group]));
  await scene.giveBack();
  expect(await scene.learn(scene.alice)).toEqual(ALL);
  expect(await scene.stateOf(scene.alice)).toBe("ready");
  expect(scene.place.rows.map(({ kind }) => kind)).toEqual([16, 1, 18, 1, 16, 1, 1]);
  expect(await scene.replica.lost.count()).toBe(0);
  await scene.alice.say(scene.group, 3, "five");
  // Bob has looked at the other database, too: his keys for it are here still.
  await scene.bob.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  await scene.bob.ask("takeBack", { conversation: scene.group, taken: 0 });
  expect(await scene.learn(scene.bob)).toEqual([...ALL, "five"]);
});

test("a pin is set aside like whatever else was sealed", async () => {
  const scene = await Scene.begin();
  const last = (await scene.replica.entries.orderBy("[conversation+seq]").last())!;
  await scene.replica.entries.put({ ...last, kind: 7 });
  await scene.restore();
  expect((await scene.replica.lost.toArray()).map(({ kind }) => kind).sort()).toEqual([1, 1, 7]);
});

test("a page that dies in the middle goes on at its next start, and nothing comes twice", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  scene.server.before = (name) => {
    if (name === "message.offer" && scene.place.epochs.length === 2) throw makeError("network");
  };
  await scene.giveBack(async () => scene.place.epochs.length === 2 && scene.server.commands.at(-1) === "message.offer");
  expect(await scene.replica.lost.count()).toBe(2);
  scene.server.before = () => undefined;
  scene.alice.restart();
  await scene.giveBack();
  expect(await scene.learn(scene.alice)).toEqual(ALL);
});

test("what others made meanwhile wins: what was sealed under the lost epoch is sealed again, and nothing is stopped", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  await scene.makeAnother();
  const written = { client_id: "ab".repeat(16), conversation: scene.group, counter: 1, number: 3, device: scene.alice.place.device, kind: 1 as const };
  const sealed = { record: new Uint8Array(9), epoch: 2 };
  await scene.own.outbox.add({ ...written, content: { type: "text", text: "unsent" }, target: null, created_at: "", state: "waiting", sealed });
  await scene.giveBack();
  const waiting = (await scene.own.outbox.get(written.client_id))!;
  expect([waiting.number, waiting.sealed, waiting.is_adopted]).toEqual([3, undefined, true]);
  expect(await scene.learn(scene.alice)).toEqual(["one", "two"]);
  expect(await scene.replica.lost.count()).toBe(2);
  expect(await scene.stateOf(scene.alice)).toBe("ready");
});

for (const code of ["not_restored", "invalid_input", "not_friends", "leave_lost", "not_found", "epoch_moved"]) {
  test(`a server that takes nothing back, as no honest one does, is stopped, until after another restore it does: ${code}`, async () => {
    const scene = await Scene.begin();
    await scene.restore();
    scene.server.before = (name) => {
      if (name === "epoch.offer") throw makeError(code);
    };
    await scene.giveBack();
    expect(await scene.stateOf(scene.alice)).toBe("stopped: rollback");
    scene.alice.restart();
    scene.server.before = () => undefined;
    scene.server.generation = randomId();
    await scene.hear();
    await scene.giveBack();
    expect(await scene.learn(scene.alice)).toEqual(ALL);
    expect(await scene.stateOf(scene.alice)).toBe("ready");
  });
}

test("an honest server's passing faults stop nothing, and what moved is offered again", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  const answers = [makeError("receive_outdated"), new ProblemError({ code: "internal", status: 500, title: "" }), new ProblemError({ code: "unknown", status: 520, title: "" })];
  scene.server.before = (name) => {
    const answer = name === "epoch.offer" ? answers.shift() : undefined;
    if (answer !== undefined) throw answer;
  };
  await scene.giveBack();
  expect(answers).toEqual([]);
  expect(await scene.learn(scene.alice)).toEqual(ALL);
  expect(await scene.stateOf(scene.alice)).toBe("ready");
});

test("what waits for somebody's chain is not sealed over, until the patience is over", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  scene.server.before = (name) => {
    if (name === "epoch.offer") throw makeError("chain_moved");
  };
  await scene.giveBack(async () => scene.server.commands.includes("epoch.offer"));
  expect(await scene.stateOf(scene.alice)).toBe("awaiting");
  scene.server.town.pass(700_000);
  expect(await scene.stateOf(scene.alice)).toBe("ready");
});

test("the page and the keys' worker are patient for the same time", async () => {
  const scene = await Scene.begin();
  vi.spyOn(Date, "now").mockReturnValue(1_000_000);
  await scene.restore();
  vi.restoreAllMocks();
  expect((await scene.replica.restores.get(scene.group))!.until).toBe(1_000_000 + PATIENCE);
  await scene.alice.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  scene.server.town.pass(PATIENCE - 1);
  expect(await scene.stateOf(scene.alice)).toBe("awaiting");
  scene.server.town.pass(1);
  expect(await scene.stateOf(scene.alice)).toBe("ready");
});

test("what was restored again before it was back waits anew", async () => {
  const scene = await Scene.begin();
  const before = { database: "00", parting: startOf("ab"), head: startOf("ab") };
  await scene.replica.restores.put({ conversation: "ab", ...before, until: 1, isLate: true });
  await scene.restore();
  const row = (await scene.replica.restores.get("ab"))!;
  expect([row.isLate, row.until > Date.now()]).toEqual([undefined, true]);
});

test("while the worker cannot be told of the database, what is unsent waits ten minutes at most", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  const ask = (() => Promise.reject(makeError("busy"))) as AskConversations;
  const returning = scene.makeReturning(ask);
  const run = (): Promise<void> => returning.run(new AbortController().signal, async () => undefined);
  await expect(run()).rejects.toThrow("busy");
  expect(await scene.isHeld()).toBe(true);
  pass(PATIENCE);
  await expect(run()).rejects.toThrow("busy");
  await expect.poll(() => scene.isHeld()).toBe(false);
});

test("what is overdue when a page begins is looked at before it is sent over", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  pass(PATIENCE);
  const ask = (() => Promise.reject(makeError("busy"))) as AskConversations;
  await expect(scene.makeReturning(ask).run(new AbortController().signal, async () => undefined)).rejects.toThrow("busy");
  await scene.replica.restores.toArray();
  expect(await scene.isHeld()).toBe(true);
});

test("an attempt that does not end holds up what is unsent for ten minutes at most", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  const stop = new AbortController();
  const stopped = new Promise<never>((_, reject) => stop.signal.addEventListener("abort", () => reject(makeError("network"))));
  const asked: string[] = [];
  const ask = ((act, needs) => {
    asked.push(act);
    return act === "takeBack" ? stopped : scene.alice.askAbout(act, needs);
  }) as AskConversations;
  const running = scene.makeReturning(ask).run(stop.signal, async () => undefined);
  await expect.poll(() => asked).toContain("takeBack");
  expect(await scene.isHeld()).toBe(true);
  pass(PATIENCE);
  await expect.poll(() => scene.isHeld()).toBe(false);
  stop.abort();
  await running;
});

/** Another conversation comes back, whose turn is after the group's; `looked` is called when it is. */
async function addOther(scene: Scene, askAbout: AskConversations, looked: (act: string) => void): Promise<AskConversations> {
  await meetDatabase(scene.replica, scene.alice.askAbout);
  // After the group, in the order of the table.
  const other = "ff".repeat(16);
  await scene.replica.restores.put({ conversation: other, database: scene.server.generation, parting: startOf(other), head: startOf(other), until: 0 });
  return (async (act, needs) => {
    if ((needs as unknown as { conversation?: string }).conversation !== other) return askAbout(act, needs);
    looked(act);
    return { epochs: [], newest: 0, parted: null, isAwaiting: false };
  }) as AskConversations;
}

test("a server that never has time for one conversation's entries holds up no other", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  const looked: string[] = [];
  const ask = await addOther(scene, scene.alice.askAbout, (act) => looked.push(act));
  scene.server.delays = true;
  const stop = new AbortController();
  const running = scene.makeReturning(ask).run(stop.signal, async () => undefined);
  await expect.poll(() => looked).toEqual(["takeBack"]);
  expect(await scene.replica.restores.get(scene.group)).toBeDefined();
  scene.server.delays = false;
  await expect.poll(() => scene.replica.lost.count()).toBe(0);
  stop.abort();
  await running;
  expect(await scene.learn(scene.alice)).toEqual(ALL);
});

test("an epoch that was taken and is not shown is not offered without a pause", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  const first = { n: 2, seq: 4, record: new Uint8Array(1), roster: null };
  const ask = (async (act, needs) => {
    if (act !== "takeBack") return scene.alice.askAbout(act, needs);
    return { epochs: [first], newest: 0, parted: null, isAwaiting: false };
  }) as AskConversations;
  const offered = await countOffers(scene, ask, () => undefined);
  expect(offered).toBe(1);
});

test("a tab that leads no more offers nothing more", async () => {
  const scene = await Scene.begin();
  await scene.restore();
  let n = 1;
  const ask = (async (act, needs) => {
    if (act !== "takeBack") return scene.alice.askAbout(act, needs);
    return { epochs: [{ n: ++n, seq: 4, record: new Uint8Array(1), roster: null }], newest: 0, parted: null, isAwaiting: false };
  }) as AskConversations;
  const offered = await countOffers(scene, ask, (stop) => stop.abort());
  expect(offered).toBe(1);
});

/** How often an epoch is offered to a server that takes each, until it is another conversation's turn or the tab leads no more; `taken` is called after each. At most a hundred times. */
async function countOffers(scene: Scene, askAbout: AskConversations, taken: (stop: AbortController) => void): Promise<number> {
  const stop = new AbortController();
  let offers = 0;
  let goOn = (): void => undefined;
  const isOthersTurn = new Promise<void>((resolve) => (goOn = resolve));
  const ask = await addOther(scene, askAbout, () => goOn());
  const callLarge = (async () => {
    if (++offers === 100) throw new Error("without end");
    taken(stop);
    return {};
  }) as unknown as Call;
  const call = scene.server.callOf(scene.alice);
  const returning = new Returning({ replica: scene.replica, own: scene.own, call, callLarge, ask });
  const running = returning.run(stop.signal, async () => undefined).catch(() => undefined);
  await Promise.race([isOthersTurn, running]);
  stop.abort();
  await running;
  return offers;
}

test("without a new generation a shorter log is a rollback", async () => {
  const scene = await Scene.begin();
  scene.server.restore();
  expect(await scene.stateOf(scene.alice)).toBe("stopped: rollback");
});

test("one's own chain comes back, and people whose chains are shorter are waited for", async () => {
  const scene = await Scene.begin();
  const { server } = scene.alice.world;
  await scene.alice.ask("sayProfile", { displayName: "Alice Again", avatar: null });
  const { n } = server.head!;
  await scene.learn(scene.bob);
  await scene.restore();
  expect(server.head!.n).toBe(n - 1);
  await scene.bob.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  expect(await scene.bob.ask("takeBack", { conversation: scene.group, taken: 0 })).toMatchObject({ isAwaiting: true });
  expect(await scene.stateOf(scene.bob)).toBe("awaiting");
  await scene.giveBack();
  expect(server.head!.n).toBe(n);
  expect(await scene.learn(scene.alice)).toEqual(ALL);
  expect((await scene.alice.ask("connect", {})).state).toBe("ready");
  await scene.bob.ask("takeBack", { conversation: scene.group, taken: 0 });
  expect(await scene.learn(scene.bob)).toEqual(ALL);
  expect(await scene.stateOf(scene.bob)).toBe("ready");
});

test("one's own chain comes back with the keys of devices that were signed in since the backup", async () => {
  const scene = await Scene.begin();
  const { server } = scene.alice.world;
  const other = await scene.addDevice(scene.alice);
  await scene.alice.ask("connect", {});
  await scene.alice.ask("sayProfile", { displayName: "Alice Again", avatar: null });
  const { n } = server.head!;
  await scene.restore();
  await scene.giveBack();
  expect(server.head!.n).toBe(n);
  expect(server.kept.publicKeys.has(other.place.device)).toBe(true);
  expect(await scene.learn(scene.alice)).toEqual(ALL);
  expect((await scene.alice.ask("connect", {})).state).toBe("ready");
});

test("a person's chain that is not given back is taken as it is, once the patience is over", async () => {
  const scene = await Scene.begin();
  await scene.alice.ask("sayProfile", { displayName: "Alice Again", avatar: null });
  await scene.learn(scene.bob);
  await scene.restore();
  await scene.bob.ask("meetDatabase", { database: scene.server.generation, partings: [] });
  await scene.bob.ask("takeBack", { conversation: scene.group, taken: 0 });
  expect(await scene.stateOf(scene.bob)).toBe("awaiting");
  scene.server.town.pass(700_000);
  expect(await scene.stateOf(scene.bob)).toBe("ready");
});

test("what the server does not say the parting of is set aside whole, and what a link or the person said stays", async () => {
  const { replica, server, group } = await Scene.begin();
  await replica.putMeta("friendLinks", { 2: "ab".repeat(32) });
  await setAside(replica, server.generation, new Map(), null);
  expect((await replica.lost.toArray()).map(({ seq }) => seq).sort()).toEqual([2, 3, 5, 6]);
  expect(await replica.restores.get(group)).toMatchObject({ parting: { seq: 0 }, head: { seq: 6 } });
  expect(await replica.findMeta("friendLinks")).toEqual({ 2: "ab".repeat(32) });
  expect(await replica.findMeta("cursor")).toBeUndefined();
});

test("a server that denies one's own chain is told of as an older one, and no seed goes into a keyring under it", async () => {
  const scene = await Scene.begin();
  await scene.alice.ask("sayProfile", { displayName: "Alice Again", avatar: null });
  await scene.restore();
  const { server } = scene.alice.world;
  const rows = server.kept.rows.length;
  for (const code of ["not_restored", "not_accepted", "chain_moved"]) {
    scene.server.town.refusesChains = code;
    await expect(scene.alice.ask("meetDatabase", { database: scene.server.generation, partings: [] })).rejects.toMatchObject({ code: "rollback" });
    await expect(scene.alice.ask("connect", {})).rejects.toMatchObject({ code: "rollback" });
  }
  expect(server.kept.rows).toHaveLength(rows);
  scene.server.town.refusesChains = null;
  await scene.giveBack();
  expect(await scene.learn(scene.alice)).toEqual(ALL);
});
