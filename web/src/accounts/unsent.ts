// What was written on this device and not sent when the session ended: it waits in the outbox until the same user signs in
// again. The sign-in page says so; it cannot open anybody's database, so the number is noted beside the session.

const NOTED = "hearth.unsent";

interface Noted {
  user: number;
  count: number;
}

function read(): Noted | null {
  try {
    const noted = JSON.parse(localStorage.getItem(NOTED) ?? "null") as Noted | null;
    return noted && typeof noted.user === "number" && Number.isSafeInteger(noted.count) ? noted : null;
  } catch {
    return null;
  }
}

/** Notes how many messages of a user wait here; none forgets it. */
export function noteWaiting(user: number, count: number): void {
  if (count > 0) localStorage.setItem(NOTED, JSON.stringify({ user, count } satisfies Noted));
  else if (read()?.user === user) localStorage.removeItem(NOTED);
}

/** How many messages wait here for their writer to sign in again. */
export function countWaiting(): number {
  return Math.max(0, read()?.count ?? 0);
}
