// A store of conversations for tests: what was written before a crash is there after it, and nothing else.
import { type Bytes, toHex } from "../../../lib/bytes.ts";
import type { Pin } from "../../protocol/pins.ts";
import type { RememberedPerson } from "../people/people.ts";
import type { Awaited, ConversationStore, RememberedConversation } from "../store.ts";

export class MemoryConversations implements ConversationStore {
  readonly #people = new Map<number, RememberedPerson>();
  readonly #conversations = new Map<string, RememberedConversation>();
  #position = 0;
  readonly #databases: string[] = [];
  #awaited: Awaited = { people: [], until: 0 };
  #pins: Pin[] = [];
  #links: [number, string][] = [];

  readPeople(): Promise<RememberedPerson[]> {
    return Promise.resolve(structuredClone([...this.#people.values()]));
  }

  writePeople(people: readonly RememberedPerson[]): Promise<void> {
    for (const person of structuredClone(people)) this.#people.set(person.user, person);
    return Promise.resolve();
  }

  readConversation(conversation: Bytes): Promise<RememberedConversation | null> {
    return Promise.resolve(structuredClone(this.#conversations.get(toHex(conversation)) ?? null));
  }

  writeConversation(remembered: RememberedConversation): Promise<void> {
    this.#conversations.set(toHex(remembered.conversation), structuredClone(remembered));
    return Promise.resolve();
  }

  listConversations(): Promise<Bytes[]> {
    return Promise.resolve([...this.#conversations.values()].map((one) => one.conversation));
  }

  readDatabase(): Promise<string | null> {
    return Promise.resolve(this.#databases.at(-1) ?? null);
  }

  writeDatabase(database: string): Promise<void> {
    this.#databases.push(database);
    return Promise.resolve();
  }

  readDatabases(): Promise<string[]> {
    return Promise.resolve([...this.#databases]);
  }

  readAwaited(): Promise<Awaited> {
    return Promise.resolve(this.#awaited);
  }

  writeAwaited(awaited: Awaited): Promise<void> {
    this.#awaited = awaited;
    return Promise.resolve();
  }

  readPins(): Promise<Pin[]> {
    return Promise.resolve(structuredClone(this.#pins));
  }

  writePins(pins: readonly Pin[]): Promise<void> {
    this.#pins = structuredClone([...pins]);
    return Promise.resolve();
  }

  readLinks(): Promise<[number, string][]> {
    return Promise.resolve(structuredClone(this.#links));
  }

  writeLinks(links: [number, string][]): Promise<void> {
    this.#links = structuredClone(links);
    return Promise.resolve();
  }

  readPosition(): Promise<number> {
    return Promise.resolve(this.#position);
  }

  writePosition(position: number): Promise<void> {
    this.#position = position;
    return Promise.resolve();
  }
}
