// What went wrong, in words, with a way out. Keys are the codes of the server's problems, in camelCase.
export const problems = {
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
  tooManyRequestsMinutes: {
    one: "That was too often in a short time. Try again in {count} minute.",
    other: "That was too often in a short time. Try again in {count} minutes.",
  },
  conflict: "This has changed in the meantime. Look again, then try once more.",
  limitReached: "There are as many as there can be. Remove some first.",
} as const;
