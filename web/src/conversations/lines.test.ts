import { expect, test } from "vitest";

import type { IdentityEvent } from "../crypto/conversations/conversation-facts.ts";
import type { Row } from "./days.ts";
import { placeLines } from "./lines.ts";

const rows = (...seqs: number[]): Row[] => seqs.map((seq, at) => ({ item: { key: `k${at}`, seq } }) as unknown as Row);
const reset = (seq: number): IdentityEvent => ({ seq, user: 2, what: "reset" });
const WHOLE = { hasOlder: false, hasNewer: false };

test("a line stands above the first message after it, several above one", () => {
  const { above, below } = placeLines(rows(1, 4, 7), [reset(2), reset(3), reset(5)], WHOLE);
  expect([...above].map(([key, list]) => [key, list.map((one) => one.seq)])).toEqual([["k1", [2, 3]], ["k2", [5]]]);
  expect(below).toEqual([]);
});

test("at the ends it stands only where nothing is between", () => {
  expect(placeLines(rows(5, 7), [reset(2), reset(9)], WHOLE)).toEqual({ above: new Map([["k0", [reset(2)]]]), below: [reset(9)] });
  expect(placeLines(rows(5, 7), [reset(2), reset(9)], { hasOlder: true, hasNewer: true })).toEqual({ above: new Map(), below: [] });
});

test("what waits to be sent comes after it; without messages it stands alone", () => {
  expect([...placeLines(rows(5, 0), [reset(9)], WHOLE).above.keys()]).toEqual(["k1"]);
  expect(placeLines([], [reset(9)], WHOLE).below).toEqual([reset(9)]);
});
