// How this device's keys are, as pages see it: what the last connect of whatever tab found.
import type { Entered } from "../crypto/account/enter.ts";
import type { Chosen } from "../crypto/keys/messages.ts";
import { fromHex } from "../lib/bytes.ts";
import type { ChosenPart, KeysRow, Replica, SayingRow } from "../replica/database.ts";
import { Live } from "../replica/live.svelte.ts";
import type { Session } from "../wire/contract.ts";
import { meetDatabase } from "../restored/meet.ts";
import { noteVault } from "../restored/notice.ts";
import { askAbout, askKeys, makeKeys, placeOf } from "./ask.ts";

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

  /** How many devices came since the person looked and are gone again, and how many from before were taken off the list elsewhere. */
  get gone(): { visited: number; removed: number } {
    const { devices = [], news = null } = this.current ?? {};
    const { newDevices = [], removedDevices = [] } = news ?? {};
    const gone = removedDevices.filter((device, at) => !devices.includes(device) && removedDevices.indexOf(device) === at);
    const visited = gone.filter((device) => newDevices.includes(device)).length;
    return { visited, removed: gone.length - visited };
  }

  /** Another device has renewed one's own keys since the person looked. */
  get isRenewed(): boolean {
    return this.current?.news?.isIdentityChanged === true;
  }

  /** Looks at everything and does what is due. Throws ProblemError; nothing changes when the server was not reached. */
  async look(): Promise<void> {
    const place = await placeOf(this.#session);
    const database = (await this.#replica.findMeta("cursor"))?.generation ?? null;
    await meetDatabase(this.#replica, askAbout(this.#session));
    const { state, devices, news, vault } = await askKeys("connect", { place });
    if (vault !== null) await noteVault(this.#replica, database, vault);
    this.#found = { state, devices, news, verdict: null };
    await this.#replica.putMeta("keys", this.#found);
    if (state === "ready") await this.say();
  }

  /** Makes this device's keys, or adds it to the others, with the password's; the person has agreed to new ones where a restored server has none. Throws ProblemError. */
  async enter(password: MessagePort): Promise<Entered> {
    const user = (await this.#replica.users.get(this.#replica.me)) ?? this.#session.user;
    const entered = await makeKeys({ ...this.#session, user }, password, true);
    await this.look();
    return entered;
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
  async saying<T>(change: Partial<Record<keyof SayingRow, string>>, act: () => Promise<T>): Promise<T> {
    await this.#note(change, false);
    const done = await act();
    await this.#note(change, true);
    if (this.current?.state === "ready") void this.say().catch(console.warn);
    return done;
  }

  /** Beside what is noted of the other of the two and not said yet. */
  #note(change: Partial<Record<keyof SayingRow, string>>, isSaved: boolean): Promise<void> {
    const chosen = Object.entries(change).map(([part, value]) => [part, { value, isSaved }]);
    return this.#changeNoted((noted) => ({ ...noted, ...(Object.fromEntries(chosen) as SayingRow) }));
  }

  #changeNoted(change: (noted: SayingRow) => SayingRow): Promise<void> {
    return this.#replica.transaction("rw", this.#replica.metas, async () => {
      const noted = change((await this.#replica.findMeta("saying")) ?? {});
      await this.#replica.putMeta("saying", Object.keys(noted).length === 0 ? null : noted);
    });
  }

  /** Says what is noted and has arrived at the server. Throws ProblemError: then it stays noted. */
  async say(): Promise<void> {
    const noted = (await this.#replica.findMeta("saying")) ?? {};
    const shown = await this.#replica.users.get(this.#replica.me);
    const displayName = findArrived(noted.displayName, shown?.display_name);
    const avatar = findArrived(noted.avatar, shown?.avatar_id ?? "");
    if (displayName === null && avatar === null) return;
    const picture = avatar === null ? null : fromHex(avatar || "0".repeat(64));
    await askKeys("sayProfile", { place: await placeOf(this.#session), displayName, avatar: picture });
    // What was chosen while something else was being said stays noted.
    await this.#changeNoted((now) => {
      const left = { ...now };
      if (displayName !== null && left.displayName?.value === displayName) delete left.displayName;
      if (avatar !== null && left.avatar?.value === avatar) delete left.avatar;
      return left;
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

/** What was chosen, once the server has it: it said so, or shows it. */
const findArrived = (chosen: ChosenPart | undefined, shown: string | undefined): string | null =>
  chosen !== undefined && (chosen.isSaved || chosen.value === shown) ? chosen.value : null;
