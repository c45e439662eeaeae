// People at browsers, by messages to the keys' worker alone: each with a key store of their own, all in one town.
import { fromHex, toHex } from "../../../lib/bytes.ts";
import { NoAnswer } from "../../account/server.ts";
import { MemorySession } from "../../account/testing/memory-session.ts";
import { World } from "../../account/testing/world.ts";
import { MESSAGE } from "../../conversations/judging/roles.ts";
import { Session, Town } from "../../conversations/testing/town.ts";
import { random } from "../../protocol/primitives.ts";
import type { AskConversations } from "../../../sealing/ask.ts";
import { KeysError } from "../failure.ts";
import { IndexedConversations } from "../indexed-conversations.ts";
import { IndexedKeyStore } from "../indexed-store.ts";
import type { Act, Acts, Answer, Ask, Place } from "../messages.ts";
import { serve, type Surroundings } from "../serve.ts";

export class Browser {
  readonly said: Answer[] = [];
  readonly place: Place;
  readonly store: IndexedKeyStore;
  /** Requests for epochs are carried out, and their answers lost. */
  losesAnswers = false;
  #around: Surroundings;
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly town: Town, readonly world: World) {
    const device = random(16);
    world.server.kept.sessions.add(toHex(device));
    this.place = { server: toHex(world.server.id), user: world.server.user, username: world.server.username, device: toHex(device) };
    this.store = new IndexedKeyStore(world.server.user, `acts-${toHex(device)}`);
    this.#around = this.#begin();
  }

  #begin(): Surroundings {
    const { town, world } = this;
    const device = fromHex(this.place.device);
    return {
      reach: () => new MemorySession(world.server, device), openStore: () => this.store, locks: undefined, now: () => town.now, wait: () => Promise.resolve(),
      reachConversations: () => this.#lose(new Session(town, world.server.user, device)), openConversations: () => new IndexedConversations(this.store),
    };
  }

  #lose(session: Session): Session {
    const make = session.makeEpoch.bind(session);
    session.makeEpoch = async (request) => {
      const taken = await make(request);
      if (this.losesAnswers) throw new NoAnswer();
      return taken;
    };
    return session;
  }

  restart(): void {
    this.#around = this.#begin();
  }

  /** One after the other, as the worker does, however many tabs ask. */
  async ask<A extends Act>(act: A, needs: Omit<Acts[A]["needs"], "place">): Promise<Acts[A]["gives"]> {
    const answering = this.#last.then(() => serve(this.#around, { id: 1, act, place: this.place, ...needs } as unknown as Ask));
    this.#last = answering;
    const answer = await answering;
    this.said.push(answer);
    if ("failed" in answer) throw Object.assign(new KeysError(answer.failed), answer.failed);
    return answer.ok as Acts[A]["gives"];
  }

  /** As the page asks. */
  readonly askAbout: AskConversations = (act, needs) => this.ask(act, needs as never);

  async #give(act: "setUp" | "addDevice"): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(this.world.password);
    await this.ask(act, { password: port2, displayName: this.place.username, avatar: null } as never);
  }

  /** A new device of somebody who has keys already. */
  addDevice = (): Promise<void> => this.#give("addDevice");

  setUp = (): Promise<void> => this.#give("setUp");

  async say(conversation: string, counter: number, text: string): Promise<void> {
    const unsealed = { clientId: random(16), counter, kind: MESSAGE, content: { type: "text", text }, target: null };
    const { record, epoch } = await this.ask("seal", { conversation, unsealed });
    new Session(this.town, this.place.user, fromHex(this.place.device)).send(fromHex(conversation), { ...unsealed, record, epoch, targetSeq: 0 });
  }

  async read(conversation: string): Promise<string[]> {
    const { rows, hashes } = this.town.place(fromHex(conversation));
    const handed = rows.map(({ device, clientId, recordHash: _, ...row }) => ({ ...row, device: toHex(device), clientId: toHex(clientId) }));
    const { told } = await this.ask("takeRows", { conversation, stretches: [{ before: hashes[0]!, rows: handed }], places: [] });
    return told.map((one) => one.verdict ?? (one.content as { text?: string } | null)?.text ?? "stands");
  }
}

export async function openBrowsers(...names: string[]): Promise<{ town: Town; browsers: Browser[] }> {
  const town = new Town();
  const browsers: Browser[] = [];
  for (const [at, name] of names.entries()) {
    const world = new World(at + 1, name);
    town.worlds.set(at + 1, world);
    browsers.push(new Browser(town, world));
    await browsers.at(-1)!.setUp();
  }
  return { town, browsers };
}
