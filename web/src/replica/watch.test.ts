import Dexie from "dexie";
import { expect, test } from "vitest";

import { ProblemError } from "../wire/http.ts";
import { judgeTrouble } from "./watch.ts";

test("no room is told from storage that does not work, however deep the browser's error is wrapped", () => {
  const full = new DOMException("no room", "QuotaExceededError");
  expect(judgeTrouble(full)).toBe("full");
  expect(judgeTrouble(new Dexie.AbortError("aborted", full))).toBe("full");
  expect(judgeTrouble(new Dexie.OpenFailedError("not opened", full))).toBe("full");
  expect(judgeTrouble(new Dexie.OpenFailedError("not opened"))).toBe("broken");
  expect(judgeTrouble(new DOMException("broken", "UnknownError"))).toBe("broken");
});

test("what is not about storage does not blame it", () => {
  expect(judgeTrouble(new TypeError("x is undefined"))).toBe("defect");
  expect(judgeTrouble(new RangeError("too long"))).toBe("defect");
  expect(judgeTrouble("a string")).toBe("defect");
  expect(judgeTrouble(undefined)).toBe("defect");
});

test("what the server refused is no trouble of this device", () => {
  expect(judgeTrouble(new ProblemError({ code: "forbidden", status: 403, title: "No" }))).toBeNull();
});
