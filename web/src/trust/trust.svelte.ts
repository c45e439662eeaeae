// Who people are, as pages see it: what the tab that leads found last, and what the person decides. Every tab may ask.
import { writeNames } from "../accounts/names.ts";
import type { ConversationFacts } from "../crypto/conversations/conversation-facts.ts";
import type { Acquaintance, PersonLook, PersonTrust, TrustRow } from "../crypto/conversations/people/trusting.ts";
import { askKeys, placeOf } from "../keys/ask.ts";
import { Desk, type DeskAct, type DeskChannel, type Gives, type Needs } from "../keys/desk.ts";
import type { ConversationRow, Replica } from "../replica/database.ts";
import { Live } from "../replica/live.svelte.ts";
import type { Session } from "../wire/contract.ts";

interface Known {
  row: TrustRow | null;
  people: ReadonlyMap<number, PersonTrust>;
  /** Whom the server calls otherwise than their own devices do. */
  misnamed: ReadonlySet<number>;
  links: Record<number, string>;
}

const NOTHING: Known = { row: null, people: new Map(), misnamed: new Set(), links: {} };

export interface TrustSettings {
  replica: Replica;
  session: Session;
  isLeading: () => boolean;
  channel: DeskChannel | undefined;
  /** Something may stand against sealing in these conversations no more. */
  lookAgain: (conversations: string[]) => void;
}

/** After these everybody is looked at anew. */
const CHANGING: ReadonlySet<DeskAct> = new Set<DeskAct>(["confirmCompared", "takeComparisonBack", "acceptIdentity"]);

export class Trust {
  readonly #replica: Replica;
  readonly #session: Session;
  readonly #live: Live<Known>;
  readonly #desk: Desk;
  readonly #lookAgain: TrustSettings["lookAgain"];

  constructor({ replica, session, isLeading, channel, lookAgain }: TrustSettings) {
    this.#replica = replica;
    this.#session = session;
    this.#lookAgain = lookAgain;
    this.#live = new Live<Known>(NOTHING, () => readKnown(replica));
    this.#desk = new Desk({ isLeading, channel, carryOut: this.#carryOut });
  }

  /** What is known of somebody; undefined before they were looked at. */
  of(user: number | undefined): PersonTrust | undefined {
    return user === undefined ? undefined : this.#live.value.people.get(user);
  }

  isVerified = (user: number | undefined): boolean => !this.isMisnamed(user) && (this.of(user)?.isVerified ?? false);

  isMisnamed = (user: number | undefined): boolean => user !== undefined && this.#live.value.misnamed.has(user);

  /** One's own fingerprint as hex; null until this browser has its keys. */
  get own(): string | null {
    return this.#live.value.row?.own ?? null;
  }

  /** The fingerprint that a link named for somebody, while their keys were not seen to be these. */
  linkOf = (user: number): string | null => this.#live.value.links[user] ?? null;

  /** Looks at everybody, and writes down what was found. Only in the tab that leads. Throws ProblemError. */
  async refresh(): Promise<void> {
    const links = (await this.#replica.findMeta("friendLinks")) ?? {};
    const found = await askKeys("refreshTrust", { place: await placeOf(this.#session), people: await listPeople(this.#replica, links) });
    const kept = Object.entries(links).filter(([user, named]) => !found.people.some((one) => one.user === Number(user) && one.fingerprint === named));
    await writeNames(this.#replica, found.people.flatMap(({ name }) => name ?? []));
    await this.#replica.putMeta("trust", found);
    await this.#lookAtHeld(found.people);
    if (kept.length < Object.keys(links).length) await this.#replica.putMeta("friendLinks", Object.fromEntries(kept));
  }

  /** What waited for somebody who does not wait any more is looked at anew, whichever device of one's own has decided; and what waits since a link was opened. */
  async #lookAtHeld(people: readonly PersonTrust[]): Promise<void> {
    const waiting = people.filter((one) => one.isHeld || one.isNotOfLink).map((one) => one.user);
    const ofLink = people.filter((one) => one.isNotOfLink).map((one) => one.user);
    const hasChanged = ({ sealing, users }: ConversationRow): boolean =>
      sealing?.state === "held" ? !sealing.users.some((user) => waiting.includes(user)) : users.some((user) => ofLink.includes(user));
    const changed = await this.#replica.conversations.filter(hasChanged).primaryKeys();
    if (changed.length > 0) this.#lookAgain(changed);
  }

  /** Somebody's numbers and codes, freshly. Throws ProblemError. */
  look(user: number): Promise<PersonLook> {
    return this.#desk.ask("lookAtPerson", { user, fingerprint: this.linkOf(user) });
  }

  lookAtConversation(conversation: string): Promise<ConversationFacts> {
    return this.#desk.ask("lookAtConversation", { conversation });
  }

  /** Their numbers or codes are the same as those that this fingerprint was shown with: what a link said counts no more. Throws ProblemError. */
  async confirmCompared(user: number, fingerprint: string): Promise<void> {
    await this.#desk.ask("confirmCompared", { user, fingerprint });
    await this.dropLink(user);
  }

  async takeComparisonBack(user: number): Promise<void> {
    await this.#desk.ask("takeComparisonBack", { user });
  }

  /** Takes a changed identity, of which this fingerprint was shown. Throws ProblemError. */
  async accept(user: number, fingerprint: string): Promise<void> {
    await this.#desk.ask("acceptIdentity", { user, fingerprint });
  }

  /** A link says that this is somebody's fingerprint: it is held against their keys as soon as they can be seen. */
  async noteLink(user: number, fingerprint: string): Promise<void> {
    const row = this.of(user);
    const isPinned = row !== undefined && row.how !== null && row.fingerprint === fingerprint;
    if (user === this.#replica.me || isPinned) return;
    await this.#changeLinks((links) => ({ ...links, [user]: fingerprint }));
  }

  /** The person goes on without what the link said. */
  dropLink(user: number): Promise<void> {
    return this.#changeLinks(({ [user]: _, ...rest }) => rest);
  }

  #changeLinks(change: (links: Record<number, string>) => Record<number, string>): Promise<void> {
    const { metas } = this.#replica;
    return this.#replica.transaction("rw", metas, async () => {
      await this.#replica.putMeta("friendLinks", change((await this.#replica.findMeta("friendLinks")) ?? {}));
    });
  }

  readonly #carryOut = async <A extends DeskAct>(act: A, needs: Needs<A>): Promise<Gives<A>> => {
    const gives = await askKeys(act, { place: await placeOf(this.#session), ...needs } as never);
    if (CHANGING.has(act)) await this.refresh();
    return gives as Gives<A>;
  };

  stop(): void {
    this.#live.stop();
    this.#desk.close();
  }
}

async function readKnown(replica: Replica): Promise<Known> {
  const row = (await replica.findMeta("trust")) ?? null;
  const links = (await replica.findMeta("friendLinks")) ?? {};
  const misnamed = await replica.users.filter((card) => card.called !== undefined).primaryKeys();
  return { row, people: new Map(row?.people.map((one) => [one.user, one])), misnamed: new Set(misnamed), links };
}

/** Everybody whose name is shown, friends among them, and whoever a link named. */
async function listPeople(replica: Replica, links: Record<number, string>): Promise<Acquaintance[]> {
  const friends = new Set((await replica.friends.toArray()).map((row) => row.user_id));
  const shown = await replica.users.toCollection().primaryKeys();
  const users = new Set([...friends, ...Object.keys(links).map(Number), ...shown]);
  return [...users].map((user) => ({ user, isFriend: friends.has(user), fingerprint: links[user] ?? null }));
}
