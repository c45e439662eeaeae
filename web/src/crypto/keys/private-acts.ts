// What the page asks the keys' worker about private rows: what is kept, and changes. To be asked by the tab that leads.
import { type PrivateRow, PrivateRows } from "../account/private-rows.ts";
import type { Self } from "../account/self.ts";
import type { PrivateChange } from "../private-change.ts";
import type { Place } from "./messages.ts";

export interface PrivateActs {
  /** Reads what other devices kept since, and writes again what the server lacks. Gives what has changed, at first all. */
  settlePrivate: { needs: { place: Place }; gives: PrivateRow[] };
  /** `at` is a conversation's id as hex, or zeros. Gives what stands there then. */
  changePrivate: { needs: { place: Place; kind: number; at: string; changes: PrivateChange[] }; gives: PrivateRow };
}

export type PrivateAsk = { [A in keyof PrivateActs]: { id: number; act: A } & PrivateActs[A]["needs"] }[keyof PrivateActs];

/** By their names, and no others. */
export const isPrivateAsk = (ask: { act: string }): ask is PrivateAsk => ask.act.endsWith("Private");

const known = new WeakMap<Self, PrivateRows>();

/** Throws ProtocolError, Refusal, NoAnswer. */
export function actOnPrivate(self: Self, ask: PrivateAsk): Promise<PrivateActs[PrivateAsk["act"]]["gives"]> {
  const rows = known.get(self) ?? new PrivateRows(self);
  known.set(self, rows);
  return ask.act === "settlePrivate" ? rows.settle() : rows.change(ask.kind, ask.at, ask.changes);
}
