// What there is to say of a group: who is in it and as what, who may do what, and what its signed entries say that somebody did.
import { equal } from "../protocol/codec.ts";
import { type Epoch, readEpoch, type Settings } from "../protocol/epoch.ts";
import { findMember, rankOf } from "../protocol/epoch-rules.ts";
import type { Live } from "./device.ts";
import type { KnownEpoch } from "./judging/epochs.ts";
import type { Finding } from "./judging/judge-log.ts";
import { EPOCH_ENTRY, LEAVE_ENTRY } from "./judging/roles.ts";

/** Who may do what: each a role, that one and those above it. */
export type Rights = Pick<Settings, "addBy" | "postBy" | "settingsBy" | "pinBy" | "everyoneBy">;

/** As the newest epoch proves it. */
export interface GroupStanding {
  members: { user: number; role: number }[];
  /** Who has left, and is a member still until somebody makes the next epoch. */
  left: number[];
  rights: Rights;
}

type Roles = GroupStanding["members"];

/** What the author of a signed entry of a group did: they left, or an epoch, with who was there before and afterwards, if that is known. */
export type ToldAct = "left" | (Pick<Epoch, "action" | "targets" | "historyFrom"> & { before: Roles; after: Roles });

const rolesOf = (epoch: KnownEpoch | undefined): Roles => epoch?.roster.map(({ user, role }) => ({ user, role })) ?? [];

export function describeGroup({ known: { epochs, judged } }: Live): GroupStanding | null {
  const { newest } = epochs;
  if (newest?.epoch.kind !== "group") return null;
  const left = judged.signed.leaves.filter((one) => one.n === newest.epoch.n).map((one) => one.user);
  return { members: rolesOf(newest), left, rights: newest.epoch.settings };
}

const describe = ({ action, targets, historyFrom }: Epoch, before: KnownEpoch | undefined, after: KnownEpoch | undefined): ToldAct =>
  ({ action, targets, historyFrom, before: rolesOf(before), after: rolesOf(after) });

/** Who is removed is not given the epoch that does it, but has its entry, which names the epoch before and is signed. */
export function findAct({ known }: Live, { row, verdict }: Finding): ToldAct | null {
  if (row.kind === LEAVE_ENTRY) return verdict === null ? "left" : null;
  const before = known.epochs.find(row.epoch - 1);
  const made = known.epochs.find(row.epoch);
  if (row.kind !== EPOCH_ENTRY || (made ?? before)?.epoch.kind !== "group") return null;
  if (made !== undefined) return verdict === null ? describe(made.epoch, before, made) : null;
  if (verdict !== "unproven" || !known.isSigned(row)) return null;
  const epoch = readEpoch(row.record);
  const isOwn = epoch.action === "remove" && epoch.targets.some((one) => one.user === known.where.user);
  return isOwn && equal(epoch.previous, before!.hash) ? describe(epoch, before, made) : null;
}

/** Whether the author of an entry of a group has a right (7.2): to change what is said of it, and not only say it again; to tell all of it. */
export function hasRight({ known: { epochs } }: Live, { row }: Finding, right: "settingsBy" | "everyoneBy"): boolean {
  const epoch = epochs.find(row.epoch);
  return epoch?.epoch.kind === "group" && rankOf(epoch.roster, row.user) <= epoch.epoch.settings[right];
}

/** This person, as one to whom an entry was written: not by themselves, and as a member of its epoch. Ids of others mean nobody (8.10). */
export function findReader({ known: { epochs, where } }: Live, { row }: Finding): number | null {
  const member = row.user === where.user ? undefined : findMember(epochs.find(row.epoch)?.roster ?? [], where.user);
  return member?.user ?? null;
}
