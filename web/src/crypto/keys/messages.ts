// What the page and the keys' worker say to each other. Nothing secret goes to the page but the recovery key, which the person
// must see; the password's keys come to the worker through a port that the page only hands on.
import type { Bytes } from "../../lib/bytes.ts";
import type { Entered } from "../account/enter.ts";
import type { News } from "../account/news.ts";
import type { VaultSaid } from "../account/open-vault.ts";
import type { Stretching } from "../derive.ts";
import type { ConversationActs } from "./conversation-acts.ts";
import type { GroupActs } from "./group-acts.ts";
import type { PrivateActs } from "./private-acts.ts";
import type { TrustActs } from "./trust-acts.ts";

/** Whose keys, on which server, on which device (the session's id). Ids as hex. */
export interface Place {
  server: string;
  user: number;
  username: string;
  device: string;
}

/** A password that is being chosen. */
export interface Chosen {
  keys: MessagePort;
  salt: Bytes;
  stretching: Stretching;
}

export interface Connection {
  state: "none" | "lost" | "unlisted" | "removed" | "ready";
  news: News | null;
  /** Listed devices as hex. */
  devices: string[];
  renewed: "generation" | "receive" | null;
  /** Of a device that is ready. */
  vault: VaultSaid | null;
}

/** Each act with what it needs and what it gives. */
export interface Acts extends ConversationActs, GroupActs, PrivateActs, TrustActs {
  connect: { needs: { place: Place }; gives: Connection };
  /** What a session begins with: set-up where there is no chain yet (`isAgreed`: nor any more), else this device is added. */
  enter: { needs: { place: Place; password: MessagePort; displayName: string; avatar: Bytes | null; database: string; isAgreed: boolean }; gives: Entered };
  setUp: { needs: { place: Place; password: MessagePort; displayName: string; avatar: Bytes | null }; gives: null };
  addDevice: { needs: { place: Place; password: MessagePort }; gives: null };
  retire: { needs: { place: Place }; gives: null };
  /** Wipes what this device has, without a word to the server: the session is over. Unless the person asked for it, it is remembered that there was a chain. */
  forget: { needs: { place: Place; isAsked: boolean }; gives: null };
  removeDevices: { needs: { place: Place; password: MessagePort; devices: string[] }; gives: null };
  changePassword: { needs: { place: Place; password: MessagePort; next: Chosen; kept: string[]; isTheft: boolean }; gives: null };
  /** Characters for the person to keep. They work once a key was made of them. */
  drawRecoveryKey: { needs: { place: Place }; gives: string };
  makeRecoveryKey: { needs: { place: Place; password: MessagePort; drawn: string }; gives: null };
  dropRecoveryKey: { needs: { place: Place; password: MessagePort }; gives: null };
  recover: { needs: { username: string; recoveryKey: string; next: Chosen; isTheft: boolean; deviceName: string; database: string }; gives: Place };
  resetHere: { needs: { place: Place; token: string; next: Chosen }; gives: null };
  resetWithout: { needs: { token: string; next: Chosen; deviceName: string; database: string }; gives: Place };
  /** Null stays as it was said last; zeros are no picture. */
  sayProfile: { needs: { place: Place; displayName: string | null; avatar: Bytes | null }; gives: null };
  noteNews: { needs: { place: Place; n: number }; gives: null };
}

export type Act = keyof Acts;

export type Ask = { [A in Act]: { id: number; act: A } & Acts[A]["needs"] }[Act];

/**
 * `verdict` of section 12, `refused` with the problem's code, `no_answer`, `not_ready` with the state that stands against sealing, `moved`
 * when somebody else was first, or `broken` (storage, a fault of ours).
 */
export type Failure = { kind: "verdict" | "refused" | "not_ready" | "moved" | "no_answer" | "broken"; code: string };

export type Answer = { id: number; ok: Acts[Act]["gives"] } | { id: number; failed: Failure };
