// Vectors of records, the log, signed entries, files, and what people compare.
import type { Bytes } from "../../../lib/bytes.ts";
import { join, lp32, text, zeros } from "../codec.ts";
import { sealFile } from "../file.ts";
import { makeLeave, makeRestored } from "../log-entries.ts";
import { aesSeal, hkdf, label } from "../primitives.ts";
import * as record from "../record.ts";
import { linkPublicKey, signJoin } from "../trust.ts";
import { publicOf, SERVER, signerOf, TIME } from "./cast.ts";
import { flip, named, named16, type Vector, vector, type VectorFile } from "./form.ts";

const KEY = named("K");
const SALT = named16("salt");
const PLACE: record.RecordPlace = {
  suite: 1, conversation: named16("group"), epoch: 7, epochHash: named("record"), user: 2, device: named16("bob phone"),
  clientId: named16("client id"), counter: 5, kind: 1, targetSeq: 0,
};
const INNER: record.Inner = { sentAt: TIME, targetHash: zeros(32), seen: { seq: 41, hash: named("log") } };
const BODY = record.encodeBody({ type: "text", text: "hé 🔥" }, []);
const sign = signerOf("bob phone");

/** A record with a plaintext of one's own making, sealed by somebody who has K. */
async function sealRaw(plaintext: Bytes): Promise<Bytes> {
  const key = hkdf(KEY, SALT, label("hearth record key v1"));
  return join(Uint8Array.of(1), SALT, await aesSeal(key, zeros(12), record.encodeRecordPlace(PLACE), plaintext));
}

const innerBytes = zeros(80);

async function makePaddings(): Promise<[name: string, record: Bytes][]> {
  const signature = await sign(record.signedBytes(record.encodeRecordPlace(PLACE), SALT, innerBytes, BODY));
  const content = join(innerBytes, lp32(BODY), signature);
  const pad = (length: number, last = 0): Bytes => join(content, zeros(length - content.length - 1), Uint8Array.of(last));
  const tooLong = join(innerBytes, Uint8Array.of(255, 255, 255, 255), zeros(256 - 84));
  return [
    ["padding that is not zeros", await sealRaw(pad(256, 1))],
    ["padded to a bucket too high", await sealRaw(pad(512))],
    ["a body longer than the record", await sealRaw(tooLong)],
  ];
}

const rawBody = (json: string): Bytes => join(lp32(text(json)), zeros(1));
/** The outermost object is the first of `depth`. */
const nestedBody = (depth: number): Bytes => rawBody(`{"type":"text","x":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`);

