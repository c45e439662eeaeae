// Random numbers below a bound, each as likely as the other.

const RANGE = 2 ** 32;

/** From 0 to `bound` - 1, by the browser's generator. What is above the last whole multiple of `bound` is drawn again. */
export function drawBelow(bound: number, draw: () => number = () => crypto.getRandomValues(new Uint32Array(1))[0]!): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > RANGE) throw new RangeError("a bound is between 1 and 2^32");
  const fair = RANGE - (RANGE % bound);
  for (;;) {
    const drawn = draw();
    if (drawn < fair) return drawn % bound;
  }
}
