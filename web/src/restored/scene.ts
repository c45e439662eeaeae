// Two people in a group on a server that is restored, for tests of what comes back.
import { expect, vi } from "vitest";

import { PLAIN_SETTINGS } from "../crypto/conversations/acting/make-epoch.ts";
import { Browser, openBrowsers } from "../crypto/keys/testing/browser.ts";
import { fromHex, toBase64 } from "../lib/bytes.ts";
import { applyEntries, toRow } from "../replica/entries.ts";
import { type ConversationRow, Replica } from "../replica/database.ts";
import { findReturning } from "../replica/held-back.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import type { AskConversations } from "../sealing/ask.ts";
import { toEntry } from "../sealing/testing.ts";
import type { Call } from "./offer.ts";
import { Returning } from "./returning.ts";
import { setAside } from "./set-aside.ts";
import { RestoredTown } from "./testing.ts";

let count = 0;
/** Called after each test. */
export const ends: (() => void)[] = [];

const makeRow = (id: string): ConversationRow => ({
  ...{ id, kind: "group", open: true, users: [1, 2], created_at: "", last_seq: 0, last_ordinal: 0, log_hash: "", last_entry: null },
  ...{ read_ordinal: 0, first_seq: 1, active_at: "", flaw: null, is_stale: false },
});

/** Alice and bob in a group that was backed up after "one"; since then bob made an epoch, and both wrote. Alice has all of it. */
export class Scene {
  readonly own = new OwnDatabase(1, `returning-own-${++count}`);
  readonly replica = new Replica(1, `returning-${count}`);

  constructor(readonly server: RestoredTown, readonly alice: Browser, readonly bob: Browser, readonly group: string) {
    ends.push(() => [this.own, this.replica].forEach((database) => database.close()));
  }

  static async begin(): Promise<Scene> {
    const { town, browsers } = await openBrowsers("alice", "bob");
    const [alice, bob] = browsers as [Browser, Browser];
    const group = await alice.ask("beginConversation", { beginning: { kind: "group", members: [2], settings: PLAIN_SETTINGS } });
    const scene = new Scene(new RestoredTown(town), alice, bob, group);
    for (const browser of browsers) await browser.ask("meetDatabase", { database: scene.server.generation, partings: [] });
    await alice.ask("confirm", { conversations: [group], databases: [] });
    await alice.say(group, 1, "one");
    scene.server.backUp();
    await scene.learn(bob);
    await bob.say(group, 1, "two");
    await bob.ask("actOn", { conversation: group, wanted: { action: "rotate" } });
    await bob.say(group, 2, "three");
    await scene.learn(alice);
    await alice.say(group, 2, "four");
    await scene.learn(alice);
    await scene.fill();
    return scene;
  }

  /** Another device of the same person. */
  async addDevice({ world }: Browser): Promise<Browser> {
    const browser = new Browser(this.server.town, world);
    await browser.addDevice();
    return browser;
  }

  get place() {
    return this.server.town.place(fromHex(this.group));
  }

  async learn(browser: Browser): Promise<string[]> {
    await browser.ask("confirm", { conversations: [this.group], databases: [this.server.generation] });
    return (await browser.read(this.group)).filter((one) => one !== "stands");
  }

  async fill(): Promise<void> {
    const { server_id, device_id } = { server_id: this.alice.place.server, device_id: this.alice.place.device };
    await this.replica.putMeta("cursor", { server_id, device_id, generation: this.server.generation, log_seq: 1, user_id: 1 });
    await this.replica.conversations.put(makeRow(this.group));
    await applyEntries(this.replica, this.place.rows.map((row) => toRow(toEntry(this.place, row))));
  }

  /** The server is restored, and alice's page hears of it. */
  async restore(): Promise<void> {
    this.server.restore();
    await this.hear();
  }

  /** Alice's page, which lists the group again since the last one, hears of another database. The log parts after "one". */
  async hear(): Promise<void> {
    await this.replica.conversations.put(makeRow(this.group));
    const parting = { seq: 2, log_hash: toBase64(this.place.hashes[2]!) };
    await setAside(this.replica, this.server.generation, new Map([[this.group, parting]]), null);
    const { server, device } = this.alice.place;
    await this.replica.putMeta("cursor", { server_id: server, device_id: device, generation: this.server.generation, log_seq: 1, user_id: 1 });
  }

  /** Bob never saw the lost epoch, as it were, and makes another one. */
  async makeAnother(): Promise<void> {
    await this.bob.ask("meetDatabase", { database: this.server.generation, partings: [] });
    this.server.town.pass(700_000);
    await this.learn(this.bob);
    await this.bob.ask("actOn", { conversation: this.group, wanted: { action: "rotate" } });
  }

  makeReturning(ask: AskConversations = this.alice.askAbout, callLarge: Call = this.server.callOf(this.alice)): Returning {
    return new Returning({ replica: this.replica, own: this.own, call: this.server.callOf(this.alice), callLarge, ask });
  }

  async isHeld(): Promise<boolean> {
    return (await findReturning(this.replica, [this.group])).size > 0;
  }

  /** Until everything is back, or `isOver`. */
  async giveBack(isOver: () => Promise<boolean> = async () => (await this.replica.restores.count()) === 0, ask?: AskConversations, callLarge?: Call): Promise<void> {
    const stop = new AbortController();
    const running = this.makeReturning(ask, callLarge).run(stop.signal, async () => undefined);
    await vi.waitFor(async () => expect(await isOver()).toBe(true), { timeout: 60_000, interval: 50 });
    stop.abort();
    await running;
  }

  async stateOf(browser: Browser): Promise<string> {
    const [standing] = await browser.ask("confirm", { conversations: [this.group], databases: [this.server.generation] });
    const { sealing } = standing!;
    return sealing.state === "stopped" ? `stopped: ${sealing.verdict}` : sealing.state;
  }
}
