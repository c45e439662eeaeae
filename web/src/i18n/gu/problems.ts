import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";
export const problems: Translation<typeof en>["problems"] = {
  network: "Hearth cannot be reached. Check your connection and try again.",
  timeout: "The server takes too long to answer. Try again in a moment.",
  unknown: "Something went wrong. Try again; if it happens again, tell the person who runs this Hearth.",
  tooManyRequests: "That was too often in a short time. Wait a moment and try again.",
  tooManyRequestsSeconds: {
    one: "That was too often in a short time. Try again in {count} second.",
    other: "That was too often in a short time. Try again in {count} seconds.",
  },
  busy: "The server has too much to do right now. Try again in a moment.",
  storage: "The server cannot save anything right now. Try again in a moment.",
  notSignedIn: "Your session has ended. Sign in again.",
};
