// Vectors of the parts: Ed25519 in its corners, box, HPKE, padding, log hash.
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

import { type Bytes, toHex } from "../../../lib/bytes.ts";
import { join, text, zeros } from "../codec.ts";
import { SMALL_ORDER } from "../ed25519.ts";
import { kemPublicKey, sealTo } from "../hpke.ts";
import { sealBox } from "../primitives.ts";
import { publicOf, seedOf, signerOf } from "./cast.ts";
import { ekm, flip, hex, named, named16, type Vector, vector, type VectorFile } from "./form.ts";

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const ORDER_8 = hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
const encodeNumber = (value: bigint): Bytes => hex(value.toString(16).padStart(64, "0")).reverse();

/** Signs under A + T, T of order 8: valid with the cofactor, not without it, unless k is a multiple of 8. */
function signMixed(message: Bytes): { publicKey: Bytes; signature: Bytes } {
  const a = number(named("mixed a")) % L;
  const torsion = ed25519.Point.fromBytes(hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
  const publicKey = new Uint8Array(ed25519.Point.BASE.multiply(a).add(torsion).toBytes());
  const r = number(named("mixed r")) % L;
  const R = new Uint8Array(ed25519.Point.BASE.multiply(r).toBytes());
  const k = number(sha512(join(R, publicKey, message))) % L;
  if (k % 8n === 0n) throw new Error("take another message");
  return { publicKey, signature: join(R, encodeNumber((r + k * a) % L)) };
}

export async function makeEd25519(): Promise<VectorFile> {
  const message = text("hearth");
  const signature = await signerOf("alice")(message);
  const good = { public: publicOf("alice"), signature, message };
  const mixed = signMixed(message);
  const highS = join(signature.slice(0, 32), encodeNumber(number(signature.slice(32)) + L));
  const forged = join(Uint8Array.of(1), zeros(63));
  const cases: Vector[] = [
    vector("a good one", "ed25519.verify", good),
    vector("another message", "ed25519.verify", { ...good, message: text("heartH") }),
    vector("another key", "ed25519.verify", { ...good, public: publicOf("bob") }),
    vector("R changed", "ed25519.verify", { ...good, signature: flip(signature, 3) }),
    vector("S + L", "ed25519.verify", { ...good, signature: highS }),
    vector("a key with a small-order part", "ed25519.verify", { public: mixed.publicKey, signature: mixed.signature, message }),
    vector("a key that is not canonical (y = p + 1)", "ed25519.verify", { ...good, public: hex(`ee${"ff".repeat(30)}7f`), signature: forged }),
    vector("y = 1 with the sign bit", "ed25519.verify", { ...good, public: hex(`01${"00".repeat(30)}80`), signature: forged }),
    vector("63 bytes", "ed25519.verify", { ...good, signature: signature.slice(0, 63) }),
  ];
  const small = [...SMALL_ORDER].map((key) => vector(`small-order key ${key}`, "ed25519.verify", { public: hex(key), signature: forged, message }));
  const smallR = [...SMALL_ORDER].map((key) => vector(`small-order R ${key}`, "ed25519.verify", { ...good, signature: join(hex(key), signature.slice(32)) }));
  return { about: "Section 1.1. Only the first is valid.", vectors: [...cases, ...small, ...smallR] };
}

/** Seals with an ephemeral X25519 key of low order, which a program whose library does not look for it opens. */
async function sealLowOrder(publicKey: Bytes, info: Bytes, plaintext: Bytes): Promise<Bytes> {
  const kem = new XWing();
  const derive = (secret: Uint8Array, point: Uint8Array): Promise<Uint8Array> => Promise.resolve(point[0] === 9 ? zeros(32) : zeros(secret.length));
  Object.assign(kem, { _x25519: { derive } });
  const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const { enc, ct } = await suite.seal({ recipientPublicKey: await kem.deserializePublicKey(publicKey), info, ekm: ekm("low order") }, plaintext);
  return join(new Uint8Array(enc), new Uint8Array(ct));
}

export async function makeSeals(): Promise<VectorFile> {
  const [key, aad, plaintext, salt] = [named("box"), text("aad"), text("plaintext"), named16("salt")];
  const box = await sealBox(key, "hearth row v1", aad, plaintext, salt);
  const open = { key, label: "hearth row v1", aad, box };
  const seed = named("kem");
  const publicKey = await kemPublicKey(seed);
  const info = text("info");
  const wrap = await sealTo(publicKey, info, named("wrapped"), ekm("wrap"));
  const opening = { seed, info, wrap };
  const lowOrder = await sealLowOrder(publicKey, info, named("wrapped"));
  const sealing = { public: publicKey, info, plaintext: named("wrapped") };
  const withX25519 = (part: Bytes): Bytes => join(publicKey.slice(0, 1184), part);
  return {
    about: "Sections 1.2 and 1.3.",
    vectors: [
      vector("box sealed", "box.seal", { key, label: "hearth row v1", aad, plaintext, salt }),
      vector("box opened", "box.open", open),
      vector("another label", "box.open", { ...open, label: "hearth vault v1" }, "cannot_open"),
      vector("another aad", "box.open", { ...open, aad: text("aaD") }, "cannot_open"),
      vector("another key", "box.open", { ...open, key: seed }, "cannot_open"),
      vector("salt changed", "box.open", { ...open, box: flip(box, 1) }, "cannot_open"),
      vector("tag changed", "box.open", { ...open, box: flip(box, -1) }, "cannot_open"),
      vector("another version", "box.open", { ...open, box: flip(box, 0) }, "unsupported"),
      vector("too short", "box.open", { ...open, box: box.slice(0, 32) }, "malformed"),
      vector("public key of a seed", "hpke.public", { seed }),
      vector("wrap opened", "hpke.open", opening),
      vector("another info", "hpke.open", { ...opening, info: text("Info") }, "cannot_open"),
      vector("another seed", "hpke.open", { ...opening, seed: seedOf("bob") }, "cannot_open"),
      vector("ML-KEM part changed", "hpke.open", { ...opening, wrap: flip(wrap, 0) }, "cannot_open"),
      vector("X25519 part changed", "hpke.open", { ...opening, wrap: flip(wrap, 1100) }, "cannot_open"),
      vector("ciphertext changed", "hpke.open", { ...opening, wrap: flip(wrap, 1120) }, "cannot_open"),
      vector("a byte too many", "hpke.open", { ...opening, wrap: join(wrap, zeros(1)) }, "malformed"),
      vector("sealed with an X25519 key of order 4", "hpke.open", { ...opening, wrap: lowOrder }, "cannot_open"),
      vector("a key to seal to", "hpke.seal", sealing),
      vector("a key of another length", "hpke.seal", { ...sealing, public: publicKey.slice(1) }, "malformed"),
      vector("an ML-KEM part that is not reduced", "hpke.seal", { ...sealing, public: join(hex("ffffff"), publicKey.slice(3)) }, "bad_key"),
      vector("an X25519 part of order 4", "hpke.seal", { ...sealing, public: withX25519(zeros(32)) }, "bad_key"),
      vector("an X25519 part of order 1, not reduced", "hpke.seal", { ...sealing, public: withX25519(hex(`ee${"ff".repeat(30)}ff`)) }, "bad_key"),
      vector("an X25519 part of order 8", "hpke.seal", { ...sealing, public: withX25519(ORDER_8) }, "bad_key"),
    ],
  };
}
