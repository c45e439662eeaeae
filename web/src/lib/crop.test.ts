import { expect, test } from "vitest";

import { clampCrop, startCrop, zoomCrop } from "./crop.ts";

const wide = { width: 800, height: 400 };

test("it starts with the largest square", () => {
  expect(startCrop(wide)).toEqual({ x: 400, y: 200, side: 400 });
  expect(startCrop({ width: 400, height: 800 })).toEqual({ x: 200, y: 336, side: 400 });
});

test("it never leaves the picture", () => {
  expect(clampCrop({ x: -50, y: 999, side: 200 }, wide)).toEqual({ x: 100, y: 300, side: 200 });
  expect(clampCrop({ x: 0, y: 0, side: 9999 }, wide)).toEqual({ x: 200, y: 200, side: 400 });
  expect(clampCrop({ x: 400, y: 200, side: 1 }, wide).side).toBe(100);
});

test("zooming out at the edge moves back inside", () => {
  const edge = clampCrop({ x: 0, y: 0, side: 100 }, wide);
  expect(zoomCrop(edge, 1, wide)).toEqual({ x: 200, y: 200, side: 400 });
  expect(zoomCrop(startCrop(wide), 2, wide).side).toBe(200);
});