export async function makeRecords(): Promise<VectorFile> {
  const sealed = await record.sealRecord(KEY, PLACE, INNER, BODY, sign, SALT);
  const long = await record.sealRecord(KEY, PLACE, INNER, record.encodeBody({ type: "text", text: "x".repeat(1500) }, []), sign, SALT);
  const replyPlace = { ...PLACE, kind: 3, targetSeq: 40 };
  const reaction = await record.sealRecord(KEY, replyPlace, { ...INNER, targetHash: named("target") }, BODY, sign, SALT);
  const noHash = await record.sealRecord(KEY, replyPlace, INNER, BODY, sign, SALT);
  const voided = await record.sealRecord(KEY, { ...PLACE, kind: 0 }, INNER, zeros(0), sign, SALT);
  const open = { key: KEY, ...PLACE, sign_key: publicOf("bob phone"), record: sealed };
  const elsewhere = (name: string, changed: object): Vector => vector(name, "record.open", { ...open, ...changed }, "cannot_open");
  const heads = record.encodeHeads([{ conversation: named16("a group"), epoch: 3, hash: named16("head") }]);
  const extension = { id: 4, critical: false, bytes: heads };
  const vectors: Vector[] = [
    vector("message", "record.open", open),
    vector("long message", "record.open", { ...open, record: long }),
    vector("reaction", "record.open", { ...open, ...replyPlace, record: reaction }),
    vector("void", "record.open", { ...open, kind: 0, record: voided }),
    vector("a target without a hash", "record.open", { ...open, ...replyPlace, record: noHash }, "malformed"),
    elsewhere("in another conversation", { conversation: named16("other") }),
    elsewhere("in another epoch", { epoch: 8 }),
    elsewhere("in the other fork of the epoch", { epochHash: named("fork") }),
    elsewhere("from another person", { user: 3 }),
    elsewhere("from another device", { device: named16("bob laptop") }),
    elsewhere("under another client id", { clientId: named16("other") }),
    elsewhere("with another counter", { counter: 6 }),
    elsewhere("as another kind", { kind: 2 }),
    elsewhere("aimed at another entry", { targetSeq: 40 }),
    elsewhere("under another key", { key: named("other") }),
    elsewhere("ciphertext changed", { record: flip(sealed, 40) }),
    elsewhere("salt changed", { record: flip(sealed, 2) }),
    vector("signed by another device", "record.open", { ...open, sign_key: publicOf("mallory") }, "bad_signature"),
    vector("not sealed", "record.open", { ...open, record: join(zeros(1), text('{"type":"text","text":"x"}')) }, "unsupported"),
    vector("of a length between the buckets", "record.open", { ...open, record: join(sealed, zeros(1)) }, "malformed"),
    vector("too short", "record.open", { ...open, record: sealed.slice(0, 200) }, "malformed"),
    vector("buckets", "record.buckets", { lengths: [148, 256, 257, 512, 513, 1024, 1025, 1500, 2048, 5000, 40_000, 63_488] }),
    vector("body", "body.read", { body: BODY }),
    vector("body with heads", "body.read", { body: record.encodeBody({ type: "text", text: "x" }, [extension]) }),
    vector("body that is not JSON", "body.read", { body: join(lp32(text("hello")), zeros(1)) }, "malformed"),
    vector("body without a type", "body.read", { body: record.encodeBody({ text: "x" }, []) }, "malformed"),
    vector("body with an unknown critical extension", "body.read", { body: record.encodeBody({ type: "text" }, [{ ...extension, id: 5, critical: true }]) }, "unsupported"),
    vector("body with a critical heads extension", "body.read", { body: record.encodeBody({ type: "text" }, [{ ...extension, critical: true }]) }, "unsupported"),
    vector("body of 32 objects in each other", "body.read", { body: nestedBody(32) }),
    vector("body of 33 objects in each other", "body.read", { body: nestedBody(33) }, "malformed"),
    vector("body that is a list", "body.read", { body: record.encodeBody([], []) }, "malformed"),
    vector("body with a type twice", "body.read", { body: rawBody('{"type":1,"type":"text"}') }),
    vector("body with NaN", "body.read", { body: rawBody('{"type":"text","x":NaN}') }, "malformed"),
    vector("body after a byte order mark", "body.read", { body: rawBody('\ufeff{"type":"text"}') }, "malformed"),
    vector("record of no bytes", "record.open", { ...open, record: zeros(0) }, "unsupported"),
    vector("body that is not UTF-8", "body.read", { body: join(lp32(Uint8Array.of(255)), zeros(1)) }, "malformed"),
    vector("body that is not UTF-8, from a later version", "body.read", { body: join(lp32(Uint8Array.of(255)), Uint8Array.of(1, 0, 5, 1, 0, 0)) }, "unsupported"),
    vector("heads", "heads.read", { heads }),
    vector("heads, a byte too many", "heads.read", { heads: join(heads, zeros(1)) }, "malformed"),
  ];
  for (const [name, padded] of await makePaddings()) vectors.push(vector(name, "record.open", { ...open, record: padded }, "bad_padding"));
  const signature = await sign(record.signedBytes(record.encodeRecordPlace(PLACE), named16("other salt"), innerBytes, BODY));
  const content = join(innerBytes, lp32(BODY), signature);
  const resealed = await sealRaw(join(content, zeros(256 - content.length)));
  vectors.push(vector("sealed again by a member, with another salt", "record.open", { ...open, record: resealed }, "bad_signature"));
  return { about: "Sections 8.2 to 8.4.", vectors };
}

