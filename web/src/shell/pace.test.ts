import { expect, test } from "vitest";

import { nextTask } from "./pace.ts";

test("the next task comes after everything that is due in this one", async () => {
  const order: string[] = [];
  const next = nextTask().then(() => order.push("next task"));
  for (const name of ["first", "second"]) void Promise.resolve().then(() => order.push(name));
  await Promise.resolve();
  await Promise.resolve();
  expect(order).toEqual(["first", "second"]);
  await next;
  expect(order).toEqual(["first", "second", "next task"]);
});
