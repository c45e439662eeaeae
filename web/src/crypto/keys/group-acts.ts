// What the page asks the keys' worker about groups. To be asked by the tab that leads (keys/desk.ts).
import { fromHex } from "../../lib/bytes.ts";
import { begin } from "../conversations/acting/act.ts";
import { changeGroup, leaveGroup, type Wish } from "../conversations/acting/group.ts";
import { PLAIN_SETTINGS } from "../conversations/acting/make-epoch.ts";
import type { Device } from "../conversations/device.ts";
import type { Rights } from "../conversations/group-standing.ts";
import { describe, type Standing } from "./conversation-acts.ts";
import type { Place } from "./messages.ts";

/** Conversations as hex. Each gives how the group stands afterwards. */
export interface GroupActs {
  /** `members` are others than oneself, who is its owner. */
  createGroup: { needs: { place: Place; members: number[]; rights: Rights }; gives: Standing };
  changeGroup: { needs: { place: Place; conversation: string; wanted: Wish; hasHistory: boolean }; gives: Standing };
  /** The last owner names an `heir`. */
  leaveGroup: { needs: { place: Place; conversation: string; heir: number | null }; gives: Standing };
}

export type GroupAsk = { [A in keyof GroupActs]: { id: number; act: A } & GroupActs[A]["needs"] }[keyof GroupActs];

/** By their names, and no others. */
export const isGroupAsk = (ask: { act: string }): ask is GroupAsk => ask.act.endsWith("Group");

/** Throws NotReady, Moved, ProtocolError, Refusal, NoAnswer. */
export async function actOnGroups(device: Device, ask: GroupAsk): Promise<Standing> {
  const isNew = ask.act === "createGroup";
  const id = isNew ? await begin(device, { kind: "group", members: ask.members, settings: { ...PLAIN_SETTINGS, ...ask.rights } }) : fromHex(ask.conversation);
  const live = await device.open(id);
  if (ask.act === "changeGroup") await changeGroup(device, live, ask.wanted, ask.hasHistory);
  if (ask.act === "leaveGroup") await leaveGroup(device, live, ask.heir);
  return describe(device, live);
}
