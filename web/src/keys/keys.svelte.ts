// How this device's keys are, as pages see it: what the last connect of whatever tab found.
import type { Chosen } from "../crypto/keys/messages.ts";
import { fromHex } from "../lib/bytes.ts";
import type { KeysRow, Replica, SayingRow } from "../replica/database.ts";
import { Live } from "../replica/live.svelte.ts";
import type { Session } from "../wire/contract.ts";
import { meetDatabase } from "../restored/meet.ts";
import { askAbout, askKeys, placeOf } from "./ask.ts";

export class Keys {
  readonly #replica: Replica;
  readonly #session: Session;
  readonly #live: Live<KeysRow | null>;
  #found: KeysRow | null = null;

  constructor(replica: Replica, session: Session) {
    this.#replica = replica;
    this.#session = session;
    this.#live = new Live<KeysRow | null>(null, async () => (await replica.findMeta("keys")) ?? null);
  }

  /** Null until it is known. */
  get current(): KeysRow | null {
    return this.#live.value;
  }

  /** What this tab's own last look found. Throws Error before there was one. */
  get found(): KeysRow {
    if (this.#found === null) throw new Error("nobody has looked yet");
    return this.#found;
  }

  /** Devices that came since the person looked, and are still there. */
  get arrived(): string[] {
    const { devices = [], news = null } = this.current ?? {};
    return devices.filter((device) => news?.newDevices.includes(device));
  }

  /** Looks at everything and does what is due. Throws ProblemError; nothing changes when the server was not reached. */
  async look(): Promise<void> {
    const place = await placeOf(this.#session);
    await meetDatabase(this.#replica, askAbout(this.#session));
    const { state, devices, news } = await askKeys("connect", { place });
    this.#found = { state, devices, news, verdict: null };
    await this.#replica.putMeta("keys", this.#found);
    if (state === "ready") await this.say();
  }

  /** Makes this device's keys, or adds it to the others, with the password's. Throws ProblemError. */
  async enter(password: MessagePort): Promise<void> {
    const user = (await this.#replica.users.get(this.#replica.me)) ?? this.#session.user;
    const avatar = user.avatar_id === null ? null : fromHex(user.avatar_id);
    await askKeys("enter", { place: await placeOf(this.#session), password, displayName: user.display_name, avatar });
    await this.look();
  }

  /** Devices that this tab found in the list beside this one. */
  get others(): string[] {
    return this.found.devices.filter((device) => device !== this.#session.device.id);
  }

  /** Takes other devices off the list; those that are gone are passed over. Throws ProblemError. */
  async remove(password: MessagePort, devices: string[]): Promise<void> {
    await askKeys("removeDevices", { place: await placeOf(this.#session), password, devices });
    await this.look();
  }

  /** `kept` are others that stay signed in; after a suspected theft everything is made anew. Throws ProblemError. */
  async changePassword(password: MessagePort, next: Chosen, kept: string[], isTheft: boolean): Promise<void> {
    await askKeys("changePassword", { place: await placeOf(this.#session), password, next, kept, isTheft });
    await this.look();
  }

  /** Characters for a recovery key to come. Throws ProblemError. */
  async drawRecoveryKey(): Promise<string> {
    return askKeys("drawRecoveryKey", { place: await placeOf(this.#session) });
  }

  /** Throws ProblemError. */
  async makeRecoveryKey(password: MessagePort, drawn: string): Promise<void> {
    await askKeys("makeRecoveryKey", { place: await placeOf(this.#session), password, drawn });
    await this.look();
  }

  /** Throws ProblemError. */
  async dropRecoveryKey(password: MessagePort): Promise<void> {
    await askKeys("dropRecoveryKey", { place: await placeOf(this.#session), password });
    await this.look();
  }

  /**
   * Changes name or picture at the server by `act`, and says it in the chain. It is noted before, so that after a crash in
   * between the next connect says it: what the person chose, never what a server says that they are called.
   */
  async saying<T>(change: Omit<SayingRow, "isSaved">, act: () => Promise<T>): Promise<T> {
    const note = (isSaved: boolean): Promise<void> => this.#replica.putMeta("saying", { ...change, isSaved });
    await note(false);
    const done = await act();
    await note(true);
    if (this.current?.state === "ready") void this.say().catch(console.warn);
    return done;
  }

  /** Says what is noted and has arrived at the server. Throws ProblemError: then it stays noted. */
  async say(): Promise<void> {
    const { displayName, avatar, isSaved } = (await this.#replica.findMeta("saying")) ?? {};
    if (displayName === undefined && avatar === undefined) return;
    const shown = await this.#replica.users.get(this.#replica.me);
    const isThere = displayName === undefined ? (shown?.avatar_id ?? "") === avatar : shown?.display_name === displayName;
    if (!isSaved && !isThere) return;
    const picture = avatar === undefined ? null : fromHex(avatar || "0".repeat(64));
    await askKeys("sayProfile", { place: await placeOf(this.#session), displayName: displayName ?? null, avatar: picture });
    await this.#forgetSaid(displayName, avatar);
  }

  /** What was chosen while something else was being said stays noted. */
  #forgetSaid(displayName: string | undefined, avatar: string | undefined): Promise<void> {
    return this.#replica.transaction("rw", this.#replica.metas, async () => {
      const noted = await this.#replica.findMeta("saying");
      if (noted?.displayName === displayName && noted?.avatar === avatar) await this.#replica.putMeta("saying", null);
    });
  }

  /** The server showed something that cannot be. */
  async refuse(verdict: string): Promise<void> {
    await this.#replica.putMeta("keys", { state: "refused", devices: [], news: null, verdict });
  }

  /** The person has seen the news. */
  async noteNews(): Promise<void> {
    const row = this.current;
    if (!row?.news) return;
    await askKeys("noteNews", { place: await placeOf(this.#session), n: row.news.n });
    await this.#replica.putMeta("keys", { ...row, news: null });
  }

  stop(): void {
    this.#live.stop();
  }
}
