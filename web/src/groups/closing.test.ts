import { expect, test } from "vitest";

import type { GroupStanding } from "../crypto/conversations/group-standing.ts";
import { findClosing, rankIn } from "./closing.ts";

const RIGHTS = { addBy: 2, postBy: 3, settingsBy: 2, pinBy: 2, everyoneBy: 2 };
const group = (changed: Partial<GroupStanding> = {}): GroupStanding => ({ members: [{ user: 1, role: 1 }, { user: 2, role: 3 }], left: [], rights: RIGHTS, ...changed });

test("why one cannot write", () => {
  expect(findClosing({ open: true, group: group() }, 2)).toBeNull();
  expect(findClosing({ open: true, group: group({ rights: { ...RIGHTS, postBy: 2 } }) }, 2)).toBe("readers");
  expect(findClosing({ open: true, group: group({ rights: { ...RIGHTS, postBy: 2 } }) }, 1)).toBeNull();
  expect(findClosing({ open: true, group: group({ left: [2] }) }, 2)).toBe("left");
  expect(findClosing({ open: false, group: group() }, 2)).toBe("outside");
  expect(findClosing({ open: true }, 2)).toBeNull();
});

test("without an owner the highest role counts as one", () => {
  expect(rankIn([{ user: 1, role: 2 }, { user: 2, role: 3 }], 1)).toBe(1);
  expect(rankIn([{ user: 1, role: 2 }, { user: 2, role: 3 }], 2)).toBe(3);
  expect(rankIn([{ user: 1, role: 1 }], 9)).toBe(Infinity);
});
