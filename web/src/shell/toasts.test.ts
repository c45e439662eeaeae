import { expect, test } from "vitest";

import { toasts } from "./toasts.svelte.ts";

test("the same words stand there once, the last time they were said", () => {
  for (const text of ["Saved", "Copied", "Saved"]) toasts.show(text);
  expect(toasts.list.map(({ text }) => text)).toEqual(["Copied", "Saved"]);
});

test("there are three at most, the newest", () => {
  for (const text of ["one", "two", "three", "four"]) toasts.show(text);
  expect(toasts.list.map(({ text }) => text)).toEqual(["two", "three", "four"]);
});
