import { expect, test } from "vitest";

import type { Presence as State } from "../wire/contract.ts";
import type { ConnectionState } from "../wire/socket.ts";
import { Presence } from "./presence.svelte.ts";

function makeClient() {
  const told = {
    opened: (_answer: State[]): void => undefined,
    state: (_state: ConnectionState): void => undefined,
    event: (_name: string, _payload: unknown): void => undefined,
  };
  const end = (): void => undefined;
  const presence = new Presence({
    onOpened: (listener) => ((told.opened = listener), end),
    socket: {
      onState: (listener: typeof told.state) => ((told.state = listener), end),
      onEvent: (listener: typeof told.event) => ((told.event = listener), end),
    } as never,
  });
  return { presence, told };
}

const bob = (status: State["status"]): State => ({ user_id: 2, status, last_seen: null });
const answer = (...presence: State[]): State[] => presence;

test("what came live before the answer was applied is newer than the answer", () => {
  const { presence, told } = makeClient();
  told.state("online");
  told.event("presence.changed", { presence: bob("online") });
  told.opened(answer(bob("away")));
  expect(presence.of(2)?.status).toBe("online");
});

test("a new connection asks anew", () => {
  const { presence, told } = makeClient();
  told.event("presence.changed", { presence: bob("online") });
  told.state("offline");
  expect(presence.of(2)).toBeUndefined();
  told.state("online");
  told.opened(answer(bob("away")));
  expect(presence.of(2)?.status).toBe("away");
});

test("a connection that follows another without a gap says anew who is there", () => {
  const { presence, told } = makeClient();
  told.state("online");
  told.event("presence.changed", { presence: bob("online") });
  told.state("online");
  expect(presence.of(2)?.status).toBe("online");
  told.opened(answer());
  expect(presence.of(2)).toBeUndefined();
});
