// Whose removal a restored server has lost, and who has decided since (docs/protocol-encryption.md, 10.10).
import { expect, test } from "vitest";

import { fromHex } from "../../lib/bytes.ts";
import { zeros } from "../protocol/codec.ts";
import type { KnownConversation } from "./judging/known-conversation.ts";
import { listUnwanted } from "./sealing-state.ts";

const hashOf = (n: number): string => n.toString(16).padStart(64, "0");
const LINK = fromHex(hashOf(99));

/** Epochs from 1 on, each about carol, who is a member in the end. The logs part after the first. */
function isUnwanted(actions: string[], added: string[] | undefined, cause = zeros(32)): boolean {
  const all = actions.map((action, at) => ({ epoch: { n: at + 1, action, targets: [{ user: 3, role: 3, cause }] }, hash: fromHex(hashOf(at + 1)), roster: [{ user: 1 }, { user: 3 }] }));
  const known = { epochs: { all, newest: all.at(-1) }, judged: { signed: { leaves: [] } } } as unknown as KnownConversation;
  const removed = added === undefined ? ([3, 1] as unknown as [number, number, string[]]) : ([3, 1, added] as [number, number, string[]]);
  return listUnwanted(known, [removed]).includes(3);
}

test("a member whose removal is lost is unwanted until somebody decides above where the logs part: not by an epoch lost with it, nor by a link", () => {
  expect(isUnwanted(["create", "rotate"], [])).toBe(true);
  expect(isUnwanted(["create", "remove", "add"], [])).toBe(false);
  expect(isUnwanted(["create", "remove", "add"], [hashOf(3)], LINK)).toBe(false);
  expect(isUnwanted(["create", "add"], [])).toBe(false);
  expect(isUnwanted(["create", "add"], [hashOf(2)])).toBe(true);
  expect(isUnwanted(["create", "add"], [], LINK)).toBe(true);
  expect(isUnwanted(["add", "rotate"], [])).toBe(true);
  // Written by a version that did not know what had added them.
  expect(isUnwanted(["create", "add"], undefined)).toBe(false);
});
