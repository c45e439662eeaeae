// Noble's Curve25519 is as large as a seventh of all other cryptography, and most browsers need it for changes to an account only.

/** The server did not hand out a part of this program. Nothing is said about keys or signatures. */
export class NotFetched extends Error {
  constructor() {
    super("a part of the program did not come");
    this.name = "NotFetched";
  }
}

/** Throws NotFetched. */
export async function loadCurve25519(): Promise<typeof import("./curve25519.ts")> {
  try {
    return await import("./curve25519.ts");
  } catch {
    throw new NotFetched();
  }
}
