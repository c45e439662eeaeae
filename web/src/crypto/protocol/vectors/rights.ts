// How the vectors of who may do what (7.4 and 8.9, written by tests/rights) are run: all that could be done is tried.
import type { Bytes } from "../../../lib/bytes.ts";
import { checkRole } from "../../conversations/judging/roles.ts";
import { equal, ProtocolError, zeros } from "../codec.ts";
import { directId, encodeRoster, type Epoch, hashRoster, type RosterMember, selfId, type Settings } from "../epoch.ts";
import { checkStep, type Step } from "../epoch-rules.ts";
import { SERVER } from "./cast.ts";
import { named, named16 } from "./form.ts";

interface Given {
  /** Of the conversation: 1 direct, 2 self, 3 group. */
  kind: number;
  roles: [user: number, role: number][];
  settings: { add_by: number; post_by: number; settings_by: number; pin_by: number };
  user: number;
}

type Pair = [number, number];

const KINDS = ["direct", "self", "group"] as const;
const ACTIONS = ["create", "add", "remove", "rotate", "role", "settings", "reidentify"] as const;
const USERS = [1, 2, 3, 4, 5];
const ROLES = [0, 1, 2, 3];
const RECORDS = [0, 1, 2, 3, 4, 5, 6, 7];
const HASH = named("record");
const NOBODY = { isLinked: (_user: number, before: Bytes, after: Bytes) => equal(before, after), hasLeft: () => false };

const pairsOf = (first: readonly number[], second: readonly number[]): Pair[] => first.flatMap((one) => second.map((other): Pair => [one, other]));

function isAllowed(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return false;
  }
}

const member = (user: number, role: number): RosterMember => ({
  user, role, identityKey: named(`${user}`), chain: { n: 3, hash: named(`${user} head`) }, receiveVersion: 1, receiveHash: named(`${user} receive`),
});

function idOf({ kind, roles }: Given): Bytes {
  const users = roles.map(([user]) => user);
  return kind === 1 ? directId(SERVER, users[0]!, users[1]!) : kind === 2 ? selfId(SERVER, users[0]!) : named16("group");
}

/** An epoch that nobody has signed: signatures are checked elsewhere. */
function stepOf(given: Given, roster: RosterMember[], changed: Partial<Epoch>): Step {
  const { add_by: addBy, post_by: postBy, settings_by: settingsBy, pin_by: pinBy } = given.settings;
  const settings: Settings = { addBy, postBy, settingsBy, timer: changed.action === "settings" ? 60 : 0, links: [], pinBy, everyoneBy: 2 };
  const epoch: Epoch = {
    minimumFormat: 1, kind: KINDS[given.kind - 1]!, server: SERVER, conversation: idOf(given), n: 1, previous: zeros(32), rosterHash: hashRoster(encodeRoster(roster)),
    settings, action: "create", targets: [], historyFrom: 0, actor: given.user, device: named16("device"), time: 0,
    seen: { seq: 0, hash: zeros(32) }, commitment: zeros(32), extensions: [], ...changed,
  };
  return { epoch, roster };
}

const rosterOf = ({ roles }: Given): RosterMember[] => roles.map(([user, role]) => member(user, role));

export function runWriting(given: Given & { record: number }): object {
  const step = stepOf(given, rosterOf(given), {});
  const may = (aim?: Pair): boolean =>
    isAllowed(() => checkRole(step, given.user, given.record, aim ? 7 : 0, aim && { kind: aim[0], user: aim[1] }));
  return { alone: may(), at: pairsOf(RECORDS, USERS).filter(may) };
}

/** Tries an action, on one person if one is named, with the members that follow. */
function mayAct(given: Given & { action: number }, target?: Pair): boolean {
  const before = stepOf(given, rosterOf(given), {});
  const action = ACTIONS[given.action - 1]!;
  const after = new Map(before.roster.map((one) => [one.user, one]));
  if (target !== undefined) {
    const [user, role] = target;
    if (role === 0) after.delete(user);
    else after.set(user, { ...(after.get(user) ?? member(user, role)), role, ...(action === "reidentify" && { identityKey: named("new") }) });
  }
  const roster = [...after.values()].sort((one, other) => one.user - other.user);
  const targets = target === undefined ? [] : [{ user: target[0], role: target[1], cause: zeros(32) }];
  return isAllowed(() => checkStep(before, stepOf(given, roster, { n: 2, previous: HASH, action, targets }), HASH, NOBODY));
}

export const runActing = (given: Given & { action: number }): object =>
  ({ alone: mayAct(given), to: pairsOf(USERS, ROLES).filter((target) => mayAct(given, target)) });
