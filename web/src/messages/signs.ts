// The signs of how far a message has come, as outlines on a square of 16. Thousands of them come and go while a list is
// scrolled, and of a sign that is named in the sprite the browser makes a copy for each.
import check from "bootstrap-icons/icons/check2.svg?raw";
import checks from "bootstrap-icons/icons/check2-all.svg?raw";
import clock from "bootstrap-icons/icons/clock.svg?raw";
import warning from "bootstrap-icons/icons/exclamation-circle-fill.svg?raw";

import type { Progress } from "../conversations/items.ts";

/** All paths of a picture as one; each starts from the corner, as it would alone. */
function readOutline(picture: string): string {
  return Array.from(picture.matchAll(/ d="([^"]+)"/g), ([, path]) => `M0 0${path}`).join("");
}

export const SIGNS: Record<Progress, string> = {
  pending: readOutline(clock),
  sent: readOutline(check),
  delivered: readOutline(checks),
  read: readOutline(checks),
  failed: readOutline(warning),
};
