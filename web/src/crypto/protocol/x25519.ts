// X25519 (RFC 7748) of the engine, where it has it (Chromium 133, Firefox 130, Safari 17 and later): it takes the same time for every
// key. In older ones noble computes.
import { type Bytes, fromHex } from "../../lib/bytes.ts";
import { check, equal, join, zeros } from "./codec.ts";
import { loadCurve25519 } from "./load-curve25519.ts";
import { equalSecrets, wipe } from "./primitives.ts";

const BASE_POINT = join(Uint8Array.of(9), zeros(31));
/** RFC 8410, 7: what stands before the 32 bytes of a private key. */
const PKCS8 = fromHex("302e020100300506032b656e04220420");

/** RFC 7748, 5.2, the second one: its point has the highest bit set. */
const KNOWN = {
  scalar: fromHex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
  u: fromHex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"),
  product: fromHex("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"),
};

async function multiplyInEngine(scalar: Bytes, u: Bytes): Promise<Bytes> {
  const encoded = join(PKCS8, scalar);
  try {
    const key = await crypto.subtle.importKey("pkcs8", encoded, "X25519", false, ["deriveBits"]);
    const point = await crypto.subtle.importKey("raw", u, "X25519", false, []);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: point }, key, 256));
  } finally {
    wipe(encoded);
  }
}

let isInEngine: Promise<boolean> | undefined;

/** An engine is taken at its result, not at its word. */
const tryEngine = (): Promise<boolean> =>
  multiplyInEngine(KNOWN.scalar, KNOWN.u).then((product) => equal(product, KNOWN.product), () => false);

/** Throws ProtocolError `bad_key` for a point of low order, and NotFetched. */
export async function multiply(scalar: Bytes, u: Bytes): Promise<Bytes> {
  isInEngine ??= tryEngine();
  const own = (await isInEngine) ? null : await loadCurve25519();
  try {
    const product = own === null ? await multiplyInEngine(scalar, u) : own.multiply(scalar, u);
    if (!equalSecrets(product, zeros(32))) return product;
  } catch {
    // Both refuse points of low order.
  }
  check(false, "bad_key", "a point of low order");
}

export const multiplyBase = (scalar: Bytes): Promise<Bytes> => multiply(scalar, BASE_POINT);
