// Who may write what (docs/protocol-encryption.md, 8.9). Roles are those of the record's epoch.
import { check } from "../../protocol/codec.ts";
import { ADMIN, MEMBER, OWNER } from "../../protocol/epoch.ts";
import { findMember, rankOf, type Step } from "../../protocol/epoch-rules.ts";

export const VOID = 0;
export const MESSAGE = 1;
export const EDIT = 2;
export const REACTION = 3;
export const DELETION = 4;
export const CALL = 5;
export const STATE = 6;
export const PIN = 7;
export const EPOCH_ENTRY = 16;
export const LEAVE_ENTRY = 17;
export const RESTORED_ENTRY = 18;
/** Which kinds a record may be aimed at; null: none at all. */
const TARGETS: Record<number, readonly number[] | null> = {
  [VOID]: null, [MESSAGE]: [MESSAGE], [EDIT]: [MESSAGE], [REACTION]: [MESSAGE], [DELETION]: [MESSAGE, EDIT, REACTION], [CALL]: null, [STATE]: null, [PIN]: [MESSAGE],
};

export const isRecordKind = (kind: number): boolean => Object.hasOwn(TARGETS, kind);

/** The entry that a record is aimed at, if it is at hand. */
export interface Aim {
  kind: number;
  user: number;
}

function mayAim({ epoch, roster }: Step, user: number, kind: number, aim: Aim): boolean {
  if (kind === EDIT) return aim.user === user;
  if (kind !== DELETION || aim.user === user) return true;
  if (epoch.kind !== "group") return false;
  const rank = rankOf(roster, user);
  return rank === OWNER || (rank === ADMIN && (findMember(roster, aim.user)?.role ?? MEMBER) === MEMBER);
}

/** `aim` is undefined while the target is not at hand. Throws ProtocolError `not_allowed`. */
export function checkRole(step: Step, user: number, kind: number, targetSeq: number, aim: Aim | undefined): void {
  const { kind: conversation, settings: { addBy, postBy, settingsBy, pinBy } } = step.epoch;
  const rank = rankOf(step.roster, user);
  if (kind === MESSAGE) check(rank <= postBy, "not_allowed", "may not post");
  if (kind === STATE) check(conversation === "group" && rank <= Math.max(settingsBy, addBy), "not_allowed", "may not say the state");
  if (kind === PIN) check(conversation !== "group" || rank <= pinBy, "not_allowed", "may not pin");
  const kinds = TARGETS[kind] ?? null;
  if (kinds === null) check(targetSeq === 0, "not_allowed", "a target where there is none");
  else check(targetSeq > 0 || kind === MESSAGE, "not_allowed", "no target");
  if (kinds === null || aim === undefined) return;
  check(kinds.includes(aim.kind) && mayAim(step, user, kind, aim), "not_allowed", "not a target of this person's");
}
