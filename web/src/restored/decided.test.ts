// What was found out before a restore stays found out (docs/protocol-encryption.md, 10.10).
import "fake-indexeddb/auto";

import { afterEach, expect, test } from "vitest";

import { random } from "../crypto/protocol/primitives.ts";
import { ends, Scene } from "./scene.ts";

afterEach(() => ends.splice(0).forEach((end) => end()));

test("another epoch that is shown after an older state stops a conversation for good, whatever is said of a restore then", async () => {
  const scene = await Scene.begin();
  const [, second] = scene.place.epochs;
  scene.server.restore();
  expect(await scene.stateOf(scene.alice)).toBe("stopped: rollback");
  scene.place.epochs.push({ ...second!, hash: random(32) });
  expect(await scene.stateOf(scene.alice)).toBe("stopped: fork");
  scene.place.epochs.pop();
  expect(await scene.stateOf(scene.alice)).toBe("stopped: fork");
  await scene.restore();
  const parting = { conversation: scene.group, seq: 2, hash: scene.place.hashes[2]! };
  await scene.alice.ask("meetDatabase", { database: scene.server.generation, partings: [parting] });
  scene.alice.restart();
  expect(await scene.stateOf(scene.alice)).toBe("stopped: fork");
});