export async function makeLog(): Promise<VectorFile> {
  const leave = await makeLeave({
    server: SERVER, conversation: named16("group"), epoch: 7, recordHash: named("record"), user: 2, device: named16("bob phone"), time: TIME,
    seen: { seq: 41, hash: named("log") }, extensions: [],
  }, sign);
  const restored = await makeRestored({
    server: SERVER, conversation: named16("group"), databaseGeneration: named16("generation"), epoch: 7, recordHash: named("record"),
    old: { seq: 41, hash: named("log") }, user: 2, device: named16("bob phone"), time: TIME, extensions: [],
  }, sign);
  const signKey = publicOf("bob phone");
  return {
    about: "Sections 8.5 and 8.6.",
    vectors: [
      vector("H(0)", "log.first", { conversation: named16("group") }),
      vector("H(s)", "log.chain", { previous: named("H"), seq: 42, kind: 1, user: 2, record_hash: named("bytes") }),
      vector("leave", "leave.read", { entry: leave, sign_key: signKey }),
      vector("leave by another device", "leave.read", { entry: leave, sign_key: publicOf("mallory") }, "bad_signature"),
      vector("leave, a byte too many", "leave.read", { entry: join(leave, zeros(1)), sign_key: signKey }, "malformed"),
      vector("leave of another epoch", "leave.read", { entry: flip(leave, 41), sign_key: signKey }, "bad_signature"),
      vector("restored", "restored.read", { entry: restored, sign_key: signKey }),
      vector("restored, changed", "restored.read", { entry: flip(restored, 60), sign_key: signKey }, "bad_signature"),
      vector("a leave entry as restored", "restored.read", { entry: leave, sign_key: signKey }, "malformed"),
    ],
  };
}

export async function makeFiles(): Promise<VectorFile> {
  const content = text("a small file");
  const { stored, facts } = await sealFile(content, named("file"), SALT);
  const open = { stored, ...facts };
  const refuse = (name: string, changed: object): Vector => vector(name, "file.open", { ...open, ...changed }, "bad_file");
  const pattern = (length: number): Vector => vector(`${length} bytes`, "file.seal_pattern", { length, key: named("file"), salt: SALT });
  return {
    about: "Section 8.7. The pattern is byte i = i mod 251.",
    vectors: [
      vector("a file", "file.open", open),
      refuse("stored bytes changed", { stored: flip(stored, 20) }),
      refuse("another key", { key: named("x") }),
      refuse("another length", { length: 11 }),
      refuse("a length of another bucket", { length: 2000 }),
      refuse("another content", { contentHash: named("x") }),
      refuse("other stored bytes than named", { storedHash: named("x") }),
      pattern(0), pattern(1024), pattern(65_535), pattern(65_536), pattern(65_537), pattern(300_000),
    ],
  };
}

export async function makeTrust(): Promise<VectorFile> {
  const a = { server: SERVER, user: 1, identity_key: publicOf("alice") };
  const b = { server: SERVER, user: 2, identity_key: publicOf("bob") };
  const secret = named("secret");
  const person = { server: SERVER, user: 2, identityKey: publicOf("bob") };
  const signature = await signJoin(secret, named16("group"), person);
  const code = { conversation: named16("group"), n: 7, record_hash: named("record"), seq: 41, log_hash: named("log") };
  const joining = { public: await linkPublicKey(secret), conversation: named16("group"), ...b, signature };
  return {
    about: "Sections 9.3 and 9.4.",
    vectors: [
      vector("fingerprint", "trust.fingerprint", a),
      vector("safety number", "trust.safety_number", { a, b }),
      vector("safety number from the other side", "trust.safety_number", { a: b, b: a }),
      vector("safety number on another server", "trust.safety_number", { a, b: { ...b, server: named16("other") } }),
      vector("conversation code", "trust.conversation_code", code),
      vector("conversation code of a fork", "trust.conversation_code", { ...code, record_hash: named("fork") }),
      vector("link", "trust.link", { secret }),
      vector("joining", "trust.join", joining),
      vector("joining as somebody else", "trust.join", { ...joining, user: 3 }),
      vector("joining another group", "trust.join", { ...joining, conversation: named16("other") }),
    ],
  };
}
