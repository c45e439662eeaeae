// How conversations are kept: what is changed here is shown at once, survives, and is carried out once by the tab that leads.
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Acts } from "../crypto/keys/messages.ts";
import { applyChange, PRIVATE_KEEPING } from "../crypto/private-change.ts";
import { Replica } from "../replica/database.ts";
import { OwnDatabase } from "../replica/own-database.ts";
import { ProblemError } from "../wire/http.ts";
import { archive, isMuted, mute, pin, readKeeping } from "./keeping.ts";
import { readPlace } from "./private.ts";
import { type AskPrivate, PrivateWatch } from "./watch.ts";

const CONVERSATION = "0c".repeat(16);

let replica: Replica;
let own: OwnDatabase;
let served: { kind: number; place: string; fields: Record<string, unknown> }[];
let refused: ReturnType<typeof vi.fn<() => void>>;

/** As the keys' worker, with what all devices keep in `served`. */
const ask = vi.fn<AskPrivate>();
const refuse = (code: string, detail?: string): ProblemError => new ProblemError({ code, status: 0, title: code, ...(detail && { detail }) });
const refusing = (error: ProblemError): void => void ask.mockImplementation((async (act: string) => (act === "settlePrivate" ? [] : Promise.reject(error))) as AskPrivate);
const keepingOf = async () => readKeeping((await readPlace(replica, own, CONVERSATION, [PRIVATE_KEEPING]))[0]);

beforeEach(async () => {
  [replica, own] = [new Replica(1, `replica ${Math.random()}`), new OwnDatabase(1, `own ${Math.random()}`)];
  served = [];
  refused = vi.fn();
  ask.mockReset().mockImplementation((async (act: string, needs: object) => {
    if (act === "settlePrivate") return served;
    const { kind, at, changes } = needs as Acts["changePrivate"]["needs"];
    const before = served.find((row) => row.kind === kind && row.place === at)?.fields ?? {};
    const row = { kind, place: at, fields: changes.reduce(applyChange, before) };
    served = [row];
    return row;
  }) as AskPrivate);
  await replica.putMeta("keys", { state: "ready", devices: [], news: null, verdict: null });
});

afterEach(() => {
  replica.close();
  own.close();
});

it("shows what was changed at once, and carries it out in order", async () => {
  await pin(own, CONVERSATION, 7);
  await mute(own, CONVERSATION, Infinity);
  await archive(own, CONVERSATION, true);
  const kept = { mutedUntil: Infinity, isArchived: true, pinnedAt: 0, isMarked: false, level: "all" };
  expect(await keepingOf()).toEqual(kept);
  await new PrivateWatch(ask, refused).look(replica, own);
  expect(served).toEqual([{ kind: PRIVATE_KEEPING, place: CONVERSATION, fields: { muted: true, archived: true } }]);
  expect(await own.wishes.count()).toBe(0);
  expect(await keepingOf()).toEqual(kept);
  await mute(own, CONVERSATION, 0);
  expect(isMuted(await keepingOf(), Date.now())).toBe(false);
});

it("keeps a change until the server was reached, and gives it up only when it can never be carried out", async () => {
  await mute(own, CONVERSATION, 99);
  const watch = new PrivateWatch(ask, refused);
  for (const error of [refuse("network"), refuse("keys_refused", "rollback"), refuse("conflict")]) {
    refusing(error);
    await watch.look(replica, own);
    expect(await own.wishes.count(), error.problem.code).toBe(1);
  }
  expect(refused).not.toHaveBeenCalled();
  refusing(refuse("keys_refused", "unsupported"));
  await watch.look(replica, own);
  expect(await own.wishes.count()).toBe(0);
  expect(refused).toHaveBeenCalledOnce();
});

it("asks nothing before this device has its keys", async () => {
  await replica.putMeta("keys", { state: "unlisted", devices: [], news: null, verdict: null });
  await new PrivateWatch(ask, refused).look(replica, own);
  expect(ask).not.toHaveBeenCalled();
});

it("what another program wrote in another form is as if it were not there", () => {
  expect(readKeeping({ muted: "yes", archived: 1, pinned: -3, unread: {} })).toEqual({ mutedUntil: 0, isArchived: false, pinnedAt: 0, isMarked: false, level: "all" });
});
