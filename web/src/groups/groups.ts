// What somebody does to groups. Every act is carried out in the tab that leads, by its keys' worker; what came of it comes back through
// the local copy. Title, description and picture are records like any others, and go out through the outbox.
import type { Wish } from "../crypto/conversations/acting/group.ts";
import type { Rights } from "../crypto/conversations/group-standing.ts";
import { askKeys, placeOf } from "../keys/ask.ts";
import { Desk, type DeskAct, type DeskChannel, type Gives, type Needs } from "../keys/desk.ts";
import type { ConversationRow } from "../replica/database.ts";
import { waitForValue } from "../replica/waiting.ts";
import type { Client } from "../sync/client.ts";
import type { Session } from "../wire/contract.ts";
import { readStated, sayState, type Stated } from "./state.ts";

/** As many as a roster has. */
export const MOST_MEMBERS = 200;
export const [OWNER, ADMIN, MEMBER] = [1, 2, 3];

/** Of groups that are made here: admins add people and change what a group is called, everybody writes. */
const FIRST_RIGHTS: Rights = { addBy: ADMIN, postBy: MEMBER, settingsBy: ADMIN, pinBy: ADMIN, everyoneBy: ADMIN };

/** Milliseconds until a new group is taken for one that comes later. */
const PATIENCE = 10_000;

export interface GroupsSettings {
  client: Client;
  session: Session;
  isLeading: () => boolean;
  channel: DeskChannel | undefined;
}

/** All of these throw ProblemError. */
export class Groups {
  readonly #client: Client;
  readonly #session: Session;
  readonly #desk: Desk;

  constructor({ client, session, isLeading, channel }: GroupsSettings) {
    this.#client = client;
    this.#session = session;
    this.#desk = new Desk({ isLeading, channel, carryOut: this.#carryOut });
  }

  /** Makes a group with these people, oneself its owner. Resolves to its id once it is here. */
  async create(members: number[], stated: Stated): Promise<string> {
    const { conversation } = await this.#desk.ask("createGroup", { members, rights: FIRST_RIGHTS });
    if (stated.title !== null || stated.description !== null || stated.picture !== null) await sayState(this.#client, conversation, stated);
    await this.#waitFor(conversation);
    return conversation;
  }

  /** Adds people, and says to them what the group is called: what was said before they cannot open. */
  async add(conversation: string, users: number[], hasHistory: boolean): Promise<void> {
    const there = await this.#listMembers(conversation);
    const targets = users.filter((user) => !there.has(user)).map((user) => ({ user, cause: null }));
    if (targets.length === 0) return;
    await this.#change(conversation, { action: "add", targets, historyFrom: 0 }, hasHistory);
    await this.repeatState(conversation);
  }

  async remove(conversation: string, user: number): Promise<void> {
    if (!(await this.#listMembers(conversation)).has(user)) return;
    await this.#change(conversation, { action: "remove", targets: [{ user, cause: null }] });
  }

  async setRoles(conversation: string, roles: { user: number; role: number }[]): Promise<void> {
    const there = await this.#listMembers(conversation);
    const targets = roles.filter(({ user, role }) => there.get(user) !== role);
    if (targets.length > 0) await this.#change(conversation, { action: "role", targets });
  }

  async setRights(conversation: string, rights: Partial<Rights>): Promise<void> {
    await this.#change(conversation, { action: "settings", settings: rights });
  }

  /** Leaves. The last owner names an heir, who is made an owner first. */
  async leave(conversation: string, heir: number | null): Promise<void> {
    await this.#desk.ask("leaveGroup", { conversation, heir });
  }

  /** Says what a group is called and about. */
  async state(conversation: string, stated: Stated): Promise<void> {
    await sayState(this.#client, conversation, stated);
  }

  /** Says again what is in force, if anything is. */
  async repeatState(conversation: string): Promise<void> {
    const row = await this.#client.replica.conversations.get(conversation);
    if (row?.state) await sayState(this.#client, conversation, await readStated(this.#client.replica, row.state));
  }

  stop(): void {
    this.#desk.close();
  }

  async #change(conversation: string, wanted: Wish, hasHistory = false): Promise<void> {
    await this.#desk.ask("changeGroup", { conversation, wanted, hasHistory });
  }

  /** Roles by user, as the copy has them: what is so already is not done again. */
  async #listMembers(conversation: string): Promise<ReadonlyMap<number, number>> {
    const row = await this.#client.replica.conversations.get(conversation);
    return new Map(row?.group?.members.map(({ user, role }) => [user, role]));
  }

  async #waitFor(conversation: string): Promise<void> {
    const { replica } = this.#client;
    const find = async (): Promise<ConversationRow | undefined> => replica.conversations.get(conversation);
    await waitForValue(find, AbortSignal.timeout(PATIENCE));
  }

  readonly #carryOut = async <A extends DeskAct>(act: A, needs: Needs<A>): Promise<Gives<A>> => {
    const gives = await askKeys(act, { place: await placeOf(this.#session), ...needs } as never);
    await this.#client.sealing.note([gives as Gives<"changeGroup">]);
    return gives as Gives<A>;
  };
}
